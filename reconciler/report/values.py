"""Values of fields as text of a given width: JSON, cut around what differs."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import Any, Final

from reconciler.report.terminal import columns, cut, harmless

_LEAST: Final = 16
"""Columns that a value is given even where there is no room for it."""

_BEFORE: Final = 8
"""Characters that are shown in front of the first that differs."""


def told(value: Any, room: int | None = None) -> str:  # noqa: ANN401 - any JSON value
    """Give a value as JSON on one line, `(none)` for what is not there; with `room`, no wider than that."""
    text = "(none)" if value is None else harmless(json.dumps(value, ensure_ascii=False))
    return text if room is None else cut(text, max(room, _LEAST))


def contrasted(before: Any, after: Any, room: int | None = None) -> tuple[str, str]:  # noqa: ANN401 - as above
    """Give two values which together must fit into `room`; what both begin with is left out first."""
    old, new = told(before), told(after)
    if room is None or columns(old) + columns(new) <= room:
        return old, new
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    if shared > 2 * _BEFORE:
        old, new = (f"…{text[shared - _BEFORE :]}" for text in (old, new))
    spare = room - min(columns(old), columns(new), room // 2)
    first = cut(old, max(spare, _LEAST))
    return first, cut(new, max(room - columns(first), _LEAST))
