"""One file to what it declares: every document read, checked and linked within itself, every mistake told."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from reconciler.desired.codes import Code
from reconciler.desired.declare import declare
from reconciler.desired.diagnostic import Diagnostic, Location
from reconciler.desired.limits import LIMITS, Limits
from reconciler.desired.manifest import Manifest, ParsedFile, SourceFile
from reconciler.desired.reader import read
from reconciler.desired.text import decode
from reconciler.resources import ResourceKey


def parse_file(source: SourceFile, limits: Limits = LIMITS) -> ParsedFile:
    """Read one file; an error anywhere in it keeps all of its documents from being applied."""
    text, mistakes = decode(source.path, source.content, limits)
    diagnostics = [text.diagnose(mistake, 0, None) for mistake in mistakes]
    manifests: list[Manifest] = []
    claims: dict[ResourceKey, None] = {}
    if not any(mistake.code in _UNREADABLE for mistake in mistakes):
        for document in read(text, limits):
            declared = declare(text, document, limits)
            if declared.key is not None:
                claims[declared.key] = None
            if declared.manifest is not None:
                manifests.append(declared.manifest)
            diagnostics.extend(
                text.diagnose(mistake, document.number, declared.key) for mistake in declared.mistakes
            )
    digest = sha256(source.content).digest()
    if not diagnostics:
        return ParsedFile(source.path, digest, tuple(manifests))
    return ParsedFile(
        source.path,
        digest,
        claims=tuple(claims),
        diagnostics=_in_order(diagnostics, limits),
        understood=False,
    )


def refuse_file(path: str, code: Code, summary: str, hint: str = "") -> ParsedFile:
    """Tell of a file, or with a `path` that ends in `/` of a folder, that could not be read at all."""
    mistake = Diagnostic(code, Location(path), summary, hint)
    return ParsedFile(path, b"", diagnostics=(mistake,), understood=False)


_UNREADABLE: Final = frozenset({Code.NOT_UTF8, Code.FILE_TOO_LARGE})


def _in_order(diagnostics: list[Diagnostic], limits: Limits) -> tuple[Diagnostic, ...]:
    ordered = sorted(diagnostics, key=lambda one: (one.where, one.code))
    if len(ordered) <= limits.mistakes:
        return tuple(ordered)
    kept, rest = ordered[: limits.mistakes], ordered[limits.mistakes :]
    summary = f"the file has {len(rest):,} more mistakes than the {limits.mistakes:,} that are told"
    return (*kept, Diagnostic(Code.MORE_MISTAKES, rest[0].where, summary, "mend those above first"))
