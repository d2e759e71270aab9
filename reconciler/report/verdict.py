"""The verdict on a board: healthy or not, and everything that was found.

Healthy has to be known: whatever was not told, or not lately, is a problem. What somebody chose (an
orphan that stays because pruning is off or its manifest forbade it, a suspension), what settles by itself
(a job in flight, a row locked a moment ago, a file that is being written) and what stops nothing (Redis
away) are warnings: shown, and healthy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.desired import Severity
from reconciler.plan import GateKind, Reason, Sync
from reconciler.report.status import (
    Board,
    Condition,
    ConditionType,
    InstanceStatus,
    ReplicaStatus,
    ResourceStatus,
    Role,
)
from reconciler.report.statuses import Census, census_of
from reconciler.report.terminal import many
from reconciler.resources import Kind, ResourceKey

STALE_AFTER: Final = timedelta(seconds=15)
"""A heartbeat older than this is none: three times what lies between two of them in PostgreSQL."""

CLOCKS_AGREE: Final = timedelta(seconds=5)
"""How far a heartbeat may lie in the future before the clocks of two machines are said to differ."""

MOMENT: Final = timedelta(seconds=10)
"""How long a row may be busy, or a file be written, before that counts as a problem."""

_NAMED: Final = 3

_GATE_REASON: Final = {
    GateKind.PRUNE: "PruneBlocked",
    GateKind.HEAL: "HealBlocked",
    GateKind.SOURCE: "SourceMismatch",
}
_ASKED: Final = {
    GateKind.PRUNE: "to prune",
    GateKind.HEAL: "to make again the rows of",
    GateKind.SOURCE: "to reconcile from",
}


class Level(StrEnum):
    """A problem makes unhealthy; a warning is only shown."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `reason` is a word for scripts, `message` a sentence for people."""

    level: Level
    reason: str
    message: str
    resources: tuple[ResourceKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `status` exits by."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing was found that is a problem."""
        return all(finding.level is Level.WARNING for finding in self.findings)


def judge(
    board: Board | None, now: datetime, *, daemon_only: bool = False, census: Census | None = None
) -> Verdict:
    """Judge what is known at `now`; with `daemon_only` the daemon alone, not the manifests and rows.

    A board may have only some of the resources that are not `Synced`, when `census` counts all of those.
    """
    if board is None:
        return Verdict((_problem("NothingKnown", "nothing has been told of this instance yet"),))
    findings = [*_degraded(board), *_replicas(board, now)]
    if not daemon_only:
        findings += _instance(board, now, census or {})
    order = list(Level)
    return Verdict(tuple(sorted(findings, key=lambda finding: order.index(finding.level))))


def age(since: datetime, now: datetime) -> str:
    """Give the time that has passed as people say it: `42 s`, `5 min`, `3 h`, `2 d`."""
    seconds = max(0, int((now - since).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _problem(reason: str, message: str, resources: Iterable[ResourceKey] = ()) -> Finding:
    return Finding(Level.PROBLEM, reason, message, tuple(resources))


def _warning(reason: str, message: str, resources: Iterable[ResourceKey] = ()) -> Finding:
    return Finding(Level.WARNING, reason, message, tuple(resources))


def _degraded(board: Board) -> Iterator[Finding]:
    if board.degraded:
        yield _warning("StatusDegraded", f"shown from {board.read_from}: {board.degraded}")


# --- the daemon ---------------------------------------------------------------------------------------------


def _replicas(board: Board, now: datetime) -> Iterator[Finding]:
    live = [replica for replica in board.replicas if now - replica.heartbeat_at <= STALE_AFTER]
    stale = [replica for replica in board.replicas if now - replica.heartbeat_at > STALE_AFTER]
    leader = max((one for one in live if one.role is Role.LEADER), key=lambda one: one.epoch, default=None)
    beside = Level.PROBLEM if leader is None else Level.WARNING
    if leader is not None:
        yield from _leader(leader, now)
    elif live:
        yield Finding(beside, "NoLeader", f"{many(len(live), 'daemon')} standing by, none writing")
    elif not stale:
        yield Finding(beside, "NoHeartbeat", "no daemon of this instance is running, as far as is known")
    for replica in live:
        yield from _clock(replica, now)
        if replica is not leader:
            yield from _other(replica, beside)
    for replica in stale:
        silence = age(replica.heartbeat_at, now)
        yield Finding(
            beside, "HeartbeatStale", f"{replica.role} {replica.replica} was last heard of {silence} ago"
        )


def _leader(leader: ReplicaStatus, now: datetime) -> Iterator[Finding]:
    yield from _unfit(leader, now)
    if leader.overdue_after is None:
        yield _problem("PassOverdue", "it is not known when the next full pass is due")
    elif leader.overdue_after < now:
        late = age(leader.overdue_after, now)
        yield _problem("PassOverdue", f"a full pass is overdue by two intervals and {late}")
    for trouble in leader.problems:
        yield _problem("DaemonTrouble", trouble)
    for note in leader.notes:
        yield _warning("DaemonNote", note)


def _unfit(leader: ReplicaStatus, now: datetime) -> Iterator[Finding]:
    """A stall is told once, although the daemon is not ready either then."""
    conditions = {condition.type: condition for condition in leader.conditions}
    ready, stalled = conditions.get(ConditionType.READY), conditions.get(ConditionType.STALLED)
    if stalled is not None and stalled.status:
        yield _problem("Stalled", _told(stalled, now))
    elif ready is None:
        yield _problem("NotReady", f"{leader.replica} does not say whether it is ready")
    elif not ready.status:
        yield _problem("NotReady", _told(ready, now))


def _told(condition: Condition, now: datetime) -> str:
    return f"{condition.reason} for {age(condition.since, now)}: {condition.message}"


def _other(replica: ReplicaStatus, level: Level) -> Iterator[Finding]:
    """What ails a replica that does not write matters only when it should."""
    for condition in replica.conditions:
        if condition.type is ConditionType.READY and not condition.status:
            message = f"{replica.replica}: {condition.message}"
            yield Finding(level, "ReplicaNotReady", message)
    for trouble in (*replica.problems, *replica.notes):
        yield Finding(level, "ReplicaTrouble", f"{replica.replica}: {trouble}")


def _clock(replica: ReplicaStatus, now: datetime) -> Iterator[Finding]:
    if replica.heartbeat_at - now > CLOCKS_AGREE:
        ahead = age(now, replica.heartbeat_at)
        yield _warning("ClocksDiffer", f"the clock of {replica.host} is {ahead} ahead of the one here")


# --- manifests and rows -------------------------------------------------------------------------------------


def _instance(board: Board, now: datetime, census: Census) -> Iterator[Finding]:
    if board.sync is None:
        yield _problem("NeverReconciled", "no pass of this instance has been told of yet")
        return
    yield from _manifests(board.sync, now)
    yield from _gates(board.sync)
    yield from _resources(board, now, census)


def _manifests(sync: InstanceStatus, now: datetime) -> Iterator[Finding]:
    if sync.suspended:
        message = f"the instance is suspended: {sync.suspended}; `reconciler resume` ends that"
        yield _warning("Suspended", message)
    if sync.mistakes:
        first = next((one for one in sync.diagnostics if one.severity is Severity.ERROR), None)
        place = f", the first at {first.where}: {first.summary}" if first else ""
        yield _problem("InvalidManifests", f"{many(sync.mistakes, 'mistake')} in the manifests{place}")
    elif sync.gaps:
        more = f" (and {len(sync.gaps) - 1} more)" if len(sync.gaps) > 1 else ""
        settling = sync.settling_since is not None and now - sync.settling_since < MOMENT
        level = Level.WARNING if settling else Level.PROBLEM
        yield Finding(level, "SourceIncomplete", f"what is missing proves nothing: {sync.gaps[0]}{more}")


def _gates(sync: InstanceStatus) -> Iterator[Finding]:
    for gate in sync.gates:
        subjects = tuple(key for key, _, _ in gate.subjects)
        what = many(len(subjects), "resource") if subjects else sync.source
        message = f"waits for a person's word, {_ASKED[gate.kind]} {what}: reconciler approve {gate.digest}"
        yield _problem(_GATE_REASON[gate.kind], message, subjects)


def _resources(board: Board, now: datetime, census: Census) -> Iterator[Finding]:
    listed = census_of(board.resources.values())
    unlisted: Counter[tuple[Sync, Reason]] = Counter()
    for (kind, sync, reason), number in census.items():
        unlisted[sync, reason] += number - listed.get((kind, sync, reason), 0)
    groups: dict[tuple[Level, Sync, Reason], list[ResourceKey]] = {}
    for key, status in board.resources.items():
        if status.sync is not Sync.SYNCED:
            groups.setdefault((_level(status, now), status.sync, status.reason), []).append(key)
    for (level, sync, reason), keys in sorted(groups.items(), key=lambda item: list(Sync).index(item[0][1])):
        keys.sort()
        names = ", ".join(str(key) for key in keys[:_NAMED])
        others = len(keys[_NAMED:]) + max(0, unlisted.pop((sync, reason), 0))
        more = f" and {others} more" if others else ""
        yield Finding(level, sync, f"{reason}: {names}{more}", tuple(keys))
    yield from _unnamed(board, {*listed, *census})


def _unnamed(board: Board, known: Iterable[tuple[Kind, Sync, Reason]]) -> Iterator[Finding]:
    """The totals may know of what the list of resources has lost."""
    listed = {sync for _, sync, _ in known}
    for sync, number in board.sync.totals.items() if board.sync else ():
        if sync is not Sync.SYNCED and sync not in listed and number:
            yield _problem("StatusIncomplete", f"{sync}: {many(number, 'resource')}; which is not known")


def _level(status: ResourceStatus, now: datetime) -> Level:
    match status.sync:
        case Sync.SYNCED | Sync.SUSPENDED | Sync.DEFERRED:
            return Level.WARNING
        case Sync.ORPHANED:
            return Level.PROBLEM if status.reason is Reason.PRUNE_BLOCKED else Level.WARNING
        case Sync.OUT_OF_SYNC:
            passing = status.reason in {Reason.ROW_LOCKED, Reason.ROW_MOVED} and now - status.since < MOMENT
            return Level.WARNING if passing else Level.PROBLEM
        case Sync.INVALID | Sync.CONFLICT:
            return Level.PROBLEM
