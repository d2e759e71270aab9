"""Signals: end, end at once, read the settings and look again, say more."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType, TracebackType
from typing import Final, Self

from reconciler import telemetry
from reconciler.daemon.habits import Habits
from reconciler.daemon.wakeups import Wakeups
from reconciler.report import Trigger

CAUGHT: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
_DONE: Final = 0

log = telemetry.get_logger(__name__)


class Signals:
    """Listens to signals while the daemon runs.

    SIGTERM and SIGINT end it after the pass that is under way, or after `drain` seconds in the midst of it: a
    transaction that is cut leaves nothing behind. A second one ends it at once. SIGHUP has `reload` read the
    settings and asks for a full pass; when it tells that the terminal is gone in which the daemon began, it
    is as SIGTERM, unless nohup had it ignored. SIGUSR1 switches the log between debug and its usual level.

    The interpreter writes a signal's number into a pipe the moment it arrives, and a thread of its own
    reads it: no lock is ever taken inside a signal handler, and a pass that is waiting for PostgreSQL
    delays nothing.
    """

    def __init__(
        self,
        wakeups: Wakeups,
        habits: Habits,
        reload: Callable[[], None],
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._wakeups = wakeups
        self._drain = habits.drain.total_seconds()
        self._usual = habits.log_level
        self._reload = reload
        self._leave = leave
        self._thread = Thread(target=self._listen, name="signals", daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen. Only the main thread may do so."""
        self._inlet, self._outlet = os.pipe()
        os.set_blocking(self._outlet, False)
        self._has_terminal = _has_terminal()
        self._handlers = {number: signal.signal(number, _noted) for number in CAUGHT}
        self._wakeup_fd = signal.set_wakeup_fd(self._outlet, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Put back what was."""
        os.write(self._outlet, bytes([_DONE]))
        self._thread.join()
        signal.set_wakeup_fd(self._wakeup_fd)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._inlet)
        os.close(self._outlet)

    def adopt(self, habits: Habits) -> None:
        """Go by another drain and another usual level; only where that is new does it end SIGUSR1's."""
        self._drain = habits.drain.total_seconds()
        if habits.log_level is not self._usual:
            self._usual = habits.log_level
            telemetry.set_level(self._usual)

    def _listen(self) -> None:
        deadline: float | None = None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._inlet], [], [], left)[0]:
                log.error("the pass under way did not end in time and is cut off", seconds=self._drain)
                self._leave(1)
                return
            number = os.read(self._inlet, 1)[0]
            match number:
                case _ if number == _DONE:
                    return
                case signal.SIGTERM | signal.SIGINT if deadline is None:
                    deadline = self._stop(number)
                case signal.SIGTERM | signal.SIGINT:
                    log.warning("stopped at once", signal=signal.Signals(number).name)
                    self._leave(128 + number)
                    return
                case signal.SIGHUP if self._is_left_alone():
                    deadline = deadline or self._stop(number)
                case signal.SIGHUP:
                    self._look_again()
                case signal.SIGUSR1:
                    self._switch_level()
                case _:  # somebody else's signal, which has a handler of its own
                    pass

    def _stop(self, number: int) -> float:
        """Have the pass under way be the last, and give when it has to have ended."""
        log.info("stopping", signal=signal.Signals(number).name)
        self._wakeups.close()
        return time.monotonic() + self._drain

    def _is_left_alone(self) -> bool:
        """Whether there was a terminal, and there is none any more, and nobody asked to go on without it."""
        asked = self._handlers[signal.SIGHUP] is signal.SIG_IGN
        return self._has_terminal and not asked and not _has_terminal()

    def _look_again(self) -> None:
        try:
            self._reload()
        except Exception:
            log.exception("met with a mistake of ours while reading the settings")
        self._wakeups.request(Trigger.SIGNAL)

    def _switch_level(self) -> None:
        usual = telemetry.get_level() is not telemetry.Level.DEBUG
        level = telemetry.Level.DEBUG if usual else self._usual
        telemetry.set_level(level)
        log.warning("the log level was switched", to=level.name.lower())


def _has_terminal() -> bool:
    """Whether there is a terminal whose keys reach this process."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Keep the signal from its default action; the pipe has its number already."""
