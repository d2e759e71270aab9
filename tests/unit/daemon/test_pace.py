"""The pace: delays, their jitter, and how long absence takes to be proof."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.daemon.absences import Absences
from reconciler.daemon.pace import Backoff
from reconciler.report import PassReport
from reconciler.resources import ResourceKey
from tests.builders import manifest, user, user_key, workflow, workflow_key
from tests.unit.daemon.fakes import StubClock, report

W, X, ADA = workflow_key("w"), workflow_key("x"), user_key("ada")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_each_delay_lies_between_half_and_all_of_its_step(randoms: list[float]) -> None:
    """So that many daemons spread, and none hurries."""
    left = iter(randoms)
    backoff = Backoff(0.1, 30.0, lambda: next(left))
    for step in range(len(randoms)):
        full = min(30.0, 0.1 * 2**step)
        assert full / 2 <= backoff.grow() <= full


def test_a_backoff_begins_anew_after_a_success() -> None:
    """At its first step."""
    backoff = Backoff(0.1, 30.0, lambda: 0.0)
    assert [backoff.grow() for _ in range(3)] == [0.1, 0.2, 0.4]
    backoff.reset()
    assert backoff.grow() == 0.1


# --- absence -----------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> StubClock:
    """Give a clock that stands at noon."""
    return StubClock()


@pytest.fixture
def absences(clock: StubClock) -> Absences:
    """Wait ten seconds."""
    return Absences(clock, timedelta(seconds=10))


def _known(absences: Absences) -> tuple[set[ResourceKey], float | None]:
    return set(absences.long_enough() or ()), absences.until_proven()


def test_absence_is_proven_after_the_delay(clock: StubClock, absences: Absences) -> None:
    """Not before, and then without a further look."""
    absences.note(report(records=[W]))
    clock.go(4)
    assert _known(absences) == (set(), 6)
    clock.go(6)
    assert _known(absences) == ({W}, None)


def test_what_goes_missing_in_one_go_is_proven_in_one_go(clock: StubClock, absences: Absences) -> None:
    """A folder that is being removed is seen to shrink: pruned in parts it would slip past the budget."""
    absences.note(report(manifest(workflow("x")), records=[W, X]))
    clock.go(9)
    absences.note(report(records=[W, X]))
    assert _known(absences) == (set(), 10)
    clock.go(1)
    assert _known(absences) == (set(), 9)
    clock.go(9)
    assert _known(absences) == ({W, X}, None)


def test_an_absence_does_not_wait_for_others_for_ever(clock: StubClock, absences: Absences) -> None:
    """Where files come and go all day, what went a minute ago is gone."""
    others = [workflow_key(f"x-{number}") for number in range(8)]
    absences.note(report(records=[W]))
    for number in range(7):
        clock.go(8)
        absences.note(report(records=[W, *others[: number + 1]]))
    assert _known(absences) == (set(), 4)
    clock.go(4)
    assert _known(absences)[0] == {W}


def test_what_is_pruned_is_forgotten(clock: StubClock, absences: Absences) -> None:
    """Should it be made again and go again, it waits again."""
    absences.note(report(records=[W]))
    clock.go(10)
    absences.note(report())
    assert absences.long_enough() == frozenset()


@pytest.mark.parametrize(
    "unsure",
    [
        report(records=[W], gaps=["a.yaml is not understood"]),
        report(records=[W], gaps=["a.yaml is not understood"], scope=[]),
        report(records=[W], root="9:9"),
    ],
)
def test_whatever_makes_absence_unsure_begins_the_wait_anew(
    clock: StubClock, absences: Absences, unsure: PassReport
) -> None:
    """A file that is not understood may declare it; another root may not be mounted yet."""
    absences.note(report(records=[W]))
    clock.go(9)
    absences.note(unsure)
    clock.go(1)
    absences.note(report(records=[W]))
    assert absences.long_enough() == frozenset()


def test_a_narrow_pass_leaves_the_others_waiting(clock: StubClock, absences: Absences) -> None:
    """It speaks only of what it looked at."""
    absences.note(report(records=[W, X]))
    clock.go(5)
    absences.note(report(manifest(workflow("x")), records=[X], scope=[X]))
    absences.note(report(manifest(user("ada")), records=[ADA], scope=[ADA]))
    clock.go(5)
    assert _known(absences)[0] == {W}


def test_a_source_whose_every_revision_is_a_snapshot_needs_no_delay(clock: StubClock) -> None:
    """What a commit lacks is gone."""
    absences = Absences(clock, None)
    absences.note(report(records=[W]))
    assert (absences.long_enough(), absences.until_proven()) == (None, None)
