"""Changes on a terminal: what, when, by which pass and for whom, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from reconciler.report.fields import Action, FieldStep, JobStep
from reconciler.report.history import HistoryItem, render_history
from reconciler.report.plan_text import Manner
from reconciler.report.terminal import Paper
from tests.fakes import NOON
from tests.statuses import key

EDIT = HistoryItem(
    id=7,
    at=NOON - timedelta(minutes=2),
    instance="default",
    key=key("cmu-1"),
    action="updated",
    pass_id=UUID("159646fc-8428-42dd-b670-9c25459e19f0"),
    trigger="files",
    asked_by=(),
    approved_by=(),
    path="cmu.yaml",
    revision="dir:462f0a5099f591b18c9990f85d00002b",
    fields=(FieldStep("generation", 1, 2),),
    jobs=(JobStep("tile", Action.UPDATE, 0, (FieldStep("params.size", 512, 1024),)),),
)
MANNER = Manner(Paper(coloured=False, width=80, wide=False), done=True)


def test_a_change_is_told_field_by_field_with_its_pass() -> None:
    """When it was, which pass made it and what asked for that; then what became different."""
    assert render_history([EDIT], NOON, MANNER).splitlines() == [
        "~ updated Workflow/cmu-1  cmu.yaml",
        "    2 min ago, pass 159646fc (files), revision dir:462f0a5099f5",
        "    generation: 1 -> 2",
        "    ~ job tile",
        "        params.size: 512 -> 1024",
    ]


def test_people_are_named() -> None:
    """Who asked for the pass, and who approved what it did."""
    told = render_history(
        [
            replace(
                EDIT, action="pruned", trigger="request", asked_by=("ada@host",), approved_by=("bob@host",)
            )
        ],
        NOON,
        replace(MANNER, paper=replace(MANNER.paper, width=120)),
    )

    assert "(request)" in told
    assert "asked for by ada@host, approved by bob@host" in told
    assert told.startswith("- pruned Workflow/cmu-1")


def test_a_row_made_again_is_told_as_that() -> None:
    """History calls it healed, and has no fields of it."""
    healed = replace(EDIT, action="healed", fields=(), jobs=())

    assert render_history([healed], NOON, MANNER).startswith("! recreated Workflow/cmu-1")
    assert render_history([replace(EDIT, action="healed")], NOON, MANNER).startswith(
        "↺ healed Workflow/cmu-1"
    )


def test_what_a_pass_of_which_no_record_is_left_did_is_told_all_the_same() -> None:
    """And what nobody has named yet, from a later version, does no harm."""
    told = render_history(
        [replace(EDIT, action="transmogrified\x1b[2J", trigger="", revision="")], NOON, MANNER
    )

    assert "\x1b" not in told
    assert "pass 159646fc" in told
