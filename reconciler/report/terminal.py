"""Text for a terminal: made harmless, measured in columns, wrapped, and coloured if that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.glyphs import columns, harmless

__all__ = [
    "Page",
    "Style",
    "columns",
    "cut",
    "harmless",
    "many",
    "padded",
    "short",
    "together",
    "wrapped",
]

_GLUE: Final = "\N{NO-BREAK SPACE}"
_BREAKS: Final = re.compile(rf"[^\S{_GLUE}]+")
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


def many(number: int, noun: str) -> str:
    """Count things in words: `1 job`, `2,000 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def short(revision: str) -> str:
    """Give a revision as briefly as people tell it from others: the beginning of its digest."""
    kind, separator, digest = revision.partition(":")
    return f"{kind}{separator}{digest[:_DIGITS]}"


def wrapped(text: str, width: int) -> list[str]:
    """Break harmless text between words so that its lines take no more than `width` columns.

    A longer word stands on a line of its own, whole, so that it can be copied. What `together` gave is one
    word.
    """
    lines: list[str] = []
    room = 0
    for word in _BREAKS.split(text.strip()):
        need = columns(word)
        if lines and need < room:
            lines[-1] += f" {word}"
            room -= need + 1
        else:
            lines.append(word)
            room = width - need
    return [line.replace(_GLUE, " ") for line in lines] or [""]


def together(text: str) -> str:
    """Keep a few words on one line wherever lines are broken."""
    return text.replace(" ", _GLUE)


def cut(text: str, room: int) -> str:
    """Give as much of a text as `room` columns show once it is harmless, with an ellipsis for the rest."""
    text = harmless(text)
    if columns(text) <= room:
        return text
    kept, used = [], 0
    for character in text:
        used += columns(character)
        if used > room - 1:
            break
        kept.append(character)
    return f"{''.join(kept)}…"


def padded(text: str, room: int) -> str:
    """Give a text cut or filled up to exactly `room` columns."""
    text = cut(text, room)
    return f"{text}{' ' * (room - columns(text))}"


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

    def put_lines(self, lines: Iterable[str], *, indent: int = 0) -> None:
        """Put lines that are harmless and coloured already."""
        self.lines += [f"{' ' * indent}{line}".rstrip() for line in lines]

    def skip(self) -> None:
        """Leave a line empty."""
        self.lines.append("")

    def _painted(self, text: str, style: Style) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and style and text else text

    def __str__(self) -> str:
        return "\n".join(self.lines)
