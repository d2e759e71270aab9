"""Tables: no line wider than the terminal, what a row is known by kept, and nothing cut in a pipe."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.cells import Keep, columns, harmless
from reconciler.report.table import Column, Grid, table
from reconciler.report.terminal import Paper, Style

Row = tuple[str, str, str, str]
LAYOUT: tuple[Column[Row], ...] = (
    Column("NAME", lambda row: row[0], keep=Keep.ENDS),
    Column("STATUS", lambda row: row[1], style=lambda _: Style.GREEN),
    Column("PLACE", lambda row: row[2], rank=2, least=8, keep=Keep.END),
    Column("GEN", lambda row: row[3][:4], rank=3),
    Column("MESSAGE", lambda row: row[3], rank=1, least=12),
    Column("MORE", lambda row: row[3], wide=True),
)
PIPED = Paper(coloured=False, width=80, wide=False, piped=True)

TEXTS = (
    st.text(max_size=60)
    | st.text("推理é\N{COMBINING ACUTE ACCENT}각a b", max_size=60)
    | st.text("ab", max_size=60)
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=6)
WIDTHS = st.integers(40, 200)


def on(width: int, *, wide: bool = False) -> Paper:
    """A terminal of so many columns."""
    return Paper(coloured=False, width=width, wide=wide)


@given(ROWS, ROWS, st.builds(Paper, st.booleans(), WIDTHS, st.booleans()))
def test_no_line_is_ever_wider_than_the_terminal(first: list[Row], later: list[Row], paper: Paper) -> None:
    """Whatever stands in it, however it grows, and also when everything is asked for."""
    laid = Grid(LAYOUT, paper)

    lines = [*laid.lines(first), *laid.lines(later)]

    assert all(columns(re.sub(r"\x1b\[\d+m", "", line)) <= paper.width for line in lines)


@given(ROWS.filter(bool), WIDTHS)
def test_what_a_row_is_known_by_is_always_there(rows: list[Row], width: int) -> None:
    """Its columns are never left out; nor cut, if together they have room."""
    titles, *lines = Grid(LAYOUT, on(width)).lines(rows)

    musts = [max(columns(harmless(text)) for text in texts) for texts in list(zip(*rows, strict=True))[:2]]
    room = max(musts[0], 4) + 2 + max(musts[1], 6) <= width
    assert titles.split()[:2] == ["NAME", "STATUS"]
    assert len(lines) == len(rows)
    for (name, status, *_), line in zip(rows, lines, strict=True):
        assert not room or (line.startswith(harmless(name).rstrip()) and harmless(status).strip() in line)


@given(ROWS.filter(bool), WIDTHS)
def test_what_was_left_out_is_told_and_shown_when_everything_is_asked_for(
    rows: list[Row], width: int
) -> None:
    """Every title is in the table, or named as left out; `wide` shows every text."""
    narrow = Grid(LAYOUT, on(width))
    titles = narrow.lines(rows)[0].split()

    assert sorted([*titles, *narrow.left_out]) == sorted(column.title for column in LAYOUT[:-1])
    shown = "".join("".join(Grid(LAYOUT, on(width, wide=True)).lines(rows)).split())
    for text in (text for row in rows for text in row):
        assert "".join(harmless(text).split()) in shown


@given(ROWS.filter(bool))
def test_nothing_is_cut_or_left_out_in_a_pipe(rows: list[Row]) -> None:
    """Other programs read it, and `less -S` scrolls."""
    laid = Grid(LAYOUT, PIPED)

    titles, *lines = laid.lines(rows)

    assert titles.split() == ["NAME", "STATUS", "PLACE", "GEN", "MESSAGE"]
    assert not laid.left_out
    for row, line in zip(rows, lines, strict=True):
        assert all(harmless(text).strip() in line for text in row)


def test_columns_give_way_by_what_they_are_worth() -> None:
    """First they are shortened, then left out: the one that is worth least goes first."""
    row = ("cmu-1-nuclei", "Synced", "studies/2026/nuclei.yaml:12", "edited by hand, put back")

    def shown(width: int) -> list[str]:
        return Grid(LAYOUT, on(width)).lines([row])

    assert shown(90) == [
        "NAME          STATUS  PLACE                        GEN   MESSAGE",
        "cmu-1-nuclei  Synced  studies/2026/nuclei.yaml:12  edit  edited by hand, put back",
    ]
    assert shown(70) == [
        "NAME          STATUS  PLACE             GEN   MESSAGE",
        "cmu-1-nuclei  Synced  …/nuclei.yaml:12  edit  edited by hand, put back",
    ]
    assert shown(48) == [
        "NAME          STATUS  PLACE     MESSAGE",
        "cmu-1-nuclei  Synced  …yaml:12  edited by hand,…",
    ]
    assert shown(40) == [
        "NAME          STATUS  GEN   MESSAGE",
        "cmu-1-nuclei  Synced  edit  edited by h…",
    ]


def test_of_what_a_row_is_known_by_the_longest_is_cut_and_in_the_middle() -> None:
    """Only where nothing else is left to give way: names differ at their beginning or at their end."""
    row = ("a-study-of-nuclei-in-whole-slide-images-2026", "Deferred", "x.yaml:1", "")

    assert Grid(LAYOUT, on(40)).lines([row])[1] == "a-study-of-nucl…de-images-2026  Deferred"


def test_a_table_that_grows_keeps_its_columns_in_line() -> None:
    """What comes later stands beneath what came before, unless it needs more room."""
    laid = Grid(LAYOUT[:2], PIPED)

    first = laid.lines([("推理任务", "a", "", "")])
    later = laid.lines([("x", "b", "", ""), ("much longer than before", "c", "", "")])

    assert first == ["NAME      STATUS", "推理任务  a"]
    assert later == ["x                        b", "much longer than before  c"]
    assert laid.lines([("y", "d", "", "")]) == ["y                        d"]
    assert laid.lines([]) == []


def test_a_table_that_loses_a_column_names_those_that_are_left() -> None:
    """Nothing stands beneath a title that is not its own."""
    laid = Grid((LAYOUT[0], LAYOUT[3]), on(40))

    assert laid.lines([("cmu-1", "", "", "2")]) == ["NAME   GEN", "cmu-1  2"]
    assert laid.lines([("x" * 38, "", "", "3")]) == ["NAME", "x" * 38]
    assert laid.left_out == ["GEN"]


def test_where_everything_has_no_room_side_by_side_each_row_is_a_paragraph() -> None:
    """Its empty cells are left out, long ones broken; on a wide terminal it is a table as ever."""
    rows = [("cmu-1", "Synced", "", "said at length, and more than once"), ("cmu-2", "Invalid", "", "")]

    assert Grid(LAYOUT, on(40, wide=True)).lines(rows) == [
        "NAME     cmu-1",
        "STATUS   Synced",
        "GEN      said",
        "MESSAGE  said at length, and more than",
        "         once",
        "MORE     said at length, and more than",
        "         once",
        "",
        "NAME     cmu-2",
        "STATUS   Invalid",
    ]
    assert Grid(LAYOUT, on(120, wide=True)).lines(rows)[0].split() == [one.title for one in LAYOUT]


def test_colour_changes_no_column() -> None:
    """Escapes take no room, and a cut text stands out as a whole one does."""
    row = ("cmu-1", "Synced", "", "")

    coloured = table([row], LAYOUT, replace(PIPED, coloured=True))

    assert "\x1b[32mSynced\x1b[0m  -" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == table([row], LAYOUT, PIPED)
