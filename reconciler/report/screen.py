"""The status as a person reads it on a terminal: the verdict first, then who and what, then every problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from reconciler.desired import Diagnostic, Severity
from reconciler.plan import Gate, GateKind, Sync
from reconciler.report.result import Outcome
from reconciler.report.status import (
    Board,
    Condition,
    ConditionType,
    InstanceStatus,
    LastPass,
    ReplicaStatus,
    ResourceStatus,
    Role,
)
from reconciler.report.terminal import Page, Style
from reconciler.report.verdict import Finding, Level, Verdict, age, judge

_T = TypeVar("_T")

_LABELS: Final = 11
"""Columns that the labels at the left take."""

_LISTED: Final = 10
"""How many of a kind are told one by one before they are only counted."""

_LEVELS: Final = {Level.PROBLEM: Style.RED, Level.WARNING: Style.YELLOW}
_OUTCOMES: Final = {
    Outcome.HELD_BACK: Style.YELLOW,
    Outcome.FAILED: Style.RED,
    Outcome.STALLED: Style.RED,
}
_GATES: Final = {
    GateKind.PRUNE: ("PruneBlocked", "to delete the rows of"),
    GateKind.HEAL: ("HealBlocked", "to make again the rows of"),
    GateKind.SOURCE: ("SourceMismatch", "to reconcile from another source than before"),
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
    if board is not None:
        page.skip()
        _put_replicas(page, board, now)
        if board.sync is not None:
            _put_instance(page, board.sync, now)
    _put_findings(page, board, verdict, now)
    return str(page)


def _put_verdict(page: Page, board: Board | None, verdict: Verdict, now: datetime) -> None:
    problems = sum(finding.level is Level.PROBLEM for finding in verdict.findings)
    judged = "healthy" if verdict.healthy else f"not healthy, {_many(problems, 'problem')}"
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
        return board.sync.instance
    return board.replicas[0].instance if board and board.replicas else "the instance"


# --- who and what -----------------------------------------------------------------------------------------


def _put_replicas(page: Page, board: Board, now: datetime) -> None:
    order = {Role.LEADER: 0, Role.STANDBY: 1}
    for replica in sorted(board.replicas, key=lambda one: (order[one.role], one.replica)):
        page.put(_replica(replica, now), indent=_LABELS, label=replica.role)


def _replica(replica: ReplicaStatus, now: datetime) -> str:
    told = [
        f"{replica.replica}: {_state(replica.conditions)}",
        f"heartbeat {age(replica.heartbeat_at, now)} ago",
    ]
    if replica.role is Role.LEADER:
        told.append(f"watching by {replica.watch}")
    told += [f"up {age(replica.started_at, now)}", f"version {replica.version}"]
    told.append(f"{replica.host} pid {replica.pid}")
    return ", ".join([*told, f"epoch {replica.epoch}"] if replica.epoch else told)


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
    page.put(_totals(sync), indent=_LABELS, label="resources")


def _pass(last: LastPass, now: datetime) -> str:
    took = (last.finished_at - last.started_at).total_seconds()
    extent = "narrow" if last.narrow else "full"
    head = f"{last.outcome} {age(last.finished_at, now)} ago, {extent}, asked for by {last.trigger}"
    stages = ", ".join(f"{stage} {_duration(seconds)}" for stage, seconds in last.seconds.items())
    spent = f"{_duration(took)} ({stages})" if stages else _duration(took)
    return f"{head}: {last.error or last.counts}; {spent}"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _revisions(sync: InstanceStatus, now: datetime) -> str:
    if not sync.last_applied:
        return f"{sync.last_attempted or 'none'} attempted, none applied in full yet"
    when = f" {age(sync.last_applied_at, now)} ago" if sync.last_applied_at else ""
    applied = f"{sync.last_applied} applied in full{when}"
    if sync.last_attempted == sync.last_applied:
        return applied
    return f"{sync.last_attempted} attempted; {applied}"


def _totals(sync: InstanceStatus) -> str:
    told = [f"{sync.totals[standing]} {standing}" for standing in Sync if sync.totals.get(standing)]
    total = sum(sync.totals.values())
    return f"{total}: {', '.join(told)}" if told else "none"


# --- what was found ---------------------------------------------------------------------------------------


def _put_findings(page: Page, board: Board | None, verdict: Verdict, now: datetime) -> None:
    gates = board.sync.gates if board and board.sync else ()
    for level in Level:
        for finding in verdict.findings:
            if finding.level is level and not _told_by(gates, board, finding):
                page.skip()
                _put_finding(page, board, finding, now)
        for gate in gates if level is Level.PROBLEM else ():
            page.skip()
            _put_gate(page, gate)


def _told_by(gates: Sequence[Gate], board: Board | None, finding: Finding) -> bool:
    """Whether a finding is no more than one of the gates, or the resources that wait behind it."""
    reasons: set[str] = {_GATES[gate.kind][0] for gate in gates}
    known = _known(board, finding)
    return finding.reason in reasons or any(status.reason in reasons for status in known[:1])


def _known(board: Board | None, finding: Finding) -> list[ResourceStatus]:
    shown = board.resources if board else {}
    return [shown[key] for key in finding.resources if key in shown]


def _put_finding(page: Page, board: Board | None, finding: Finding, now: datetime) -> None:
    known = _known(board, finding)
    sync = board.sync if board else None
    mistakes = [one for one in sync.diagnostics if one.severity is Severity.ERROR] if sync else []
    if known:
        _put_headline(page, finding, f"{known[0].reason}, {_many(len(known), 'resource')}")
        _put_some(page, known, lambda status: _put_resource(page, status, now))
    elif finding.reason == "InvalidManifests" and sync and mistakes:
        _put_headline(page, finding, _many(sync.mistakes, "mistake"))
        _put_some(page, mistakes, lambda one: _put_diagnostic(page, one), "reconciler validate shows them")
    else:
        _put_headline(page, finding, finding.message)


def _put_headline(page: Page, finding: Finding, message: str) -> None:
    page.put(f"{finding.level}: {finding.reason}: {message}", _LEVELS[finding.level])


def _put_some(page: Page, items: Sequence[_T], put: Callable[[_T], None], more: str = "") -> None:
    for item in items[:_LISTED]:
        put(item)
    if len(items) > _LISTED:
        told = f"and {len(items) - _LISTED} more"
        page.put(f"{told}: {more}" if more else told, Style.DIM, indent=2)


def _put_resource(page: Page, status: ResourceStatus, now: datetime) -> None:
    place = f", {status.where}" if status.where else ""
    page.put_whole(f"{status.key} for {age(status.since, now)}{place}", Style.BOLD, indent=2)
    if status.message:
        page.put(status.message, indent=4)


def _put_diagnostic(page: Page, mistake: Diagnostic) -> None:
    page.put_whole(f"{mistake.where} [{mistake.code}]", Style.BOLD, indent=2)
    page.put(mistake.summary, indent=4)
    if mistake.hint:
        page.put(mistake.hint, Style.CYAN, indent=4)


def _put_gate(page: Page, gate: Gate) -> None:
    reason, asked = _GATES[gate.kind]
    subject = f" {_many(len(gate.subjects), 'resource')}" if gate.subjects else ""
    page.put(f"problem: {reason}: waits for approval {asked}{subject}", Style.RED)
    names = [str(key) for key, _, _ in gate.subjects]
    _put_some(page, names, lambda name: page.put_whole(name, indent=2))
    page.put_whole(f"reconciler approve {gate.digest}", Style.CYAN, indent=4)


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
