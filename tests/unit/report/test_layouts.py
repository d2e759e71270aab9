"""What the columns of our tables are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from reconciler.report.fit import GAP
from reconciler.report.layouts import (
    event_layout,
    job_layout,
    resource_layout,
    sync_layout,
    user_layout,
    workflow_layout,
)
from reconciler.report.listing import Standing, WorkflowItem
from reconciler.report.table import Column, Grid
from reconciler.report.terminal import Paper
from tests.fakes import NOON

LAYOUTS = {
    "resources": resource_layout(NOON),
    "users": user_layout(NOON),
    "workflows": workflow_layout(NOON),
    "jobs": job_layout(NOON),
    "jobs of one workflow": job_layout(NOON, of_one=True),
    "jobs of a description": job_layout(),
    "syncs": sync_layout(NOON),
    "events": event_layout(NOON),
    "events that go on": event_layout(),
}
_NAME, _STATUS, _NARROWEST = 12, 9, 40


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_narrow_terminal_has_room_for_names_and_how_they_stand(layout: Sequence[Column[Any]]) -> None:
    """Twelve columns for each name, and a status whole: `CANCELLED`, `Suspended`."""
    musts = [column for column in layout if column.rank == 0 and not column.wide]

    assert musts
    needed = [_STATUS if column.title in {"STATUS", "SYNC"} else _NAME for column in musts]
    assert sum(needed) + GAP * (len(needed) - 1) <= _NARROWEST


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_it_is_declared_which_column_gives_way_first(layout: Sequence[Column[Any]]) -> None:
    """No two are worth the same."""
    ranks = [column.rank for column in layout if column.rank and not column.wide]

    assert len(set(ranks)) == len(ranks)


def test_a_row_without_a_name_is_known_by_its_id() -> None:
    """Others make such rows, and an empty cell would name nothing."""
    nobody = Standing("", "", "", "", None, "", 0, 0, "", {})
    row = WorkflowItem("", UUID(int=0xFB << 120), "ada", "PENDING", 1, None, NOON, {}, nobody)

    line = Grid(workflow_layout(NOON), Paper(coloured=False, width=80, wide=False)).lines([row])[1]

    assert line.startswith("(fb000000)  ada  ")
