"""A manifest to the YAML that a person would have written: the way back of `parse_file`.

Block style, keys in the order of the reference, defaults left out, parents by name, short lists on one line,
lines of text as lines. Text is quoted where a reader of YAML 1.2 or of 1.1 would take it for something else,
and escaped where an eye could not see it. Equal manifests are equal bytes.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from yaml.resolver import Resolver

from reconciler.desired.scalars import NumberRange, resolve
from reconciler.desired.schema import API_VERSION
from reconciler.resources import MAIN_BRANCH, Job, Meta, Resource, User

_NO_META: Final = Meta()
_WIDTH: Final = 100
"""Beyond it a list has a line for each of its entries."""

_LONGEST_KEY: Final = 1000
"""A longer key is announced by `? `: YAML looks no further than 1,024 characters for a colon."""

_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW_INDICATORS: Final = frozenset(",[]{}")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_SEEN: Final = frozenset(" \u3000\u200c\u200d")
"""Spaces of Latin and of Chinese text, and what joins letters and emoji: left as they are."""

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_LETTERS_OF_1_1: Final = frozenset({"y", "Y", "n", "N"})
_SIXTY_FOUR_BITS: Final = 1 << 63
_EXPONENT: Final = re.compile(r"^(-?\d+)(?=e)")


def write_manifest(resource: Resource, meta: Meta = _NO_META) -> str:
    """Give the YAML document that declares a resource; it ends with a line break and has no `---`.

    What `parse_file` reads in it is the resource and its meta again. What no manifest can hold (an empty
    text, a number beyond 64 bits that no double has) is written too, and is a mistake to `parse_file`.
    """
    return "\n".join(_mapping(manifest_document(resource, meta))) + "\n"


def write_stream(documents: Iterable[str]) -> str:
    """Put documents together into one stream."""
    return "---\n".join(documents)


def write_flow(value: object) -> str:
    """Give a value as it may be written on one line, within a list too."""
    match value:
        case str():
            return _plain(value, flow=True) or _quoted(value)
        case Mapping():
            return f"{{{', '.join(_entry(key, member) for key, member in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(write_flow, value))}]"
        case _:
            return _constant(value)


def _entry(name: str, member: object) -> str:
    key = write_flow(name)
    return f"{'? ' if len(key) > _LONGEST_KEY else ''}{key}: {write_flow(member)}"


# --- what is said, and what goes without saying ------------------------------------------------------


def manifest_document(resource: Resource, meta: Meta = _NO_META) -> dict[str, Any]:
    """Give the manifest that `write_manifest` writes, as JSON."""
    notes = {"labels": meta.labels, "annotations": meta.annotations}
    head = {
        "apiVersion": API_VERSION,
        "kind": str(resource.key.kind),
        "metadata": {"name": resource.name, **{field: said for field, said in notes.items() if said}},
    }
    if isinstance(resource, User):
        spec = {"username": resource.username} if resource.username != resource.name else {}
        return {**head, "spec": spec} if spec else head
    return {**head, "spec": {"user": resource.user, "jobs": [_job(job) for job in resource.jobs]}}


def _job(job: Job) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": job.name, "job_type": job.job_type}
    if job.branch_id != MAIN_BRANCH:
        fields["branch_id"] = job.branch_id
    if job.parents:
        fields["needs"] = list(job.parents)
    if job.params:
        fields["params"] = job.params
    return fields


# --- collections: lines without the indentation of what they stand in ---------------------------------


def _mapping(value: Mapping[str, Any], column: int = 0) -> Iterator[str]:
    for name, member in value.items():
        key = _plain(name) or _quoted(name)
        if len(key) > _LONGEST_KEY:
            yield f"? {key}"
            key = ""
        inline, *beneath = _beside(member, column, len(key) + 2)
        yield f"{key}: {inline}" if inline else f"{key}:"
        yield from _indented(beneath)


def _sequence(value: Sequence[Any], column: int) -> Iterator[str]:
    for member in value:
        if _is_block(member, column + 2):
            first, *rest = _block(member, column + 2)
        else:
            first, *rest = _beside(member, column, 2)
        yield f"- {first}"
        yield from _indented(rest)


def _beside(value: Any, column: int, used: int) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Give what follows a key or a dash on its line, "" for nothing, and then the lines beneath."""
    if _is_block(value, column + used):
        yield ""
        yield from _block(value, column + 2)
    elif isinstance(value, str):
        yield from _text(value)
    else:
        yield write_flow(value)


def _is_block(value: object, column: int) -> bool:
    match value:
        case Mapping():
            return bool(value)
        case list() | tuple():
            nested = any(isinstance(member, Mapping | list | tuple) for member in value)
            return bool(value) and (nested or column + len(write_flow(value)) > _WIDTH)
        case _:
            return False


def _block(value: Any, column: int) -> Iterator[str]:  # noqa: ANN401 - a mapping or a list
    return _mapping(value, column) if isinstance(value, Mapping) else _sequence(value, column)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


# --- scalars ------------------------------------------------------------------------------------------


def _text(text: str) -> Iterator[str]:
    if plain := _plain(text):
        yield plain
    elif _reads_as_lines(text):
        lines = text.split("\n")
        yield "|-" if lines[-1] else "|"
        yield from lines if lines[-1] else lines[:-1]
    else:
        yield _quoted(text)


def _reads_as_lines(text: str) -> bool:
    """Whether text may stand as lines of its own: none begins or ends so that it could be read otherwise."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and lines[0] != ""
        and not lines[0].startswith((" ", "\t"))
        and not text.endswith("\n\n")
        and all(line == line.rstrip() and not _hides(line) for line in lines)
    )


def _plain(text: str, *, flow: bool = False) -> str:
    """Give text without quotes, "" where it needs some."""
    if (
        not text
        or text[0] in _INDICATORS
        or text.endswith(":")
        or text != text.strip()
        or ": " in text
        or " #" in text
        or (flow and not _FLOW_INDICATORS.isdisjoint(text))
        or _hides(text)
        or _means_something_else(text)
    ):
        return ""
    return text


def _means_something_else(text: str) -> bool:
    """Whether a reader of YAML 1.2, or of 1.1 as many still are, takes it for more than text."""
    try:
        value = resolve(text)
    except NumberRange:
        return True
    if not isinstance(value, str) or text in _LETTERS_OF_1_1:
        return True
    return any(pattern.match(text) for _, pattern in Resolver.yaml_implicit_resolvers.get(text[0], ()))


def _quoted(text: str) -> str:
    """Give text in quotes: double ones, which can say everything, unless single ones spare escapes."""
    if not _hides(text) and "'" not in text and ('"' in text or "\\" in text):
        return f"'{text}'"
    return f'"{"".join(_ESCAPES.get(one) or (_escaped(one) if _is_hidden(one) else one) for one in text)}"'


def _hides(text: str) -> bool:
    """Whether an eye would not see all of it."""
    return not (text.isascii() and text.isprintable()) and any(map(_is_hidden, text))


def _is_hidden(character: str) -> bool:
    if character in _SEEN or (character.isascii() and character.isprintable()):
        return False
    return unicodedata.category(character) in _HIDDEN


def _escaped(character: str) -> str:
    point = ord(character)
    if point < 0x100:  # noqa: PLR2004 - as YAML has its escapes
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"  # noqa: PLR2004 - as above


def _constant(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if not -_SIXTY_FOUR_BITS <= value < _SIXTY_FOUR_BITS and _is_double(value):
            return _decimal(float(value))
        case float():
            return _decimal(value)
        case _:
            return str(value)


def _is_double(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def _decimal(value: float) -> str:
    """Give a double with the point that YAML 1.1 asks for: `1.0e+20`."""
    if not math.isfinite(value):
        return f"{'-' if value < 0 else ''}.{'nan' if math.isnan(value) else 'inf'}"
    return _EXPONENT.sub(r"\1.0", repr(value))
