"""Tables that grow: columns keep the room that they needed, and the last one ends where the terminal does."""

from __future__ import annotations

from reconciler.report.table import Column, grid
from reconciler.report.terminal import columns

LAYOUT: tuple[Column[tuple[str, str]], ...] = (
    Column("NAME", lambda row: row[0]),
    Column("MESSAGE", lambda row: row[1]),
)


def test_columns_keep_their_width() -> None:
    """What comes later stands beneath what came before, unless it needs more room."""
    laid = grid(LAYOUT, color=False)

    first = [*laid.lines([("推理任务", "a")]), *laid.titles()]
    later = laid.lines([("x", "b"), ("much longer than before", "c")])

    assert first == ["推理任务  a", "NAME      MESSAGE"]
    assert later == ["x                        b", "much longer than before  c"]
    assert laid.lines([("y", "d")]) == ["y                        d"]


def test_the_last_column_ends_with_the_terminal() -> None:
    """Cut, unless everything is asked for; and never to nothing."""
    row = ("cmu-1", "a message that goes on and on, further than anybody reads")

    (cut,) = grid(LAYOUT, color=False, width=40).lines([row])
    (whole,) = grid(LAYOUT, color=False, wide=True, width=40).lines([row])
    (narrow,) = grid(LAYOUT, color=False, width=5).lines([row])

    assert columns(cut) == 40
    assert cut.endswith("…")
    assert whole.endswith(row[1])
    assert narrow == "cmu-1  a message that …"
