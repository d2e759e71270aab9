"""The text of one file: decoded, free of what YAML can't hold, and able to say where a character stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from reconciler.desired.codes import Code
from reconciler.desired.diagnostic import Diagnostic, Excerpt, Location, Related
from reconciler.desired.limits import Limits
from reconciler.resources import ResourceKey

Span = tuple[int, int]
"""Where something begins and where it ends, as offsets into the text."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake whose place is still a span: what a `Diagnostic` is before it knows its file."""

    code: Code
    span: Span
    summary: str
    hint: str = ""
    related: tuple[tuple[Span, str], ...] = ()


_BLOCK: Final = 1 << 12
_EXCERPT: Final = 400
"""How many characters of a line an excerpt keeps on each side of the mistake."""

_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)
_BREAKS_OF_1_1: Final = re.compile("[\x85\u2028\u2029]")
_SURROGATE_PAIR: Final = re.compile(
    r"(?<!\\)((?:\\\\){0,50})\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
_PAIR_LENGTH: Final = len("\\ud83d\\ude00")
_MOST_PAIRS: Final = 20_000
"""So many surrogate pairs are read in one file; any further ones are told as mistakes."""
_PRIVATE_ESCAPE: Final = re.compile(r"\\U(0010[0-9a-fA-F]{4})")
_NULS_OF_UTF16: Final = re.compile(rb"\x00[^\x00]\x00|[^\x00]\x00[^\x00]\x00|\x00\x00\x00")
_MOST_FORBIDDEN: Final = 20


class SourceText:
    """The text of a file twice, offset by offset alike: as written, and as the YAML parser is given it.

    libyaml takes NEL, U+2028 and U+2029 for line breaks, as YAML 1.1 did, and refuses the surrogate pairs
    of JSON's escapes. In the parser's text a stand-in holds their place, which `restore` undoes in the
    values read.
    """

    def __init__(self, path: str, written: str, *, parsed: str | None = None) -> None:
        self.path = path
        self.written = written
        self.parsed = written if parsed is None else parsed
        self._stand_ins: dict[int, str] = {}
        if _FORBIDDEN.search(self.parsed):
            self._hide_forbidden()
        if not self.parsed.isascii() and _BREAKS_OF_1_1.search(self.parsed):
            self._hide_breaks()
        if path.endswith(".json") and _SURROGATE_PAIR.search(self.parsed):
            self._join_pairs()

    @property
    def restores(self) -> bool:
        """Whether there is anything to restore."""
        return bool(self._stand_ins)

    def restore(self, value: str) -> str:
        """Give a value as the file means it, stand-ins undone."""
        return value.translate(self._stand_ins) if self._stand_ins else value

    def _hide_forbidden(self) -> None:
        stand_in = next(self._unused())
        self._stand_ins[ord(stand_in)] = ""
        self.parsed = _FORBIDDEN.sub(stand_in, self.parsed)

    def _hide_breaks(self) -> None:
        stand_ins = dict(zip("\x85\u2028\u2029", self._unused(), strict=False))
        self.parsed = self.parsed.translate({ord(mark): stand_in for mark, stand_in in stand_ins.items()})
        self._stand_ins |= {ord(stand_in): mark for mark, stand_in in stand_ins.items()}

    def _join_pairs(self) -> None:
        filler = next(self._unused())
        self._stand_ins[ord(filler)] = ""

        def join(match: re.Match[str]) -> str:
            backslashes, high, low = match.groups()
            point = 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)
            return f"{backslashes}{chr(point)}{filler * (_PAIR_LENGTH - 1)}"

        self.parsed = _SURROGATE_PAIR.sub(join, self.parsed, count=_MOST_PAIRS)

    def _unused(self) -> Iterator[str]:
        """Give private characters that the file neither has nor writes as an escape."""
        taken = set(self.written) | {chr(point) for point in self._stand_ins}
        taken.update(chr(int(point, 16)) for point in _PRIVATE_ESCAPE.findall(self.written))
        return (chr(point) for point in range(0x100000, 0x10FFFE) if chr(point) not in taken)

    @cached_property
    def _counted(self) -> list[int]:
        """Count the line breaks before each block of the text, so that none is counted often."""
        starts = range(0, len(self.written), _BLOCK)
        return list(accumulate((self._breaks(start, start + _BLOCK) for start in starts), initial=0))

    def _breaks(self, start: int, end: int) -> int:
        """Count the breaks that end in a part: LF, CR LF or CR alone, as editors have it."""
        text = self.written
        alone = text.count("\r", start, end) - text.count("\r\n", start, end + 1)
        return text.count("\n", start, end) + alone

    def line(self, offset: int) -> int:
        """Give the line, counted from 1, on which a character stands."""
        block = offset // _BLOCK
        return 1 + self._counted[block] + self._breaks(block * _BLOCK, offset)

    def start_of_line(self, offset: int) -> int:
        """Give the offset at which the line of a character begins."""
        start = self.written.rfind("\n", 0, offset) + 1
        return max(start, self.written.rfind("\r", start, offset) + 1)

    def end_of_line(self, offset: int) -> int:
        """Give the offset at which the line of a character ends, its break left out."""
        end = self.written.find("\n", offset)
        end = len(self.written) if end < 0 else end
        carriage = self.written.find("\r", offset, end)
        return end if carriage < 0 else carriage

    def location(self, offset: int, document: int = 0) -> Location:
        """Give the place of a character; the end of a line, for one that stands in its break."""
        offset = self._on_line(offset)
        return Location(self.path, document, self.line(offset), offset - self.start_of_line(offset) + 1)

    def excerpt(self, span: Span) -> Excerpt:
        """Give the line on which a span begins, cut to the neighbourhood of the span if it is very long."""
        start = self._on_line(span[0])
        first, last = self.start_of_line(start), self.end_of_line(start)
        end = max(start, min(span[1], last, start + _EXCERPT))
        left, right = max(first, start - _EXCERPT), min(last, end + _EXCERPT)
        return Excerpt(self.written[left:right], start - left + 1, max(1, end - start))

    def _on_line(self, offset: int) -> int:
        """Step back from the second half of a break, and from behind the last one."""
        text = self.written
        if offset >= len(text) and text.endswith(("\n", "\r")):
            offset = len(text) - 1
        return offset - 1 if text.startswith("\r\n", offset - 1) else offset

    def diagnose(self, mistake: Mistake, document: int, resource: ResourceKey | None) -> Diagnostic:
        """Give a mistake its place; one about a file of which nothing was read has none but the file."""
        if not self.written:
            return Diagnostic(mistake.code, Location(self.path), mistake.summary, mistake.hint)
        return Diagnostic(
            code=mistake.code,
            where=self.location(mistake.span[0], document),
            summary=mistake.summary,
            hint=mistake.hint,
            excerpt=self.excerpt(mistake.span),
            related=tuple(
                Related(self.location(span[0], document), note, self.excerpt(span))
                for span, note in mistake.related
            ),
            resource=resource,
        )


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file as text, what is wrong with its characters, and whether it is worth reading all the same."""

    text: SourceText
    mistakes: Sequence[Mistake] = ()
    readable: bool = True


def decode(path: str, content: bytes, limits: Limits) -> Decoded:
    """Read bytes as UTF-8, with or without a mark in front; what is no text is told, not raised."""
    if len(content) > limits.file_bytes:
        return _refused(path, _too_large(len(content), limits))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or _NULS_OF_UTF16.search(content, 0, 8):
        summary = "the file is UTF-16 or UTF-32, not UTF-8"
        return _refused(path, Mistake(Code.NOT_UTF8, (0, 0), summary, "save it in UTF-8"))
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(path, content, error)
    forbidden = _forbidden(written)
    if len(forbidden) == _MOST_FORBIDDEN:
        return Decoded(SourceText(path, written, parsed=""), forbidden, readable=False)
    return Decoded(SourceText(path, written), forbidden)


def _refused(path: str, mistake: Mistake) -> Decoded:
    return Decoded(SourceText(path, ""), (mistake,), readable=False)


def _too_large(size: int, limits: Limits) -> Mistake:
    summary = f"the file has {size:,} bytes; a file may have {limits.file_bytes:,}"
    return Mistake(Code.FILE_TOO_LARGE, (0, 0), summary, "split it into several files")


def _not_utf8(path: str, content: bytes, error: UnicodeDecodeError) -> Decoded:
    offset = len(content[: error.start].decode("utf-8-sig"))
    text = SourceText(path, content.decode("utf-8-sig", errors="replace"), parsed="")
    summary = f"byte 0x{content[error.start]:02x} is not UTF-8"
    guess = _guess(content)
    hint = f"the file looks like {guess}: save it in UTF-8" if guess else "save the file in UTF-8"
    return Decoded(text, (Mistake(Code.NOT_UTF8, (offset, offset + 1), summary, hint),), readable=False)


def _guess(content: bytes) -> str:
    """Name the encoding that a file which is not UTF-8 most likely has."""
    sample = content[:65536]
    high = len(re.findall(rb"[\x80-\xff]", sample))
    pairs = len(re.findall(rb"[\xb0-\xf7][\xa1-\xfe]", sample))
    if pairs * 2 == high:
        return "GBK or GB 18030"
    return "Latin-1 or Windows-1252" if high * 4 <= len(sample) else ""


def _forbidden(written: str) -> list[Mistake]:
    mistakes = []
    for match in _FORBIDDEN.finditer(written):
        name = describe(match.group())
        summary, hint = f"{name} can't stand in a manifest", "remove it"
        if match.group() == "\ufeff":
            summary, hint = (
                "a byte order mark stands inside the file",
                "remove it: files were joined, perhaps",
            )
        mistakes.append(Mistake(Code.FORBIDDEN_CHARACTER, match.span(), summary, hint))
        if len(mistakes) == _MOST_FORBIDDEN:
            break
    return mistakes


_CONTROL_NAMES: Final = {
    "\x00": "NUL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
}


def describe(character: str) -> str:
    """Name a character so that it can be found although it can't be seen: `U+200B ZERO WIDTH SPACE`."""
    name = _CONTROL_NAMES.get(character) or unicodedata.name(character, "CONTROL CHARACTER")
    return f"U+{ord(character):04X} {name}"
