"""Whatever happens between two passes, and during them: what was asked for is looked at afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourceRefused, StoreUnavailable
from reconciler.report import Hints, Order, PassReport, Trigger
from tests.builders import workflow_key
from tests.unit.daemon.fakes import FakeElection, Stage, busy, report

DOWN = StoreUnavailable("PostgreSQL does not answer")
REFUSED = SourceRefused("the root is a file")

times = st.integers(0, 4000).map(lambda hundredths: hundredths / 100)
files = st.sampled_from([None, "a.yaml", "b.yaml", "c.yaml"])
outcomes = st.sampled_from(
    [
        report(),
        report(held=[busy("w")]),
        report(unsettled=["c.yaml"]),
        report(records=[workflow_key("gone")]),
        DOWN,
        REFUSED,
    ]
)
answers = st.sampled_from([1, 2, None, DOWN, REFUSED])
MINUTES = 30
"""More than errors that wait for the schedule can use up."""


@dataclass(frozen=True)
class _Asked:
    when: float
    path: str | None


@dataclass(frozen=True)
class _Looked:
    """A pass that reached its end, and when it had begun."""

    began: float
    hints: Hints | None

    def serves(self, asked: _Asked) -> bool:
        return self.began >= asked.when and (
            self.hints is None or (asked.path is not None and asked.path in self.hints.paths)
        )


@given(
    asked=st.lists(st.builds(_Asked, times, files), max_size=15),
    durations=st.lists(st.integers(0, 300), max_size=20),
    outcome=st.lists(outcomes, max_size=12),
    elections=st.lists(answers, max_size=12),
)
def test_every_request_is_followed_by_a_pass_that_begins_after_it(
    asked: list[_Asked],
    durations: list[int],
    outcome: list[PassReport | StoreUnavailable | SourceRefused],
    elections: list[int | Exception | None],
) -> None:
    """It covers what was asked for, and reaches its end, whatever failed and whoever led in between."""
    stage = Stage(election=FakeElection(*elections, 3))
    looked: list[_Looked] = []

    def run_once(order: Order) -> PassReport:
        began = stage.clock.elapsed
        stage.clock.go(durations.pop() / 100 if durations else 0)
        ended = outcome.pop() if outcome else report()
        if isinstance(ended, Exception):
            raise ended
        looked.append(_Looked(began, order.wakeup.hints))
        return ended

    for one in asked:
        hints = None if one.path is None else Hints(paths=frozenset({one.path}))
        stage.at(one.when, lambda hints=hints: stage.wakeups.request(Trigger.FILES, hints))  # type: ignore[misc] # a loop's variable, bound
    for minute in range(1, MINUTES):
        stage.at(60.0 * minute, lambda: stage.wakeups.request(Trigger.SCHEDULE))
    stage.at(60.0 * MINUTES, stage.wakeups.close)
    stage.run_with(run_once)
    assert all(any(pass_.serves(one) for pass_ in looked) for one in asked)
