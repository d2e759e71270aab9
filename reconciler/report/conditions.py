"""The conditions of a daemon: ready, reconciling, stalled; each with a reason, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.errors import ReconcilerError, TerminalError
from reconciler.report.result import Trigger
from reconciler.report.status import Condition, ConditionType, Role
from reconciler.report.terminal import many


@dataclass(frozen=True, slots=True)
class Situation:
    """What a daemon knows of itself.

    `decided` says that it is known who leads: this replica has stood for election. `passed` says that a pass
    has reached its end since this replica leads; `running` what asked for the pass that is under way;
    `trouble` why the last attempt failed, None when it did not; `busy` how many resources are looked at again
    every second.
    """

    role: Role = Role.STANDBY
    decided: bool = True
    passed: bool = False
    running: Trigger | None = None
    trouble: ReconcilerError | None = None
    busy: int = 0


def judge_conditions(
    previous: Sequence[Condition], situation: Situation, now: datetime
) -> tuple[Condition, ...]:
    """Tell the three conditions; `since` moves only when a status does."""
    before = {condition.type: condition for condition in previous}
    judged = (_ready(situation), _reconciling(situation), _stalled(situation))
    types = (ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED)
    return tuple(
        Condition(type_, status, reason, message, _since(before.get(type_), status, now))
        for type_, (status, reason, message) in zip(types, judged, strict=True)
    )


def _since(before: Condition | None, status: bool, now: datetime) -> datetime:  # noqa: FBT001 - the value itself
    return before.since if before is not None and before.status is status else now


def _ready(situation: Situation) -> tuple[bool, str, str]:
    if situation.trouble is not None:
        return False, situation.trouble.reason, str(situation.trouble)
    if not situation.decided:
        return False, "Starting", "it has not stood for election yet"
    if situation.role is Role.STANDBY:
        return True, "StandingBy", "another replica writes; this one takes over when that one ends"
    if not situation.passed:
        return False, "Starting", "no pass has reached its end yet"
    return True, "Reconciled", "the last pass reached its end"


def _reconciling(situation: Situation) -> tuple[bool, str, str]:
    if situation.running is not None:
        return True, "PassRunning", f"a pass is under way, asked for by: {situation.running}"
    if situation.trouble is not None and not isinstance(situation.trouble, TerminalError):
        return True, "Retrying", "the last attempt failed and is repeated"
    if situation.busy:
        return True, "LookingAgain", f"every second again at {many(situation.busy, 'busy resource')}"
    return False, "Idle", "nothing to do"


def _stalled(situation: Situation) -> tuple[bool, str, str]:
    if isinstance(situation.trouble, TerminalError):
        return True, situation.trouble.reason, str(situation.trouble)
    return False, "NotStalled", ""
