"""The status in short, of an instance of any size."""

from __future__ import annotations

from dataclasses import replace

from reconciler.plan import Reason, Sync
from reconciler.report.brief import Summary
from reconciler.resources import Kind
from tests.builders import workflow_key
from tests.unit.report.boards import board, instance, status


def test_all_is_well() -> None:
    """What is `Synced` is counted by the instance alone."""
    told = Summary.of(replace(board(), sync=instance(totals={Sync.SYNCED: 5})), {}, "default")
    assert (told.healthy, told.findings, told.totals, told.unsettled) == (True, (), {Sync.SYNCED: 5}, 0)


def test_what_is_not_listed_is_counted_all_the_same() -> None:
    """A finding says how many there are, also when only some of them were looked at."""
    some = [status(workflow_key(f"w{n}"), Sync.OUT_OF_SYNC, Reason.DRIFTED) for n in range(30)]
    census = {(Kind.WORKFLOW, Sync.OUT_OF_SYNC, Reason.DRIFTED): 70_000}
    shown = replace(board(resources=some), sync=instance(totals={Sync.SYNCED: 30_000}))
    told = Summary.of(shown, census, "default")
    (finding,) = told.findings
    assert not told.healthy
    assert finding.message.endswith(" and 69997 more")
    assert len(finding.resources) == 20
    assert told.totals == {Sync.OUT_OF_SYNC: 70_000, Sync.SYNCED: 30_000}
    assert told.unsettled == 70_000


def test_numbers_of_two_sources_are_never_mixed() -> None:
    """What Redis counted a moment ago is not held against what PostgreSQL lists now."""
    shown = replace(board(), sync=instance(totals={Sync.SYNCED: 4, Sync.INVALID: 1}))
    told = Summary.of(shown, {}, "default")
    assert told.healthy
    assert told.totals == {Sync.SYNCED: 4}


def test_nothing_told_yet_is_not_healthy() -> None:
    """The instance is named all the same."""
    told = Summary.of(replace(board(), sync=None), {}, "mine")
    assert (told.instance, told.healthy) == ("mine", False)
