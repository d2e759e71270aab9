"""The daemon as a whole: puts its parts together, starts them in order, and stops them in reverse."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from reconciler.daemon.absences import Absences
from reconciler.daemon.bulletin import Bulletin, Identity, Senses
from reconciler.daemon.habits import Habits
from reconciler.daemon.journal import Journal, Told
from reconciler.daemon.loop import Loop, RunOnce, Voices, Work
from reconciler.daemon.pace import Pace
from reconciler.daemon.pulse import Pulse
from reconciler.daemon.reload import Reload, Reread
from reconciler.daemon.schedule import Schedule
from reconciler.daemon.shelf import Shelf
from reconciler.daemon.signals import Signals
from reconciler.daemon.supervision import Supervision
from reconciler.daemon.upkeep import Upkeep
from reconciler.daemon.wakeups import Wakeups
from reconciler.metrics import Metrics
from reconciler.ports import Archive, Clock, Election, Face, Listener, StatusBoard, StatusStore, Watcher


@dataclass(frozen=True, slots=True)
class Edges:
    """Through what the daemon reaches the world.

    `reread` reads the settings anew, on SIGHUP; `told` takes in every pass that has ended. `face` is None
    when no HTTP is asked for.
    """

    clock: Clock
    election: Election
    watcher: Watcher
    listener: Listener
    store: StatusStore
    archive: Archive
    board: StatusBoard
    metrics: Metrics
    supervision: Supervision
    reread: Reread
    told: Told | None = None
    face: Face | None = None


class _Runs(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


def run_forever(
    run_once: RunOnce, wakeups: Wakeups, edges: Edges, habits: Habits, identity: Identity
) -> None:
    """Reconcile until told to stop; then finish the pass under way, tell a last time, and let another lead.

    Needs the main thread, to which signals come.
    """
    clock = edges.clock
    schedule = Schedule(habits.timing, wakeups, clock, random.random)
    senses = Senses(edges.watcher, edges.listener, edges.board, edges.face)
    shelf = Shelf(edges.store, clock)
    bulletin = Bulletin(identity, clock, senses, shelf, schedule.overdue_after)
    looks = (edges.watcher.check, schedule.check, *((edges.face.beat,) if edges.face else ()))
    pulse = Pulse(clock, bulletin, edges.supervision, looks)
    absences = Absences(clock, habits.prune_delay)
    pace = Pace(clock, random.random, absences)
    upkeep = Upkeep(clock, edges.archive, habits.history_keep)
    edges.metrics.follow(lambda: bulletin.standing, wakeups)
    voices = Voices(bulletin, Journal(edges.told), edges.metrics, edges.supervision)
    loop = Loop(Work(run_once, upkeep.tend), edges.election, wakeups, pace, voices)

    def adopt(later: Habits) -> None:
        schedule.adopt(later.timing)
        absences.adopt(later.prune_delay)
        upkeep.adopt(later.history_keep)
        signals.adopt(later)

    signals = Signals(wakeups, habits, Reload(edges.reread, adopt, bulletin.remark))
    with signals, ExitStack() as parts:
        parts.callback(bulletin.withdraw)
        for part in (edges.watcher, edges.listener, schedule, shelf, edges.face, pulse):
            if part is not None:
                parts.enter_context(_running(part))
        parts.callback(edges.supervision.stop)
        loop.run_forever()


@contextmanager
def _running(part: _Runs) -> Iterator[None]:
    part.start()
    try:
        yield
    finally:
        part.stop()
