"""Tables, and the other forms."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.report.table import Column, table
from reconciler.report.terminal import Paper, Style
from tests.unit.cli.conftest import Call

LAYOUT: tuple[Column[tuple[str, str]], ...] = (
    Column("JOB", lambda one: one[0]),
    Column("TYPE", lambda one: one[1], style=lambda _: Style.GREEN),
    Column("MORE", lambda one: one[0][:1], wide=True),
)


PLAIN = Paper(coloured=False, width=80, wide=False)


def test_columns_line_up_whatever_the_characters() -> None:
    """Characters of East Asia take two columns; an empty cell shows."""
    rows = [("推理任务", "inference"), ("tile", ""), ("x", "y")]

    told = table(rows, LAYOUT, PLAIN)

    assert told.splitlines() == ["JOB       TYPE", "推理任务  inference", "tile      -", "x         y"]


def test_wide_shows_every_column() -> None:
    """And narrow only what matters."""
    told = table([("tile", "tiling")], LAYOUT, replace(PLAIN, wide=True))

    assert told.splitlines() == ["JOB   TYPE    MORE", "tile  tiling  t"]


def test_a_cell_steers_no_terminal() -> None:
    """Names are free text of anybody's."""
    told = table([("a\x1b[2Jb\nc", "x")], LAYOUT, PLAIN)

    assert told.splitlines()[1].startswith(r"a\e[2Jb\nc")


def test_colour_changes_no_column() -> None:
    """Escapes take no room."""
    rows = [("tile", "tiling"), ("x", "y")]
    coloured = table(rows, LAYOUT, replace(PLAIN, coloured=True, wide=True))

    assert "\x1b[32mtiling\x1b[0m  t" in coloured


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_documents_say_their_version(call: Call, form: str) -> None:
    """The same in both forms."""
    document = call("version", "-o", form).document

    assert (document["apiVersion"], document["kind"]) == ("reconciler/v1", "Version")
    assert document == json.loads(call("version", "-o", "json").out)


def test_a_name_is_one_line(call: Call) -> None:
    """For other programs."""
    assert call("version", "-o", "name").out == f"{call('version').out.split()[1]}\n"
    assert "embedded\n" in call("config", "-o", "name").out
