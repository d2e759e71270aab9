"""How diagnostics speak: names of types, quoted pieces of input, counts."""

from __future__ import annotations

from typing import Final

from reconciler.glyphs import harmless

_SHOWN: Final = 60


def shown(text: str, limit: int = _SHOWN) -> str:
    """Give text as it may stand in a line of a message: short, what can't be seen escaped."""
    if len(text) > limit:
        text = f"{text[: limit - 1]}…"
    return harmless(text)


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
