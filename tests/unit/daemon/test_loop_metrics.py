"""What the loop tells Prometheus of the passes that it runs."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from reconciler.errors import SourceRefused, StoreUnavailable
from reconciler.report import Applied, PassReport, Trigger
from tests.unit.daemon.fakes import FakeElection, Stage, report


def _told(stage: Stage, name: str, /, **labels: str) -> float:
    families = text_string_to_metric_families(stage.metrics.exposition().decode())
    samples = (sample for family in families for sample in family.samples)
    return next(one.value for one in samples if (one.name, one.labels) == (name, labels))


def _wrote() -> PassReport:
    found = report()
    return replace(
        found, result=replace(found.result, trigger=Trigger.FILES, applied=Applied(rows_written=1))
    )


def test_a_save_is_timed_from_its_event_through_every_failure() -> None:
    """Two attempts fail; what the user waited for is told, not what the last attempt took."""
    stage = Stage(report(), StoreUnavailable("gone"), StoreUnavailable("gone"), _wrote())
    stage.at(5, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run()
    waited = stage.passes.times[-1] - 5
    assert waited > 0.2
    assert abs(_told(stage, "reconciler_reaction_seconds_sum", trigger="files") - waited) < 0.001
    assert _told(stage, "reconciler_passes_total", trigger="files", outcome="Failed") == 2
    assert _told(stage, "reconciler_failures_total", attempt="pass", reason="StoreUnavailable") == 2
    assert _told(stage, "reconciler_retries_total", cause="failure") == 2


def test_a_pass_that_stalls_is_counted_as_such() -> None:
    """And the condition shows it."""
    stage = Stage(report(), SourceRefused("not a folder"))
    stage.at(5, lambda: stage.wakeups.request(Trigger.SIGNAL))
    stage.run()
    assert _told(stage, "reconciler_passes_total", trigger="signal", outcome="Stalled") == 1
    assert _told(stage, "reconciler_condition", type="Stalled") == 1


def test_without_postgresql_elections_are_counted_and_nobody_leads() -> None:
    """Each attempt, until it is back."""
    gone = StoreUnavailable("gone")
    stage = Stage(report(), election=FakeElection(gone, gone, 3))
    stage.run()
    assert _told(stage, "reconciler_failures_total", attempt="election", reason="StoreUnavailable") == 2
    assert _told(stage, "reconciler_leader") == 1
    assert _told(stage, "reconciler_epoch") == 3
