"""Conditions: what is said when, and since when."""

from __future__ import annotations

import pytest

from reconciler.errors import SchemaMismatch, StoreUnavailable
from reconciler.report import Condition, ConditionType, Role, Situation, Trigger, judge_conditions
from tests.unit.report.boards import NOON, later

DOWN = StoreUnavailable("PostgreSQL does not answer", where="host db")
NEWER = SchemaMismatch("the tables are newer than this daemon")
CALM = Situation(Role.LEADER, passed=True)


def _told(situation: Situation) -> dict[str, tuple[bool, str]]:
    return {one.type: (one.status, one.reason) for one in judge_conditions((), situation, NOON)}


@pytest.mark.parametrize(
    ("situation", "ready", "reconciling", "stalled"),
    [
        (CALM, (True, "Reconciled"), (False, "Idle"), (False, "NotStalled")),
        (Situation(decided=False), (False, "Starting"), (False, "Idle"), (False, "NotStalled")),
        (Situation(Role.LEADER), (False, "Starting"), (False, "Idle"), (False, "NotStalled")),
        (Situation(Role.STANDBY), (True, "StandingBy"), (False, "Idle"), (False, "NotStalled")),
        (
            Situation(Role.LEADER, passed=True, running=Trigger.FILES),
            (True, "Reconciled"),
            (True, "PassRunning"),
            (False, "NotStalled"),
        ),
        (
            Situation(Role.LEADER, passed=True, busy=3),
            (True, "Reconciled"),
            (True, "LookingAgain"),
            (False, "NotStalled"),
        ),
        (
            Situation(Role.LEADER, passed=True, trouble=DOWN),
            (False, "StoreUnavailable"),
            (True, "Retrying"),
            (False, "NotStalled"),
        ),
        (
            Situation(Role.STANDBY, trouble=NEWER),
            (False, "SchemaMismatch"),
            (False, "Idle"),
            (True, "SchemaMismatch"),
        ),
    ],
)
def test_each_situation_has_its_conditions(
    situation: Situation, ready: tuple[bool, str], reconciling: tuple[bool, str], stalled: tuple[bool, str]
) -> None:
    """A replica that stands by is ready: it can take over."""
    assert _told(situation) == {"Ready": ready, "Reconciling": reconciling, "Stalled": stalled}


def test_the_message_says_what_went_wrong() -> None:
    """With all that the error knows."""
    ready = judge_conditions((), Situation(Role.LEADER, trouble=DOWN), NOON)[0]
    assert ready.message == "PostgreSQL does not answer (host db)"


def test_since_moves_only_with_the_status() -> None:
    """Another reason for being unready is told, and does not make it shorter."""
    first = judge_conditions((), Situation(Role.LEADER, trouble=DOWN), NOON)
    second = judge_conditions(first, Situation(Role.LEADER, trouble=NEWER), later(60))
    third = judge_conditions(second, CALM, later(90))

    def since(conditions: tuple[Condition, ...], type_: ConditionType) -> object:
        return next(one.since for one in conditions if one.type is type_)

    assert since(second, ConditionType.READY) == NOON
    assert since(second, ConditionType.STALLED) == later(60)
    assert since(third, ConditionType.READY) == later(90)
