"""Diagnostics as SARIF 2.1.0, which code scanning and many editors read.

The form is that of the OASIS standard "Static Analysis Results Interchange Format", version 2.1.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from reconciler.desired import MEANINGS, Code, Diagnostic, Excerpt, Location, Severity

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "reconciler/v1"
"""The name of our fingerprints; it changes when what they are made of does."""

_ROOT: Final = "%SRCROOT%"
"""What paths are relative to; whoever shows the results knows where that is."""

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_GROUPS: Final = {"1": "yaml", "2": "fields", "3": "jobs", "4": "links", "5": "files"}
_CODES: Final = tuple(Code)
_WARNINGS: Final = frozenset({Code.UNKNOWN_USER})


def to_sarif(diagnostics: Iterable[Diagnostic], version: str, gaps: Iterable[str] = ()) -> dict[str, Any]:
    """Give a log of one run of this version; `gaps` say why not everything was read."""
    counted: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "reconciler",
                        "semanticVersion": version,
                        "rules": [_rule(code) for code in _CODES],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(gaps)],
                "results": [_result(one, counted) for one in diagnostics],
            }
        ],
    }


def _invocation(gaps: Iterable[str]) -> dict[str, Any]:
    told = [{"level": "error", "message": {"text": gap}} for gap in gaps]
    invocation: dict[str, Any] = {"executionSuccessful": not told}
    return {**invocation, "toolExecutionNotifications": told} if told else invocation


def _rule(code: Code) -> dict[str, Any]:
    meaning = MEANINGS[code]
    return {
        "id": str(code),
        "name": "".join(word.capitalize() for word in code.slug.split("-")),
        "shortDescription": {"text": meaning.cause},
        "fullDescription": {"text": f"{meaning.cause} {meaning.cure}"},
        "help": {
            "text": f"Cause: {meaning.cause}\nCure: {meaning.cure}",
            "markdown": f"**Cause:** {meaning.cause}\n\n**Cure:** {meaning.cure}",
        },
        "defaultConfiguration": {"level": str(Severity.WARNING if code in _WARNINGS else Severity.ERROR)},
        "properties": {"tags": [_GROUPS[code[2]]], "precision": "very-high"},
    }


def _result(one: Diagnostic, counted: Counter[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.code,
        "level": str(one.severity),
        "message": {"text": f"{one.summary}\nHelp: {one.hint}" if one.hint else one.summary},
        "locations": [{"physicalLocation": _place(one.where, one.excerpt)}],
        "partialFingerprints": {FINGERPRINT: _fingerprint(one, counted)},
    }
    if one.code in _CODES:
        result["ruleIndex"] = _CODES.index(Code(one.code))
    if one.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _place(other.where, other.excerpt),
                "message": {"text": other.note},
            }
            for number, other in enumerate(one.related, 1)
        ]
    if one.resource:
        where = {"fullyQualifiedName": str(one.resource), "name": one.resource.name, "kind": "resource"}
        result["locations"][0]["logicalLocations"] = [where]
    return result


def _place(where: Location, excerpt: Excerpt | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(where.path)}
    if where.line:
        region: dict[str, Any] = {"startLine": where.line, "startColumn": where.column}
        if excerpt:
            region["endColumn"] = where.column + excerpt.width
        if excerpt and excerpt.column == where.column:  # else the line was cut in front
            place["contextRegion"] = {"startLine": where.line, "snippet": {"text": excerpt.text}}
        place["region"] = region
    return place


def _artifact(path: str) -> dict[str, Any]:
    uri = "".join(
        chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in path.encode(errors="replace")
    )
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}


def _fingerprint(one: Diagnostic, counted: Counter[str]) -> str:
    """Tell a mistake from others however it moves: its line number has no part in it, its line has.

    Of several alike in one file each has its number.
    """
    line = " ".join(one.excerpt.text.split()) if one.excerpt else ""
    said = "\0".join((one.code, one.where.path, str(one.resource or ""), line, one.summary))
    digest = sha256(said.encode(errors="replace")).hexdigest()[:32]
    counted[digest] += 1
    return f"{digest}:{counted[digest]}"
