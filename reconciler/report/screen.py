"""The status as a person reads it on a terminal: the verdict first, then who and what, then every problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from reconciler.plan import Sync
from reconciler.report.findings import put_findings
from reconciler.report.layouts import style_of
from reconciler.report.result import Outcome
from reconciler.report.status import (
    Board,
    Condition,
    ConditionType,
    InstanceStatus,
    LastPass,
    ReplicaStatus,
    Role,
)
from reconciler.report.terminal import Page, Style, columns, many, short, together
from reconciler.report.verdict import STALE_AFTER, Level, Verdict, age, judge

_LABELS: Final = 11
"""Columns that the labels at the left take."""

_WORTH_TELLING: Final = 0.001
"""Seconds from which upwards a stage of a pass is told."""

_OUTCOMES: Final = {
    Outcome.HELD_BACK: Style.YELLOW,
    Outcome.FAILED: Style.RED,
    Outcome.STALLED: Style.RED,
}


def render_status(
    board: Board | None,
    now: datetime,
    verdict: Verdict | None = None,
    *,
    color: bool = False,
    width: int = 80,
) -> str:
    """Give the status as text of at most `width` columns, as far as its words allow; no line break ends it.

    Whatever comes from outside is shown so that it can't steer the terminal.
    """
    page = Page(color, max(width, 40))
    verdict = verdict or judge(board, now)
    _put_verdict(page, board, verdict, now)
    if board is not None and (board.replicas or board.sync is not None):
        page.skip()
        _put_replicas(page, board, now)
        if board.sync is not None:
            _put_instance(page, board.sync, now)
    put_findings(page, board, verdict, now)
    return str(page)


def gist(board: Board, verdict: Verdict) -> tuple[object, ...]:
    """Give what of a status is news when it is otherwise; ages, heartbeats, passes without effect are not."""
    told, last = board.sync, board.sync.last_pass if board.sync else None
    if told is not None:
        told = replace(told, last_pass=None, last_applied_at=None)
    done = last.pass_id if last and last.outcome is not Outcome.UNCHANGED else None
    replicas = tuple((one.replica, one.role, one.epoch, _state(one.conditions)) for one in board.replicas)
    found = tuple((one.level, one.reason, one.resources) for one in verdict.findings)
    return verdict.healthy, found, replicas, told, done, board.read_from


def _put_verdict(page: Page, board: Board | None, verdict: Verdict, now: datetime) -> None:
    problems = sum(finding.level is Level.PROBLEM for finding in verdict.findings)
    judged = "healthy" if verdict.healthy else f"not healthy, {many(problems, 'problem')}"
    page.put(
        f"{_instance_of(board)} is {judged} ({_heard(board, now)})",
        Style.GREEN if verdict.healthy else Style.RED,
    )


def _heard(board: Board | None, now: datetime) -> str:
    if board is None:
        return "never heard of"
    beats = [replica.heartbeat_at for replica in board.replicas]
    heard = f"heard of {age(max(beats), now)} ago" if beats else "no heartbeat"
    return f"{heard}, read from {board.read_from}"


def _instance_of(board: Board | None) -> str:
    if board and board.sync:
        return f"instance {board.sync.instance}"
    return f"instance {board.replicas[0].instance}" if board and board.replicas else "the instance"


# --- who and what -----------------------------------------------------------------------------------------


def _put_replicas(page: Page, board: Board, now: datetime) -> None:
    order = {Role.LEADER: 0, Role.STANDBY: 1}
    epoch = max((one.epoch or 0 for one in board.replicas), default=0)
    for replica in sorted(board.replicas, key=lambda one: (order[one.role], -(one.epoch or 0), one.replica)):
        outvoted = replica.role is Role.LEADER and (replica.epoch or 0) < epoch
        page.put(_replica(replica, now), indent=_LABELS, label="led before" if outvoted else replica.role)


def _replica(replica: ReplicaStatus, now: datetime) -> str:
    silent = now - replica.heartbeat_at > STALE_AFTER
    told = [
        f"{replica.replica}: {'silent, was ' if silent else ''}{_state(replica.conditions)}",
        f"heartbeat {age(replica.heartbeat_at, now)} ago",
    ]
    if replica.role is Role.LEADER:
        told.append(f"watching by {replica.watch}")
    told += [f"up {age(replica.started_at, now)}", f"version {replica.version}"]
    told.append(f"{replica.host} pid {replica.pid}")
    facts = [*told, f"epoch {replica.epoch}"] if replica.epoch else told
    return ", ".join(map(together, facts))


def _state(conditions: Sequence[Condition]) -> str:
    standing = {condition.type: condition for condition in conditions}
    stalled, ready = standing.get(ConditionType.STALLED), standing.get(ConditionType.READY)
    if stalled and stalled.status:
        return f"stalled ({stalled.reason})"
    if ready is None or not ready.status:
        return f"not ready ({ready.reason})" if ready else "not known to be ready"
    busy = standing.get(ConditionType.RECONCILING)
    return "ready, reconciling" if busy and busy.status else "ready"


def _put_instance(page: Page, sync: InstanceStatus, now: datetime) -> None:
    if sync.last_pass:
        style = _OUTCOMES.get(sync.last_pass.outcome, Style.PLAIN)
        page.put(_pass(sync.last_pass, now), style, indent=_LABELS, label="last pass")
    page.put(_revisions(sync, now), indent=_LABELS, label="revision")
    page.put(sync.source, indent=_LABELS, label="source")
    _put_totals(page, sync)


def _pass(last: LastPass, now: datetime) -> str:
    took = (last.finished_at - last.started_at).total_seconds()
    extent = "narrow" if last.narrow else "full"
    when = together(f"{last.outcome} {age(last.finished_at, now)} ago")
    head = f"{when}, {extent}, {together(f'asked for by {last.trigger}')}"
    slow = {stage: seconds for stage, seconds in last.seconds.items() if seconds >= _WORTH_TELLING}
    stages = ", ".join(together(f"{stage} {_duration(seconds)}") for stage, seconds in slow.items())
    spent = f"{_duration(took)} ({stages})" if stages else _duration(took)
    return f"{head}: {last.error or last.counts}; {spent}"


def _duration(seconds: float) -> str:
    return together(f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s")


def _revisions(sync: InstanceStatus, now: datetime) -> str:
    attempted = short(sync.last_attempted) or "none"
    if not sync.last_applied:
        return f"{attempted} attempted, none applied in full yet"
    when = together(f" {age(sync.last_applied_at, now)} ago") if sync.last_applied_at else ""
    applied = f"{short(sync.last_applied)} applied in full{when}"
    return applied if sync.last_attempted == sync.last_applied else f"{attempted} attempted; {applied}"


def _put_totals(page: Page, sync: InstanceStatus) -> None:
    total = sum(sync.totals.values())
    told = [(f"{sync.totals[one]:,} {one}", style_of(one)) for one in Sync if sync.totals.get(one)]
    head = f"{total:,}: " if len(told) > 1 else ""
    text = f"{head}{', '.join(words for words, _ in told)}" if told else "none"
    if not told or columns(text) > page.width - _LABELS:
        page.put(text, indent=_LABELS, label="resources")
        return
    parts = [part for words, style in told for part in ((", ", Style.PLAIN), (words, style))][1:]
    label = ("resources".ljust(_LABELS), Style.DIM)
    page.put_parts([label, (head, Style.PLAIN), *parts])
