"""The exposition: what is told for what happened, and that it stays small, bounded and well-formed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Thread
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.desired import Diagnostic, Location
from reconciler.desired.codes import Code
from reconciler.errors import StoreUnavailable, TransientError
from reconciler.metrics import DEFINITIONS, Label, Metrics
from reconciler.plan import Create, Gate, GateKind, Heal, Plan, Reason, Sync, UserRow, WorkflowRow
from reconciler.report import (
    Applied,
    Board,
    Movement,
    Outcome,
    PassReport,
    Role,
    Trigger,
    census_of,
)
from reconciler.report.standing import Part, Standing
from reconciler.resources import Kind
from tests.builders import manifest, user, user_key, workflow, workflow_key
from tests.unit.report.boards import NOON, board, instance, later, replica, report, status

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
ROW = UUID(int=1)
HOSTILE = 'a"b\\c\nreconciler_leader 7\u2028\x1b[31m'


@dataclass(slots=True)
class FakeInbox:
    """An inbox that says what a test wants."""

    asked: Mapping[Trigger, int] = field(default_factory=dict)
    waiting: float = 0.0


def _read(metrics: Metrics) -> Samples:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def _value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    return _read(metrics).get((name, tuple(sorted(labels.items()))))


def _standing(told: Board) -> Standing:
    return Standing(told.replicas[0], told.sync, census_of(told.resources.values()), frozenset({Part.REDIS}))


def _passed(*, narrow: bool = False, trigger: Trigger = Trigger.FILES) -> PassReport:
    """Make a pass that created a workflow, healed a user, and left another change undone."""
    created, healed, left = manifest(workflow("w")), manifest(user("ada")), manifest(workflow("busy"))
    changes = (
        Create(created, WorkflowRow(ROW, ROW, "w", 1, ())),
        Heal(healed, UserRow(ROW, "eve"), UserRow(ROW, "ada")),
        Create(left, WorkflowRow(ROW, ROW, "busy", 1, ())),
    )
    found = report()
    result = replace(
        found.result,
        trigger=trigger,
        outcome=Outcome.HELD_BACK,
        narrow=narrow,
        finished_at=later(0.2),
        plan=Plan("r1", changes),
        applied=Applied(frozenset({created.key, healed.key}), rows_written=4),
        seconds={"fetch": 0.01, "apply": 0.1},
    )
    return replace(found, result=result)


def test_a_pass_is_counted_with_what_it_did_and_how_long_it_took() -> None:
    """What was planned and left is no change, and no drift put back."""
    metrics = Metrics("1.2.3")
    metrics.ended(_passed(), Movement(), reaction=0.03)
    assert _value(metrics, "reconciler_passes_total", trigger="files", outcome="HeldBack") == 1
    assert _value(metrics, "reconciler_changes_total", kind="Workflow", action="create") == 1
    assert _value(metrics, "reconciler_changes_total", kind="User", action="heal") == 1
    assert _value(metrics, "reconciler_drift_total", kind="User", outcome="healed") == 1
    assert _value(metrics, "reconciler_rows_written_total") == 4
    assert _value(metrics, "reconciler_pass_duration_seconds_sum", scope="whole") == pytest.approx(0.2)
    assert _value(metrics, "reconciler_stage_duration_seconds_bucket", stage="fetch", le="0.01") == 1
    assert _value(metrics, "reconciler_reaction_seconds_bucket", trigger="files", le="0.025") == 0
    assert _value(metrics, "reconciler_reaction_seconds_bucket", trigger="files", le="0.05") == 1
    assert (
        _value(metrics, "reconciler_last_success_timestamp_seconds", scope="whole") == later(0.2).timestamp()
    )


def test_a_pass_that_wrote_no_row_reacted_to_nothing() -> None:
    """A schedule that finds everything in order would else drown what a save takes."""
    metrics = Metrics("1.2.3")
    metrics.ended(report(), Movement(), reaction=0.03)
    assert not [name for name, _ in _read(metrics) if name.startswith("reconciler_reaction_seconds")]


@pytest.mark.parametrize(
    ("reason", "outcome"), [(Reason.DRIFTED, "reported"), (Reason.HEAL_BLOCKED, "blocked")]
)
def test_drift_that_stays_is_counted_when_it_is_found(reason: Reason, outcome: str) -> None:
    """Once, not with every pass that finds it still there: only what moved is counted."""
    metrics = Metrics("1.2.3")
    moved = status(workflow_key("w"), Sync.OUT_OF_SYNC, reason)
    metrics.ended(report(), Movement((moved,)), reaction=0)
    metrics.ended(report(), Movement(), reaction=0)
    assert _value(metrics, "reconciler_drift_total", kind="Workflow", outcome=outcome) == 1


def test_what_fails_is_counted_by_its_reason() -> None:
    """The word that `status` shows."""
    metrics = Metrics("1.2.3")
    metrics.failed(Trigger.SCHEDULE, Outcome.FAILED, StoreUnavailable("gone"))
    metrics.not_elected(StoreUnavailable("gone"))
    metrics.retried("failure")
    assert _value(metrics, "reconciler_passes_total", trigger="schedule", outcome="Failed") == 1
    for attempt in ("pass", "election"):
        told = _value(metrics, "reconciler_failures_total", attempt=attempt, reason="StoreUnavailable")
        assert told == 1
    assert _value(metrics, "reconciler_retries_total", cause="failure") == 1


def test_what_no_label_knows_is_told_as_other() -> None:
    """Whatever comes, the number of series is bounded."""

    class Novelty(TransientError):
        pass

    metrics = Metrics("1.2.3")
    metrics.not_elected(Novelty("new"))
    metrics.retried(HOSTILE)
    assert _value(metrics, "reconciler_failures_total", attempt="election", reason="other") == 1
    assert _value(metrics, "reconciler_retries_total", cause="other") == 1
    assert Label("kind", ("User",)).fold(HOSTILE) == "other"


def test_a_mistake_that_is_mended_is_told_as_none() -> None:
    """A series that just ended would leave an alert on its last value."""
    metrics, told = Metrics("1.2.3"), board()
    metrics.follow(lambda: _standing(told), FakeInbox())
    broken = report()
    mistake = Diagnostic(Code.UNKNOWN_FIELD, Location("a.yaml"), "no such field")
    broken = replace(broken, desired=replace(broken.desired, diagnostics=(mistake, mistake)))
    metrics.ended(broken, Movement(), reaction=0)
    assert _value(metrics, "reconciler_diagnostics", code="RC205", severity="error") == 2
    metrics.ended(report(), Movement(), reaction=0)
    assert _value(metrics, "reconciler_diagnostics", code="RC205", severity="error") == 0


def test_the_writer_tells_of_the_instance() -> None:
    """Its resources by how they stand, what waits for approval, and how up to date it is."""
    gate = Gate(GateKind.PRUNE, "abc", tuple((workflow_key(n), ROW, 1) for n in "ab"))
    sync = instance(gates=(gate,), gaps=("a.yaml",), last_applied="r0", last_applied_at=later(-60))
    invalid = status(user_key("ada"), Sync.INVALID, Reason.MANIFEST_INVALID)
    told = board(sync=sync, resources=[invalid])
    metrics = Metrics("1.2.3")
    metrics.follow(lambda: _standing(told), FakeInbox({Trigger.FILES: 3}, 1.5))
    assert _value(metrics, "reconciler_leader") == 1
    assert _value(metrics, "reconciler_resources", kind="User", sync="Invalid") == 1
    assert _value(metrics, "reconciler_resources", kind="Workflow", sync="Synced") == 0
    assert _value(metrics, "reconciler_gates", kind="prune") == 1
    assert _value(metrics, "reconciler_gated_resources", kind="prune") == 2
    assert _value(metrics, "reconciler_gaps") == 1
    assert _value(metrics, "reconciler_revision_pending") == 1
    assert _value(metrics, "reconciler_last_applied_timestamp_seconds") == later(-60).timestamp()
    assert _value(metrics, "reconciler_wakeups_total", trigger="files") == 3
    assert _value(metrics, "reconciler_wakeup_waiting_seconds") == 1.5
    assert _value(metrics, "reconciler_problem", part="redis") == 1
    assert _value(metrics, "reconciler_problem", part="watcher") == 0


def test_a_replica_that_stands_by_tells_of_itself_alone() -> None:
    """So that a sum over all replicas counts nothing twice."""
    metrics = Metrics("1.2.3")
    metrics.follow(lambda: Standing(replica(role=Role.STANDBY), None, {}), FakeInbox())
    names = {name for name, _ in _read(metrics)}
    assert "reconciler_leader" in names
    assert not names & {definition.name for definition in DEFINITIONS if definition.writers}


def test_every_metric_is_told_under_its_name_with_its_labels() -> None:
    """By a writer after a pass; and nothing else but what tells of the process."""
    whole = _standing(board(sync=instance(last_applied_at=NOON)))
    metrics = Metrics("1.2.3")
    metrics.follow(lambda: whole, FakeInbox())
    broken = _passed()
    mistake = Diagnostic(Code.UNKNOWN_FIELD, Location("a.yaml"), "no such field")
    broken = replace(broken, desired=replace(broken.desired, diagnostics=(mistake,)))
    metrics.ended(broken, Movement(), reaction=0.1)
    shown = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert family.samples, name
        shown[name] = (family.type, labels)
    defined = {one.name: (str(one.type), {label.name for label in one.labels}) for one in DEFINITIONS}
    ours = {name: told for name, told in shown.items() if name.startswith("reconciler_")}
    assert ours == defined
    assert all(name.startswith("process_") for name in shown.keys() - ours.keys())


def test_names_stay_inside_their_quotes() -> None:
    """A replica may be called anything: no line is added, no series forged."""
    named = replace(replica(), replica=HOSTILE, instance=HOSTILE)
    metrics = Metrics("1.2.3")
    metrics.follow(lambda: Standing(named, None, {}), FakeInbox())
    assert _value(metrics, "reconciler_leader") == 1
    assert _value(metrics, "reconciler_replica_info", replica=HOSTILE, name=HOSTILE) == 1


def test_before_the_daemon_told_anything_there_is_an_answer() -> None:
    """Its version, and counters at 0: the first event shows as a rate."""
    metrics = Metrics("1.2.3")
    assert _value(metrics, "reconciler_passes_total", trigger="files", outcome="Applied") == 0
    assert any(
        name == "reconciler_build_info" and ("version", "1.2.3") in labels for name, labels in _read(metrics)
    )


def test_it_may_be_asked_while_it_is_told() -> None:
    """HTTP asks from another thread than the one that runs passes."""
    metrics = Metrics("1.2.3")

    def tell() -> None:
        for _ in range(50):
            metrics.ended(_passed(), Movement(), reaction=0.1)

    teller = Thread(target=tell)
    teller.start()
    answers = [metrics.exposition() for _ in range(20)]
    teller.join()
    assert all(answers)
    assert _value(metrics, "reconciler_passes_total", trigger="files", outcome="HeldBack") == 50


def test_an_exposition_is_quick_when_all_is_filled() -> None:
    """With every trigger and stage in its histograms: some milliseconds, whatever the number of resources."""
    metrics, told = Metrics("1.2.3"), board()
    metrics.follow(lambda: _standing(told), FakeInbox())
    for trigger in Trigger:
        metrics.ended(_passed(trigger=trigger), Movement(), reaction=0.1)
    took = []
    for _ in range(10):
        began = time.monotonic()
        metrics.exposition()
        took.append(time.monotonic() - began)
    assert min(took) < 0.05
    assert len(metrics.exposition()) < 64 * 1024


def test_the_kinds_that_labels_know_are_all_there_are() -> None:
    """A kind that is added shows up by itself."""
    (kind, _) = next(one for one in DEFINITIONS if one.name == "reconciler_resources").labels
    assert kind.values == tuple(Kind)
