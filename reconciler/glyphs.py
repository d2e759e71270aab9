"""Characters as a screen shows them: what is hidden, or would steer it, written out; and their columns."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_COMBINING: Final = frozenset({"Mn", "Me"})
_WIDE: Final = frozenset({"W", "F"})
_JAMO: Final = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
"""Vowels and final consonants of Korean, which stand inside the syllable that was begun before them."""
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\x1b": r"\e", "\0": r"\0"}


def harmless(text: str) -> str:
    """Give text of anybody's as one line that shows what it holds and steers nothing.

    Control characters, line breaks and what reorders or hides text are written as escapes.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


@cache
def _shown(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED:
        return character
    point = ord(character)
    width = 2 if point < 0x100 else 4 if point < 0x10000 else 8  # noqa: PLR2004 - as Python writes them
    return _SHORT.get(character, f"\\{'xuU'[width.bit_length() - 2]}{point:0{width}x}")


def columns(text: str) -> int:
    """Give how many columns a screen needs for harmless text; characters of East Asia take two."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    if unicodedata.category(character) in _COMBINING or any(ord(character) in jamo for jamo in _JAMO):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
