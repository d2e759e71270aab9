"""The loop: one thread that turns wake-ups into passes, and errors into patience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final, TypeVar
from uuid import uuid4

from reconciler.daemon.bulletin import Bulletin
from reconciler.daemon.pace import TICK, Pace
from reconciler.daemon.wakeups import Wakeups
from reconciler.desired import Severity
from reconciler.errors import InternalError, SteppedDown, TerminalError, TransientError
from reconciler.ports import Election
from reconciler.report import Counts, Movement, Order, PassReport, Trigger, Wakeup
from reconciler.telemetry import get_logger

RunOnce = Callable[[Order], PassReport]
"""Runs one pass to its end, or raises TransientError, TerminalError or SteppedDown."""

T = TypeVar("T")
Trouble = TransientError | TerminalError | SteppedDown

NOTHING: Final = frozenset[Trigger]()
A_DAY: Final = 86400.0

log = get_logger(__name__)


class Loop:
    """Runs passes, one at a time, while this replica leads.

    What asked for a pass that then failed is owed, and served by the next that is tried. That one looks at
    everything, since nobody knows how far the failed one came.
    """

    def __init__(
        self, run_once: RunOnce, election: Election, wakeups: Wakeups, pace: Pace, bulletin: Bulletin
    ) -> None:
        self._run_once = run_once
        self._election = election
        self._wakeups = wakeups
        self._pace = pace
        self._bulletin = bulletin
        self._epoch: int | None = None
        self._owed: Wakeup | None = None
        self._complaint = ""

    def run_forever(self) -> None:
        """Turn wake-ups into passes until the inbox is closed; then let another replica lead."""
        try:
            while not self._wakeups.closed:
                self._step()
        finally:
            self._election.resign()

    def _step(self) -> None:
        """Confirm that we lead, wait for something to do, and do it."""
        epoch = self._stand()
        if epoch is None:
            return
        self._pace.ring(self._wakeups)
        wakeup = self._wakeups.wait(self._pace.until_next(), self._pace.admits)
        if wakeup is not None:
            self._serve(wakeup, epoch)

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
                self._wakeups.wait(self._pace.out_of_touch(), NOTHING)
            case TerminalError() as error:
                self._lose_office(error)
                self._owe(self._wakeups.wait(A_DAY))
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
        log.info("this replica writes", epoch=epoch)
        self._complaint = ""
        self._epoch = epoch
        self._wakeups.request(Trigger.START)

    def _stand_by(self) -> None:
        """Leave it to the leader, who hears the same requests."""
        if self._epoch is not None:
            log.warning("another replica writes now", epoch=self._epoch)
        self._epoch = self._owed = None
        self._pace.stalled()
        self._bulletin.stand_by()
        self._wakeups.wait(0)
        self._wakeups.wait(TICK, NOTHING)

    def _lose_office(self, error: TransientError | TerminalError) -> None:
        """Without PostgreSQL nobody knows who leads."""
        self._epoch = None
        self._pace.stalled()
        self._bulletin.lose_office(error)
        self._complain("can't stand for election", error)

    # --- passes ---------------------------------------------------------------------------------------------

    def _serve(self, wakeup: Wakeup, epoch: int) -> None:
        """Run a pass for all that is asked for, and set the pace by how it ended."""
        self._owe(wakeup)
        wakeup, self._owed = self._owed or wakeup, None
        order = Order(wakeup, uuid4(), epoch, self._pace.absent_long_enough)
        self._bulletin.began(order)
        match _attempt(lambda: self._run_once(order)):
            case PassReport() as report:
                self._pace.ended(report)
                moved = self._bulletin.ended(report, len(self._pace.busy))
                self._tell(report, moved)
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
                self._complain("a pass failed and will be tried again", error, seconds=round(delay, 2))
            case TerminalError() as error:
                self._owed = wakeup.widened()
                self._pace.stalled()
                self._bulletin.failed(error)
                self._complain("a pass failed and waits for a change", error)

    def _owe(self, wakeup: Wakeup | None) -> None:
        """Keep what was asked for until a pass serves it."""
        if wakeup is not None:
            self._owed = wakeup if self._owed is None else self._owed | wakeup

    # --- the log --------------------------------------------------------------------------------------------

    def _tell(self, report: PassReport, moved: Movement) -> None:
        """Log a pass: aloud when anything came of it, and the first one of an epoch in any case."""
        result = report.result
        self._complaint = ""
        came = moved.changed or moved.gone or result.counts != Counts(held_back=result.counts.held_back)
        say = log.info if came or result.trigger is Trigger.START else log.debug
        say(
            "a pass ended",
            pass_id=result.pass_id,
            trigger=result.trigger,
            outcome=result.outcome,
            revision=result.revision,
            counts={name: number for name, number in asdict(result.counts).items() if number},
            mistakes=sum(one.severity is Severity.ERROR for one in result.diagnostics),
            milliseconds={stage: round(seconds * 1000, 1) for stage, seconds in result.seconds.items()},
        )

    def _complain(self, message: str, error: TransientError | TerminalError, **keys: object) -> None:
        """Log a failure loudly once, and quietly while it stays the same."""
        say = log.debug if str(error) == self._complaint else log.warning
        self._complaint = str(error)
        say(message, reason=error.reason, error=error, **keys)


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
