"""How an instance stands, at a size that does not grow with it: what a page shows that is kept open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from reconciler.plan import Sync
from reconciler.report.status import Board, InstanceStatus, LastPass, ReplicaStatus
from reconciler.report.statuses import Census
from reconciler.report.verdict import Finding, judge

_NAMED: Final = 20
"""How many resources a finding names; its message tells how many there are."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The status without the resources, the mistakes and the rows that wait for approval: their numbers.

    `unsettled` counts the resources that are not `Synced`.
    """

    instance: str
    source: str
    read_from: str
    read_at: datetime
    degraded: str
    healthy: bool
    findings: tuple[Finding, ...]
    totals: Mapping[Sync, int]
    unsettled: int
    mistakes: int
    gaps: tuple[str, ...]
    gates: int
    suspended: str
    last_attempted: str
    last_applied: str
    last_applied_at: datetime | None
    last_pass: LastPass | None
    replicas: tuple[ReplicaStatus, ...]

    @classmethod
    def of(cls, board: Board, census: Census, instance: str) -> Self:
        """Sum a board up that has some of the resources that are not `Synced`; `census` counts them all."""
        sync = board.sync or InstanceStatus(instance, "", 0)
        totals = _totals(sync, census)
        if board.sync is not None:
            sync = replace(sync, totals=totals)
            board = replace(board, sync=sync)
        verdict = judge(board, board.read_at, census=census)
        return cls(
            instance=sync.instance,
            source=sync.source,
            read_from=board.read_from,
            read_at=board.read_at,
            degraded=board.degraded,
            healthy=verdict.healthy,
            findings=tuple(
                replace(finding, resources=finding.resources[:_NAMED]) for finding in verdict.findings
            ),
            totals=totals,
            unsettled=sum(census.values()),
            mistakes=sync.mistakes,
            gaps=sync.gaps,
            gates=len(sync.gates),
            suspended=sync.suspended,
            last_attempted=sync.last_attempted,
            last_applied=sync.last_applied,
            last_applied_at=sync.last_applied_at,
            last_pass=sync.last_pass,
            replicas=board.replicas,
        )


def _totals(sync: InstanceStatus, census: Census) -> dict[Sync, int]:
    """Count by one source what is not `Synced`: two may be a moment apart."""
    totals = dict.fromkeys(Sync, 0) | {Sync.SYNCED: sync.totals.get(Sync.SYNCED, 0)}
    for (_, one, _), number in census.items():
        totals[one] += number
    return {one: number for one, number in totals.items() if number}
