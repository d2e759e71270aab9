"""What only grows, and how long things took: counted as it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

import prometheus_client as prometheus

from reconciler.errors import ReconcilerError
from reconciler.metrics import catalogue
from reconciler.metrics.catalogue import Definition
from reconciler.plan import Reason
from reconciler.report import Movement, Outcome, PassReport, SyncResult, Trigger
from reconciler.report.fields import Action
from reconciler.report.reasons import action_of

_HEALED: Final = frozenset({Action.HEAL, Action.RECREATE})
_LEFT: Final = {Reason.DRIFTED: "reported", Reason.HEAL_BLOCKED: "blocked"}


class Tallies:
    """Counters and histograms, each safe to be told from any thread."""

    def __init__(self, registry: prometheus.CollectorRegistry) -> None:
        self._passes = _Tally(catalogue.PASSES, registry)
        self._changes = _Tally(catalogue.CHANGES, registry)
        self._rows = _Tally(catalogue.ROWS_WRITTEN, registry)
        self._drift = _Tally(catalogue.DRIFT, registry)
        self._failures = _Tally(catalogue.FAILURES, registry)
        self._retries = _Tally(catalogue.RETRIES, registry)
        self._pass_seconds = _Durations(catalogue.PASS_SECONDS, registry)
        self._stage_seconds = _Durations(catalogue.STAGE_SECONDS, registry)
        self._reaction = _Durations(catalogue.REACTION_SECONDS, registry)

    def ended(self, report: PassReport, movement: Movement, reaction: float) -> None:
        """Count a pass that reached its end `reaction` seconds after it was first asked for."""
        for carried in report.carried:
            self.ended(carried, Movement(), reaction)
        result = report.result
        self._passes.add(result.trigger, result.outcome)
        took = (result.finished_at - result.started_at).total_seconds()
        self._pass_seconds.add(took, "narrow" if result.narrow else "whole")
        for stage, seconds in result.seconds.items():
            self._stage_seconds.add(seconds, stage)
        if result.applied is not None and result.applied.rows_written:
            self._rows.add(number=result.applied.rows_written)
            self._reaction.add(reaction, result.trigger)
        self._count_changes(result)
        self._count_drift_that_stays(movement)

    def _count_changes(self, result: SyncResult) -> None:
        done = result.applied.done if result.applied else frozenset()
        changes = result.plan.changes if result.plan else ()
        counted = Counter((change.key.kind, action_of(change)) for change in changes if change.key in done)
        for (kind, action), number in counted.items():
            self._changes.add(kind, action, number=number)
            if action in _HEALED:
                self._drift.add(kind, "healed", number=number)

    def _count_drift_that_stays(self, movement: Movement) -> None:
        left = Counter((one.key.kind, _LEFT[one.reason]) for one in movement.changed if one.reason in _LEFT)
        for (kind, outcome), number in left.items():
            self._drift.add(kind, outcome, number=number)

    def failed(self, trigger: Trigger, outcome: Outcome, error: ReconcilerError) -> None:
        """Count a pass that did not reach its end."""
        self._passes.add(trigger, outcome)
        self._failures.add("pass", error.reason)

    def not_elected(self, error: ReconcilerError) -> None:
        """Count an election in which this replica could not stand."""
        self._failures.add("election", error.reason)

    def retried(self, cause: str) -> None:
        """Count a pass that the daemon asks of itself."""
        self._retries.add(cause)


class Requests:
    """What the process that serves HTTP was asked, and how long it let wait; of these routes."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._registry = prometheus.CollectorRegistry()
        self._definition, seconds = catalogue.http_definitions(routes)
        names = [label.name for label in self._definition.labels]
        # Not begun at 0: most of what routes, methods and statuses make together never happens.
        self._answered = prometheus.Counter(
            self._definition.name, self._definition.meaning, names, registry=self._registry
        )
        self._seconds = _Durations(seconds, self._registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Take in a request that is being answered with this status, so many seconds after it came."""
        self._answered.labels(*self._definition.fold([route, method, f"{status // 100}xx"])).inc()
        self._seconds.add(seconds, route, method)

    def exposition(self) -> bytes:
        """Tell everything in Prometheus' text format."""
        return prometheus.generate_latest(self)

    def collect(self) -> Iterator[prometheus.Metric]:
        """Give every family, without when a counter was made."""
        yield from without_created(self._registry)


def without_created(registry: prometheus.CollectorRegistry) -> Iterator[prometheus.Metric]:
    """Give what is registered. When a counter was made, which nobody asks for, is left out."""
    for family in registry.collect():
        family.samples = [one for one in family.samples if not one.name.endswith("_created")]
        yield family


class _Tally:
    """A counter whose every series begins at 0, so that the first event already shows as a rate."""

    def __init__(self, definition: Definition, registry: prometheus.CollectorRegistry) -> None:
        self._definition = definition
        names = [label.name for label in definition.labels]
        self._counter = prometheus.Counter(definition.name, definition.meaning, names, registry=registry)
        for values in product(*(label.values or () for label in definition.labels)):
            self.add(*values, number=0)

    def add(self, *values: str, number: int = 1) -> None:
        folded = self._definition.fold(values)
        (self._counter.labels(*folded) if folded else self._counter).inc(number)


class _Durations:
    def __init__(self, definition: Definition, registry: prometheus.CollectorRegistry) -> None:
        self._definition = definition
        names = [label.name for label in definition.labels]
        self._histogram = prometheus.Histogram(
            definition.name, definition.meaning, names, registry=registry, buckets=catalogue.BUCKETS
        )

    def add(self, seconds: float, *values: str) -> None:
        self._histogram.labels(*self._definition.fold(values)).observe(max(0.0, seconds))
