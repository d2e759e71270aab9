"""How diagnostics speak: names of types, quoted pieces of input, counts."""

from __future__ import annotations

import unicodedata
from typing import Final

_SHOWN: Final = 60
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown(text: str, limit: int = _SHOWN) -> str:
    """Give text as it may stand in a line of a message: short, what can't be seen escaped."""
    if len(text) > limit:
        text = f"{text[: limit - 1]}…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _HIDDEN_CATEGORIES else c for c in text)


def _escaped(character: str) -> str:
    point = ord(character)
    if point < 0x100:  # noqa: PLR2004
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{point:02x}")
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"  # noqa: PLR2004


def tick(text: str) -> str:
    """Give a name in backticks."""
    return f"`{shown(text)}`"


def kind_of(value: object) -> str:
    """Say what a value is, in YAML's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def count(number: int, singular: str) -> str:
    """Give a count with its noun: `1 job`, `12,000 jobs`."""
    return f"{number:,} {singular}" if number == 1 else f"{number:,} {singular}s"
