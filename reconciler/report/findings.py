"""What was found, as a person reads it on a terminal: every problem with its place, its line and its cure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from reconciler.desired import Diagnostic, Severity
from reconciler.plan import Gate, GateKind, Reason
from reconciler.report.diagnostics import blocks
from reconciler.report.status import Board, InstanceStatus, ResourceStatus
from reconciler.report.terminal import Page, Style, many, short
from reconciler.report.verdict import Finding, Level, Verdict, age

_T = TypeVar("_T")

_LISTED: Final = 10
"""How many of a kind are told one by one before they are only counted."""

_QUOTED: Final = 5
"""How many mistakes are shown with their lines, which takes half a dozen lines for each."""

_LEVELS: Final = {Level.PROBLEM: Style.RED, Level.WARNING: Style.YELLOW}
_GATES: Final = {
    GateKind.PRUNE: ("PruneBlocked", "to delete the rows of"),
    GateKind.HEAL: ("HealBlocked", "to make again the rows of"),
    GateKind.SOURCE: ("SourceMismatch", "to reconcile from another source than before"),
}


def put_findings(page: Page, board: Board | None, verdict: Verdict, now: datetime) -> None:
    """Put everything that was found on a page, problems first."""
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
    """Whether a finding is told elsewhere: by the gate before which it waits, or as the instance's sleep."""
    known = _known(board, finding)
    reasons: set[str] = {_GATES[gate.kind][0] for gate in gates}
    asleep = board.sync.suspended if board and board.sync else ""
    if asleep and known and all(one.reason is Reason.SUSPENDED for one in known):
        return len({one.message for one in known}) == 1
    return finding.reason in reasons or any(status.reason in reasons for status in known[:1])


def _known(board: Board | None, finding: Finding) -> list[ResourceStatus]:
    shown = board.resources if board else {}
    return [shown[key] for key in finding.resources if key in shown]


def _put_finding(page: Page, board: Board | None, finding: Finding, now: datetime) -> None:
    known = _known(board, finding)
    sync = board.sync if board else None
    mistakes = _mistakes(sync)
    if known and sync:
        reason = "" if known[0].reason == finding.reason else f"{known[0].reason}, "
        _put_headline(page, finding, f"{reason}{many(len(known), 'resource')}")
        _put_resources(page, known, sync, now)
    elif finding.reason == "InvalidManifests" and sync and mistakes:
        _put_headline(page, finding, many(sync.mistakes, "mistake"))
        _put_mistakes(page, mistakes, sync)
    else:
        _put_headline(page, finding, finding.message)


def _put_headline(page: Page, finding: Finding, message: str) -> None:
    page.put(f"{finding.level}: {finding.reason}: {message}", _LEVELS[finding.level])


def _put_some(page: Page, items: Sequence[_T], put: Callable[[_T], None]) -> None:
    for item in items[:_LISTED]:
        put(item)
    if len(items) > _LISTED:
        page.put(f"and {len(items) - _LISTED} more", Style.DIM, indent=2)


# --- mistakes in manifests ----------------------------------------------------------------------------------


def _mistakes(sync: InstanceStatus | None) -> list[Diagnostic]:
    return [one for one in sync.diagnostics if one.severity is Severity.ERROR] if sync else []


def _put_mistakes(page: Page, mistakes: Sequence[Diagnostic], sync: InstanceStatus) -> None:
    shown = mistakes[:_QUOTED]
    for lines in blocks(shown, color=page.color, width=page.width - 2):
        page.skip()
        page.put_lines(lines, indent=2)
    if sync.mistakes > len(shown):
        page.skip()
        page.put(
            f"and {sync.mistakes - len(shown):,} more: `reconciler validate` shows them", Style.DIM, indent=2
        )


# --- resources ----------------------------------------------------------------------------------------------


def _put_resources(page: Page, known: Sequence[ResourceStatus], sync: InstanceStatus, now: datetime) -> None:
    """Tell of each; what all say alike is said once, and what stands above with its line not again."""
    quoted = {mistake.where for mistake in _mistakes(sync)[:_QUOTED]}
    alike = len(known) > 1 and len({status.message for status in known}) == 1
    if alike and known[0].message:
        page.put(known[0].message, indent=2)

    def put(status: ResourceStatus) -> None:
        place = str(status.where) if status.where else ""
        page.put_beside(f"{status.key} for {age(status.since, now)}", Style.BOLD, place, indent=2)
        if status.message and not (alike or status.where in quoted):
            page.put(status.message, indent=4)
        if status.reason is Reason.MANIFEST_INVALID:
            page.put(_stale(status), Style.DIM, indent=4)

    _put_some(page, known, put)


def _stale(status: ResourceStatus) -> str:
    if not status.revision:
        return "it has no rows yet"
    return f"its rows stay as revision {short(status.revision)} left them"


def _put_gate(page: Page, gate: Gate) -> None:
    reason, asked = _GATES[gate.kind]
    subject = f" {many(len(gate.subjects), 'resource')}" if gate.subjects else ""
    page.put(f"problem: {reason}: waits for approval {asked}{subject}", Style.RED)
    names = [str(key) for key, _, _ in gate.subjects]
    _put_some(page, names, lambda name: page.put_whole(name, indent=2))
    page.put_whole(f"reconciler approve {gate.digest}", Style.CYAN, indent=4)
