"""Cursors: where a page of a list ended, as a word that whoever asks for the next page gives back."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from reconciler.errors import UsageError

_LONGEST: Final = 4096


def write_cursor(*parts: object) -> str:
    """Give the sort key of a page's last row as letters, digits, `-` and `_`."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    """Give back what `write_cursor` was given, each part read by the function in its place.

    Raises:
        UsageError: this is no cursor, or one of another list.

    """
    try:
        return tuple(part(text) for part, text in zip(parts, _texts(cursor), strict=True))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "the cursor can't be read",
            where=cursor[:80],
            fix="give `next` of the page before, whole, and ask for the same list",
        ) from error


def _texts(cursor: str) -> list[str]:
    if len(cursor) > _LONGEST:
        raise ValueError("too long")
    texts = json.loads(urlsafe_b64decode(f"{cursor}{'=' * (-len(cursor) % 4)}".encode("ascii")))
    if not isinstance(texts, list) or not all(map(_is_storable, texts)):
        raise ValueError("not a list of texts")
    return texts


def _is_storable(text: object) -> bool:
    """Whether PostgreSQL takes it as a text: without NUL, and of whole characters."""
    return isinstance(text, str) and "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def whole_number(text: str) -> int:
    """Read a number that PostgreSQL's `integer` holds."""
    number = int(text)
    if not -(2**31) <= number < 2**31:
        raise ValueError("too large")
    return number


def moment(text: str) -> datetime:
    """Read a time with its zone."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("no time zone")
    return read


def id_or_none(text: str) -> UUID | None:
    """Read the id of a row; a resource without one has none."""
    return UUID(text) if text else None
