"""The log of passes: what is new is said, what stays as it was is not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from reconciler import telemetry
from reconciler.daemon.journal import Journal
from reconciler.desired import Diagnostic, Location
from reconciler.errors import StoreUnavailable
from reconciler.plan import Reason, Sync
from reconciler.report import Applied, Counts, Movement, PassReport, Trigger
from tests.builders import workflow_key
from tests.statuses import resource
from tests.unit.daemon.fakes import report

MISTAKE = Diagnostic("RC205", Location("w.yaml", 1, 7, 3), "no such field `need`", "did you mean `needs`?")
STILL = Movement()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect what is logged from INFO upwards."""
    collected = io.StringIO()
    telemetry.configure("json", stream=collected)
    yield collected
    telemetry.reset()


def _said(lines: io.StringIO) -> list[dict[str, Any]]:
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    lines.seek(0)
    lines.truncate()
    return said


def _after(*, mistakes: tuple[Diagnostic, ...] = (), updated: int = 0) -> PassReport:
    """Make the report of a pass that the schedule asked for."""
    told = report()
    done = frozenset(workflow_key(f"w-{number}") for number in range(updated))
    result = replace(
        told.result,
        trigger=Trigger.SCHEDULE,
        diagnostics=mistakes,
        counts=Counts(updated=updated),
        applied=Applied(done=done),
        seconds={"fetch": 0.001, "apply": 0.002},
    )
    return replace(told, result=result)


def test_a_mistake_is_logged_once_with_its_place_and_its_cure(lines: io.StringIO) -> None:
    """And again when it comes back after it was mended."""
    journal = Journal()
    for mistakes in ((MISTAKE,), (MISTAKE,), (), (MISTAKE,)):
        journal.ended(_after(mistakes=mistakes), STILL)
    first, second = _said(lines)
    assert first == second | {"time": first["time"]}
    told = {name: first[name] for name in ("level", "message", "place", "code", "mistake", "help")}
    assert told == {
        "level": "warning",
        "message": "a mistake in the manifests",
        "place": "w.yaml:7:3",
        "code": "RC205",
        "mistake": "no such field `need`",
        "help": "did you mean `needs`?",
    }


def test_what_is_left_is_logged_when_it_comes_to_stand_so(lines: io.StringIO) -> None:
    """A conflict aloud, what somebody chose quietly; what a mistake left is told by the mistake."""
    moved = Movement(
        (
            resource("taken", Sync.CONFLICT, Reason.ROW_EXISTS, "a row that nobody manages"),
            resource("gone", Sync.ORPHANED, Reason.PRUNE_OFF, "no manifest declares it"),
            resource("wrong", Sync.INVALID, Reason.MANIFEST_INVALID, "RC205: no such field"),
        )
    )
    Journal().ended(_after(), moved)
    left = [(one["level"], one["resource"], one["why"]) for one in _said(lines) if "resource" in one]
    assert left == [
        ("warning", "Workflow/taken", "a row that nobody manages"),
        ("info", "Workflow/gone", "no manifest declares it"),
    ]


def test_of_many_alike_a_few_are_logged_and_the_rest_is_counted(lines: io.StringIO) -> None:
    """A folder that was removed shall not push everything else out of the log."""
    gone = [resource(f"w-{number}", Sync.ORPHANED, Reason.PRUNE_OFF) for number in range(480)]
    Journal().ended(_after(), Movement(tuple(gone)))
    said = _said(lines)
    assert len(said) == 12
    assert said[10]["number"] == 470


def test_a_pass_that_changed_something_names_it(lines: io.StringIO) -> None:
    """The first few; the counts tell the rest."""
    Journal().ended(_after(updated=2), STILL)
    (said,) = _said(lines)
    assert (said["counts"], said["changed"]) == ({"updated": 2}, ["Workflow/w-0", "Workflow/w-1"])
    assert (said["milliseconds"], said["stages"]) == (3.0, {"fetch": 1.0, "apply": 2.0})


def test_a_saved_plan_that_was_carried_out_is_logged_before_the_pass_that_followed(
    lines: io.StringIO,
) -> None:
    """It is a pass of its own."""
    Journal().ended(replace(_after(), carried=(_after(updated=1),)), STILL)

    assert [line["changed"] for line in _said(lines)] == [["Workflow/w-0"]]


def test_a_pass_that_came_to_nothing_is_not_logged(lines: io.StringIO) -> None:
    """One a minute would be most of the log."""
    Journal().ended(_after(), STILL)
    assert _said(lines) == []


def test_a_failure_is_logged_once_until_a_pass_succeeds(lines: io.StringIO) -> None:
    """It is tried again many times a minute."""
    journal = Journal()
    for _ in range(3):
        journal.failed("a pass failed", StoreUnavailable("PostgreSQL does not answer"))
    journal.ended(_after(), STILL)
    journal.failed("a pass failed", StoreUnavailable("PostgreSQL does not answer"))
    assert [one["reason"] for one in _said(lines)] == ["StoreUnavailable"] * 2


def test_a_standby_says_so_once(lines: io.StringIO) -> None:
    """It asks every second whether it may lead."""
    journal = Journal()
    for _ in range(3):
        journal.stands_by(None)
    journal.leads(7)
    journal.stands_by(7)
    journal.stands_by(None)
    assert [one["message"] for one in _said(lines)] == [
        "another replica writes, this one stands by",
        "this replica writes",
        "another replica writes now",
    ]


def test_whoever_wants_to_hear_of_passes_hears_of_them_after_the_log() -> None:
    """What a person is greeted with stands beneath it."""
    heard: list[PassReport] = []
    ended = _after()
    Journal(heard.append).ended(ended, STILL)
    assert heard == [ended]
