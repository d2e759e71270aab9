"""Judgement of the daemon: the same findings as those of `status --daemon`, with their cures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.report.checkup.remark import Grade, Remark, ok
from reconciler.report.status import Board
from reconciler.report.verdict import Level, age, judge

_CURES: Final = {
    "NoHeartbeat": "start it: reconciler run",
    "HeartbeatStale": "see whether it hangs, or its host: its log, and `reconciler status`",
    "NoLeader": "see the logs of the daemons: none of them could be elected",
    "ClocksDiffer": "keep the machines in time: timedatectl set-ntp true",
}


def judge_daemon(board: Board, now: datetime) -> Iterator[Remark]:
    """Tell how the daemon is, as far as the status shows."""
    verdict = judge(board, now, daemon_only=True)
    for finding in verdict.findings:
        grade = Grade.FAIL if finding.level is Level.PROBLEM else Grade.WARN
        cure = _CURES.get(finding.reason, "reconciler status -o wide")
        yield Remark("daemon", grade, f"{finding.reason}: {finding.message}", cure)
    if not verdict.findings:
        told = [replica for replica in board.replicas if replica.role == "leader"]
        heard = f", heard of {age(told[0].heartbeat_at, now)} ago" if told else ""
        names = ", ".join(replica.replica for replica in told) or "no replica"
        yield ok("daemon", f"{names} writes{heard}; read from {board.read_from}")
