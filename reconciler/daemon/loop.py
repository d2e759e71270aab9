"""The loop: one thread that turns wake-ups into passes, and errors into patience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import uuid4

from reconciler.daemon.bulletin import Bulletin
from reconciler.daemon.journal import Journal
from reconciler.daemon.pace import TICK, Pace
from reconciler.daemon.supervision import Supervision
from reconciler.daemon.wakeups import Wakeups
from reconciler.errors import InternalError, SteppedDown, TerminalError, TransientError
from reconciler.metrics import Metrics
from reconciler.ports import Election
from reconciler.report import Order, Outcome, PassReport, Trigger, Wakeup
from reconciler.telemetry import get_logger

RunOnce = Callable[[Order], PassReport]
"""Runs one pass to its end, or raises TransientError, TerminalError or SteppedDown."""

Tend = Callable[[int], None]
"""Does, given the epoch, a little of what needs doing now and then; raises nothing that was foreseen."""

T = TypeVar("T")
Trouble = TransientError | TerminalError | SteppedDown

NOTHING: Final = frozenset[Trigger]()
A_DAY: Final = 86400.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What the writer does: passes, and between them a little upkeep."""

    run_once: RunOnce
    tend: Tend


@dataclass(frozen=True, slots=True)
class Voices:
    """To whom the loop tells what it does: the status, the log, the metrics and the service manager."""

    bulletin: Bulletin
    journal: Journal
    metrics: Metrics
    supervision: Supervision


class Loop:
    """Runs passes, one at a time, while this replica leads.

    What asked for a pass that then failed is owed, and served by the next that is tried. That one looks at
    everything, since nobody knows how far the failed one came.
    """

    def __init__(self, work: Work, election: Election, wakeups: Wakeups, pace: Pace, voices: Voices) -> None:
        self._work = work
        self._election = election
        self._wakeups = wakeups
        self._pace = pace
        self._bulletin = voices.bulletin
        self._journal = voices.journal
        self._metrics = voices.metrics
        self._supervision = voices.supervision
        self._epoch: int | None = None
        self._owed: Wakeup | None = None

    def run_forever(self) -> None:
        """Turn wake-ups into passes until the inbox is closed; then let another replica lead."""
        try:
            while not self._wakeups.closed:
                self._step()
                self._supervision.stepped(self._bulletin.standing)
        finally:
            self._election.resign()

    def _step(self) -> None:
        """Confirm that we lead, wait for something to do, and do it."""
        epoch = self._stand()
        if epoch is None:
            return
        for cause in self._pace.ring(self._wakeups):
            self._metrics.retried(cause)
        wakeup = self._wait(self._pace.until_next(), self._pace.admits)
        if wakeup is not None:
            self._serve(wakeup, epoch)
        elif self._pace.admits is None:
            _attempt(lambda: self._work.tend(epoch))

    # --- who leads ------------------------------------------------------------------------------------------

    def _stand(self) -> int | None:
        """Give the epoch under which we write; None, after a while, when we don't."""
        match _attempt(self._elect):
            case int() as epoch:
                if epoch != self._epoch:
                    self._take_office(epoch)
                return epoch
            case TransientError() as error:
                self._lose_office(error)
                self._wait(self._pace.out_of_touch(), NOTHING)
            case TerminalError() as error:
                self._lose_office(error)
                self._owe(self._wait(A_DAY))
            case None | SteppedDown():
                self._stand_by()
        return None

    def _elect(self) -> int | None:
        epoch = self._election.stand()
        self._pace.in_touch()
        if epoch is not None and epoch != self._epoch:
            self._bulletin.take_office(epoch)
        return epoch

    def _take_office(self, epoch: int) -> None:
        """Begin with everything: what was done before under another epoch is hearsay."""
        self._journal.leads(epoch)
        self._epoch = epoch
        self._wakeups.request(Trigger.START)

    def _stand_by(self) -> None:
        """Leave it to the leader, who hears the same requests."""
        self._journal.stands_by(self._epoch)
        self._epoch = self._owed = None
        self._pace.stalled()
        self._bulletin.stand_by()
        if dropped := self._wait(0):
            self._supervision.took(dropped)
        self._wait(TICK, NOTHING)

    def _lose_office(self, error: TransientError | TerminalError) -> None:
        """Without PostgreSQL nobody knows who leads."""
        self._epoch = None
        self._pace.stalled()
        self._bulletin.lose_office(error)
        self._journal.failed("can't stand for election", error)
        self._metrics.not_elected(error)

    # --- passes ---------------------------------------------------------------------------------------------

    def _serve(self, wakeup: Wakeup, epoch: int) -> None:
        """Run a pass for all that is asked for, and set the pace by how it ended."""
        self._owe(wakeup)
        wakeup, self._owed = self._owed or wakeup, None
        order = Order(wakeup, uuid4(), epoch, self._pace.absent_long_enough)
        self._bulletin.began(order)
        self._supervision.took(wakeup)
        match _attempt(lambda: self._work.run_once(order)):
            case PassReport() as report:
                reaction = self._wakeups.since(wakeup)
                self._pace.ended(report)
                moved = self._bulletin.ended(report, len(self._pace.busy))
                self._journal.ended(report, moved)
                self._metrics.ended(report, moved, reaction)
                if self._bulletin.orphans_outdated:
                    self._wakeups.request(Trigger.RETRY)
            case SteppedDown() as error:
                log.warning("this replica was stepped over", error=error)
                self._election.resign()
                self._stand_by()
            case TransientError() as error:
                self._owed = wakeup.widened()
                delay = self._pace.failed(error)
                self._bulletin.failed(error)
                self._journal.failed("a pass failed and will be tried again", error, seconds=round(delay, 2))
                self._metrics.failed(wakeup.trigger, Outcome.FAILED, error)
            case TerminalError() as error:
                self._owed = wakeup.widened()
                self._pace.stalled()
                self._bulletin.failed(error)
                self._journal.failed("a pass failed and waits for a change", error)
                self._metrics.failed(wakeup.trigger, Outcome.STALLED, error)

    def _wait(self, seconds: float, admit: frozenset[Trigger] | None = None) -> Wakeup | None:
        with self._supervision.resting():
            return self._wakeups.wait(seconds, admit)

    def _owe(self, wakeup: Wakeup | None) -> None:
        """Keep what was asked for until a pass serves it."""
        if wakeup is not None:
            self._owed = wakeup if self._owed is None else self._owed | wakeup


def _attempt(call: Callable[[], T]) -> T | Trouble:
    """Reach for the world; whatever comes of it is a value from here on."""
    try:
        return call()
    except (TransientError, TerminalError, SteppedDown) as error:
        return error
    except Exception as error:
        log.exception("met with a mistake of ours")
        why = f"{type(error).__name__}: {error}"
        return InternalError("the daemon met with a mistake of ours", why=why, fix="the log has the details")
