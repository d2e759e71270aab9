"""Text for a terminal: made harmless, wrapped, and coloured if that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.glyphs import columns, harmless
from reconciler.report.cells import cut, padded, together, wrapped

__all__ = [
    "Page",
    "Paper",
    "Style",
    "columns",
    "cut",
    "harmless",
    "many",
    "padded",
    "painted",
    "short",
    "together",
    "wrapped",
]

_DIGITS: Final = 12


class Style(StrEnum):
    """How text stands out, as the code that a terminal knows for it."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


def painted(text: str, style: Style, *, color: bool) -> str:
    """Let a text stand out, if colour is wanted."""
    return f"\x1b[{style}m{text}\x1b[0m" if color and style and text else text


@dataclass(frozen=True, slots=True)
class Paper:
    """On what text is written: `wide` asks for everything, whether or not it fits into `width` columns.

    `piped` says that the width is only a measure for lines of prose: where it goes, nothing needs to be cut.
    """

    coloured: bool
    width: int
    wide: bool
    piped: bool = False


def many(number: int, noun: str) -> str:
    """Count things in words: `1 job`, `2,000 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def short(revision: str) -> str:
    """Give a revision as briefly as people tell it from others: the beginning of its digest."""
    kind, separator, digest = revision.partition(":")
    return f"{kind}{separator}{digest[:_DIGITS]}"


@dataclass(slots=True)
class Page:
    """Lines of text, made one after the other; whatever is put on it is made harmless."""

    color: bool
    width: int
    lines: list[str] = field(default_factory=list)

    def put(self, text: str, style: Style = Style.PLAIN, *, indent: int = 0, label: str = "") -> None:
        """Put a paragraph, wrapped; `label` stands in front of its first line, in the indentation."""
        first, *rest = wrapped(harmless(text), self.width - indent)
        head = harmless(label)
        gap = " " * max(indent - columns(head), 1 if head else 0)
        self.lines.append(f"{self._painted(head, Style.DIM)}{gap}{self._painted(first, style)}")
        self.lines += [f"{' ' * indent}{self._painted(line, style)}" for line in rest]

    def put_whole(self, text: str, style: Style = Style.PLAIN, *, indent: int = 0) -> None:
        """Put a line that is not wrapped, because it is to be copied or its columns matter."""
        self.lines.append(f"{' ' * indent}{self._painted(harmless(text), style)}".rstrip())

    def put_parts(self, parts: Iterable[tuple[str, Style]], *, indent: int = 0) -> None:
        """Put a line of parts, each with its own style; it is not wrapped."""
        line = "".join(self._painted(harmless(text), style) for text, style in parts)
        self.lines.append(f"{' ' * indent}{line}".rstrip())

    def put_beside(
        self, text: str, style: Style, beside: str, its_style: Style = Style.DIM, *, indent: int = 0
    ) -> None:
        """Put a text and what belongs to it on one line, or beneath each other where there is no room."""
        beside = harmless(beside)
        if beside and indent + columns(harmless(text)) + 2 + columns(beside) <= self.width:
            self.put_parts([(text, style), (f"  {beside}", its_style)], indent=indent)
            return
        self.put(text, style, indent=indent)
        if beside:
            self.put(beside, its_style, indent=indent + 4)

    def put_lines(self, lines: Iterable[str], *, indent: int = 0) -> None:
        """Put lines that are harmless and coloured already."""
        self.lines += [f"{' ' * indent}{line}".rstrip() for line in lines]

    def skip(self) -> None:
        """Leave a line empty."""
        self.lines.append("")

    def _painted(self, text: str, style: Style) -> str:
        return painted(text, style, color=self.color)

    def __str__(self) -> str:
        return "\n".join(self.lines)
