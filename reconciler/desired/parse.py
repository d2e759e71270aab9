"""One file to what it declares: every document read, checked and linked within itself, every mistake told."""

from __future__ import annotations

from hashlib import sha256

from reconciler.desired.codes import Code
from reconciler.desired.diagnostic import Diagnostic, Location
from reconciler.desired.limits import LIMITS, Limits
from reconciler.desired.manifest import Manifest, ParsedFile, SourceFile
from reconciler.desired.text import decode
from reconciler.resources import ResourceKey


def parse_file(source: SourceFile, limits: Limits = LIMITS) -> ParsedFile:
    """Read one file; an error anywhere in it keeps all of its documents from being applied."""
    # pydantic takes longer to import than a status to be shown: only those who read manifests wait for it.
    from reconciler.desired.declare import Declared, declare, identify  # noqa: PLC0415
    from reconciler.desired.reader import read  # noqa: PLC0415

    decoded = decode(source.path, source.content, limits)
    text = decoded.text
    diagnostics = [text.diagnose(mistake, 0, None) for mistake in decoded.mistakes]
    manifests: list[Manifest] = []
    claims: dict[ResourceKey, None] = {}
    if decoded.readable:
        for document in read(text, limits):
            enough = len(diagnostics) > limits.mistakes
            declared = Declared(identify(document)) if enough else declare(text, document, limits)
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


def _in_order(diagnostics: list[Diagnostic], limits: Limits) -> tuple[Diagnostic, ...]:
    # An alias repeats what is wrong with the value it stands for.
    ordered = sorted(dict.fromkeys(diagnostics), key=lambda one: (one.where, one.code))
    if len(ordered) <= limits.mistakes:
        return tuple(ordered)
    summary = f"the file has more mistakes than these {limits.mistakes:,}"
    last = Diagnostic(Code.MORE_MISTAKES, Location(ordered[0].where.path), summary, "mend them first")
    return (*ordered[: limits.mistakes], last)
