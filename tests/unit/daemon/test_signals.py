"""Signals: sent for real to this process, and nothing is left of them afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from reconciler import telemetry
from reconciler.daemon.clock import SystemClock
from reconciler.daemon.habits import Habits
from reconciler.daemon.signals import CAUGHT, Signals
from reconciler.daemon.timing import Every
from reconciler.daemon.wakeups import Wakeups
from reconciler.report import Trigger
from reconciler.telemetry import Level

PATIENT = Habits(Every(timedelta(hours=1)), drain=timedelta(minutes=1))


def nothing_new() -> None:
    """Find the settings as they were."""


@pytest.fixture
def wakeups() -> Wakeups:
    """Give an inbox on the real clock."""
    return Wakeups(SystemClock())


@pytest.fixture
def left() -> SimpleQueue[int]:
    """Collect the codes with which the process would have ended."""
    return SimpleQueue()


@pytest.fixture(autouse=True)
def _usual_level() -> Iterator[None]:
    yield
    telemetry.reset()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_first_signal_closes_the_inbox(wakeups: Wakeups, left: SimpleQueue[int], number: int) -> None:
    """The pass under way goes on."""
    with Signals(wakeups, PATIENT, nothing_new, left.put):
        os.kill(os.getpid(), number)
        assert wakeups.wait(30) is None
        assert wakeups.closed
    assert left.empty()


def test_a_second_signal_ends_the_process_at_once(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """With the code that shells give for it."""
    with Signals(wakeups, PATIENT, nothing_new, left.put):
        os.kill(os.getpid(), signal.SIGTERM)
        wakeups.wait(30)
        os.kill(os.getpid(), signal.SIGINT)
        assert left.get(timeout=30) == 128 + signal.SIGINT


def test_a_pass_that_does_not_end_in_time_is_cut_off(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """Its transaction with it, which leaves nothing behind."""
    with Signals(wakeups, replace(PATIENT, drain=timedelta(milliseconds=10)), nothing_new, left.put):
        os.kill(os.getpid(), signal.SIGTERM)
        assert left.get(timeout=30) == 1


def test_hup_asks_for_a_full_pass(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """As often as it is sent."""
    with Signals(wakeups, PATIENT, nothing_new, left.put):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            wakeup = wakeups.wait(30)
            assert wakeup is not None
            assert (wakeup.triggers, wakeup.whole) == ((Trigger.SIGNAL,), True)


def test_usr1_switches_to_debug_and_back(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """To the level that was set."""
    telemetry.set_level(Level.WARNING)
    levels = []
    with Signals(wakeups, replace(PATIENT, log_level=Level.WARNING), nothing_new, left.put):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGHUP)
            wakeups.wait(30)
            levels.append(telemetry.get_level())
    assert levels == [Level.DEBUG, Level.WARNING]


def test_hup_reads_the_settings_before_it_asks_for_a_pass(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """So the pass goes by them."""
    asked = []

    def reload() -> None:
        asked.append(wakeups.wait(0))

    with Signals(wakeups, PATIENT, reload, left.put):
        os.kill(os.getpid(), signal.SIGHUP)
        assert wakeups.wait(30) is not None
    assert asked == [None]


def test_a_mistake_of_ours_in_reading_settings_ends_nothing(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """The pass is asked for, and the next signal is heard."""

    def fail() -> None:
        raise ZeroDivisionError

    with Signals(wakeups, PATIENT, fail, left.put):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            assert wakeups.wait(30) is not None


def test_another_usual_level_holds_at_once_and_the_same_one_leaves_debug_on(
    wakeups: Wakeups, left: SimpleQueue[int]
) -> None:
    """Whoever switched to debug in the midst of trouble keeps it when another setting is changed."""
    signals = Signals(wakeups, PATIENT, nothing_new, left.put)
    telemetry.set_level(Level.DEBUG)
    signals.adopt(PATIENT)
    assert telemetry.get_level() is Level.DEBUG
    signals.adopt(replace(PATIENT, log_level=Level.ERROR))
    assert telemetry.get_level() is Level.ERROR


def test_afterwards_everything_is_as_it_was(wakeups: Wakeups, left: SimpleQueue[int]) -> None:
    """Also the file that the interpreter writes signals to."""
    before = [signal.getsignal(number) for number in CAUGHT]
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with Signals(wakeups, PATIENT, nothing_new, left.put):
        assert [signal.getsignal(number) for number in CAUGHT] != before
    assert [signal.getsignal(number) for number in CAUGHT] == before
    assert signal.set_wakeup_fd(-1) == -1
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
