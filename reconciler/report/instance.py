"""The status of the instance as a whole, told pass by pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Final

from reconciler.desired import Severity
from reconciler.plan import Gate, Reason, Sync
from reconciler.report.result import PassReport, SyncResult
from reconciler.report.status import InstanceStatus, LastPass
from reconciler.report.statuses import Census

DIAGNOSTICS_KEPT: Final = 1000
"""How many diagnostics the status carries; `InstanceStatus.mistakes` tells how many there are."""

KEPT_BY_CHOICE: Final = frozenset({Reason.PRUNE_OFF, Reason.PROTECTED})
"""Reasons for which a row without a manifest stays because somebody wants it so: nothing is owed."""


def after_pass(previous: InstanceStatus, report: PassReport, census: Census) -> InstanceStatus:
    """Tell the instance after a pass that reached its end; `census` counts the resources after it."""
    result = report.result
    asleep = report.survey.suspensions.get(None)
    errors = [one for one in report.desired.diagnostics if one.severity is Severity.ERROR]
    status = replace(
        previous,
        last_attempted=result.revision,
        last_pass=last_pass(result),
        totals=_totals(census),
        diagnostics=report.desired.diagnostics[:DIAGNOSTICS_KEPT],
        mistakes=len(errors),
        gaps=report.desired.gaps,
        gates=_gates(previous, result),
        settling_since=_settling_since(previous, report),
        suspended=(asleep.reason or "no reason was given") if asleep else "",
    )
    if _nothing_is_owed(status, census):
        moved = previous.last_applied != result.revision
        when = result.finished_at if moved else previous.last_applied_at
        return replace(status, last_applied=result.revision, last_applied_at=when)
    return status


def _settling_since(previous: InstanceStatus, report: PassReport) -> datetime | None:
    """Say since when only files that are being written kept the manifests from being read whole."""
    if not report.unsettled or len(report.unsettled) < len(report.desired.gaps):
        return None
    return previous.settling_since or report.result.finished_at


def last_pass(result: SyncResult) -> LastPass:
    """Give a pass in short."""
    return LastPass(
        pass_id=result.pass_id,
        trigger=result.trigger,
        outcome=result.outcome,
        started_at=result.started_at,
        finished_at=result.finished_at,
        narrow=result.narrow,
        counts=result.counts,
        seconds=result.seconds,
        error=result.error,
    )


def _totals(census: Census) -> dict[Sync, int]:
    totals: Counter[Sync] = Counter()
    for (_, sync, _), number in census.items():
        totals[sync] += number
    return {sync: totals[sync] for sync in Sync if totals[sync]}


def _gates(previous: InstanceStatus, result: SyncResult) -> tuple[Gate, ...]:
    """A narrow pass may find a further gate; that another one is gone only a whole pass can tell."""
    if not result.narrow:
        return result.gates
    known = {gate.digest for gate in previous.gates}
    return (*previous.gates, *(gate for gate in result.gates if gate.digest not in known))


def _nothing_is_owed(status: InstanceStatus, census: Census) -> bool:
    """Whether the rows are what the revision says, everywhere, not only where the pass looked."""
    settled = all(
        sync is Sync.SYNCED or (sync is Sync.ORPHANED and reason in KEPT_BY_CHOICE)
        for (_, sync, reason), number in census.items()
        if number
    )
    return settled and not (status.gates or status.gaps or status.mistakes)
