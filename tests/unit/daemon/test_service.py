"""The daemon as a whole, on the real clock: what starts, what stops, and in which order."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from reconciler.daemon.clock import SystemClock
from reconciler.daemon.habits import Habits
from reconciler.daemon.reload import Amended
from reconciler.daemon.service import Edges, run_forever
from reconciler.daemon.supervision import Supervision
from reconciler.daemon.timing import Every
from reconciler.daemon.wakeups import Wakeups
from reconciler.metrics import Metrics
from reconciler.report import Order, PassReport, Role
from tests.unit.daemon.fakes import (
    IDENTITY,
    FakeArchive,
    FakeBoard,
    FakeElection,
    FakeListener,
    FakeManager,
    FakeStore,
    FakeWatcher,
    report,
)


def test_a_daemon_passes_until_it_is_told_to_stop_and_leaves_nothing_behind() -> None:
    """The signal comes in the midst of the third pass, which ends."""
    clock = SystemClock()
    wakeups = Wakeups(clock)
    watcher, listener, board, store, election = (
        FakeWatcher(),
        FakeListener(),
        FakeBoard(),
        FakeStore(),
        FakeElection(5),
    )
    orders: list[Order] = []

    def run_once(order: Order) -> PassReport:
        orders.append(order)
        if len(orders) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            while not wakeups.closed:
                wakeups.wait(30)
        return report()

    habits = Habits(Every(timedelta(milliseconds=5)))
    manager = FakeManager()
    edges = Edges(
        clock=clock,
        election=election,
        watcher=watcher,
        listener=listener,
        store=store,
        archive=FakeArchive(),
        board=board,
        metrics=Metrics("0.1.0"),
        supervision=Supervision(clock, manager),
        reread=lambda: Amended(habits),
    )
    run_forever(run_once, wakeups, edges, habits, IDENTITY)
    assert [order.epoch for order in orders] == [5, 5, 5]
    assert (watcher.calls[0], watcher.calls[-1]) == ("start", "stop")
    assert listener.calls == ["start", "stop"]
    assert election.resigned == 1
    assert store.withdrawn == [IDENTITY.replica]
    assert board.withdrawn
    assert board.replicas[-1].role is Role.LEADER
    assert manager.said("READY") == ["1"]
    assert manager.heard[-1] == {"STOPPING": "1", "STATUS": "stopping"}
