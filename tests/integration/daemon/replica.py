"""A replica of the daemon, wired as `run` does it, in threads of this process: a test can look on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from reconciler.daemon.absences import Absences
from reconciler.daemon.bulletin import Bulletin, Identity, Senses
from reconciler.daemon.clock import SystemClock
from reconciler.daemon.journal import Journal
from reconciler.daemon.loop import Loop, Voices, Work
from reconciler.daemon.pace import Pace
from reconciler.daemon.pulse import Pulse
from reconciler.daemon.schedule import Schedule
from reconciler.daemon.shelf import Shelf
from reconciler.daemon.supervision import Supervision
from reconciler.daemon.timing import Every
from reconciler.daemon.upkeep import Upkeep
from reconciler.daemon.wakeups import Wakeups
from reconciler.metrics import Metrics
from reconciler.plan import Policy
from reconciler.reconcile import PassEdges, Reconciler, Rules
from reconciler.report import Order, PassReport
from reconciler.sources import DirectorySource
from reconciler.status import RedisBoard
from reconciler.store.ear import Ear
from reconciler.store.election import Candidate, PostgresElection
from reconciler.store.postgres import PostgresStore
from reconciler.systemd import NotifySocket
from tests.unit.daemon.fakes import FakeWatcher

INSTANCE = "default"


class Replica:
    """One replica. Nothing watches the folder: a test asks for the passes that it wants."""

    def __init__(self, name: str, folder: Path, database_url: str, redis_url: str) -> None:
        self.reports: SimpleQueue[PassReport] = SimpleQueue()
        self.clock = SystemClock()
        self.wakeups = Wakeups(self.clock)
        self._source = DirectorySource(folder, self.clock)
        self._store = PostgresStore(database_url, INSTANCE, self.clock)
        self._board = RedisBoard(redis_url, INSTANCE, self.clock)
        self._ear = Ear(database_url, INSTANCE, self.wakeups.put)
        candidate = Candidate(INSTANCE, name, self._source.name)
        election = PostgresElection(database_url, candidate, migrates=False)
        schedule = Schedule(Every(timedelta(hours=1)), self.wakeups, self.clock, lambda: 0.5)
        identity = Identity(name, INSTANCE, self._source.name, "0.0.0", "localhost", 1)
        self._shelf = Shelf(self._store, self.clock)
        watcher = FakeWatcher()
        senses = Senses(watcher, self._ear, self._board)
        self._bulletin = Bulletin(identity, self.clock, senses, self._shelf, schedule.overdue_after)
        supervision = Supervision(self.clock, NotifySocket(""))
        self._pulse = Pulse(self.clock, self._bulletin, supervision, (watcher.check, schedule.check))
        pace = Pace(self.clock, lambda: 0.5, Absences(self.clock, timedelta(seconds=10)))
        edges = PassEdges(self._source, self._store, self.clock)
        self._reconciler = Reconciler(edges, Rules(INSTANCE, Policy()))
        work = Work(self._run_once, Upkeep(self.clock, self._store, timedelta(days=90)).tend)
        voices = Voices(self._bulletin, Journal(), Metrics("0.0.0"), supervision)
        self._loop = Loop(work, election, self.wakeups, pace, voices)
        self._schedule = schedule

    def _run_once(self, order: Order) -> PassReport:
        report = self._reconciler.run(order)
        self.reports.put(report)
        return report

    @contextmanager
    def running(self) -> Iterator[Replica]:
        """Run until the end of the block, and then stop as on SIGTERM."""
        thread = Thread(target=self._loop.run_forever, name="loop")
        with ExitStack() as parts:
            parts.callback(self._store.close)
            parts.callback(self._bulletin.withdraw)
            for part in (self._ear, self._schedule, self._shelf, self._pulse):
                part.start()
                parts.callback(part.stop)
            thread.start()
            parts.callback(thread.join)
            parts.callback(self.wakeups.close)
            yield self

    def next_report(self, wanted: Callable[[PassReport], bool] = lambda _: True) -> PassReport:
        """Wait for the next pass that ends as wanted."""
        while True:
            report = self.reports.get(timeout=30)
            if wanted(report):
                return report
