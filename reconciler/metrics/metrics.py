"""The registry of one daemon: told of what happens, asked for everything at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest

from reconciler.errors import ReconcilerError
from reconciler.metrics import catalogue, gauges
from reconciler.metrics.tallies import Tallies, without_created
from reconciler.report import Movement, Outcome, PassReport, Trigger
from reconciler.report.standing import Standing


class Inbox(Protocol):
    """What is asked about the requests for passes."""

    @property
    def asked(self) -> Mapping[Trigger, int]:
        """How many requests there were, by what they came from."""
        ...

    @property
    def waiting(self) -> float:
        """For how many seconds the oldest request has been waiting."""
        ...


class Metrics:
    """Knows what to tell Prometheus. Every call may come from any thread, and none of them waits."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._registry = CollectorRegistry()
        self._tallies = Tallies(self._registry)
        self._mistakes: Mapping[tuple[str, ...], int] = {}
        self._succeeded_at: dict[tuple[str, ...], float] = {}
        self._standing: Callable[[], Standing | None] = lambda: None
        self._inbox: Inbox | None = None
        ProcessCollector(registry=self._registry)

    def follow(self, standing: Callable[[], Standing | None], inbox: Inbox) -> None:
        """Ask these, from now on, how the daemon stands."""
        self._standing, self._inbox = standing, inbox

    def ended(self, report: PassReport, movement: Movement, reaction: float) -> None:
        """Take in a pass that reached its end, `reaction` seconds after it was first asked for."""
        result = report.result
        self._tallies.ended(report, movement, reaction)
        self._mistakes = _counted(self._mistakes, report)
        scope = "narrow" if result.narrow else "whole"
        self._succeeded_at = {**self._succeeded_at, (scope,): result.finished_at.timestamp()}

    def failed(self, trigger: Trigger, outcome: Outcome, error: ReconcilerError) -> None:
        """Take in a pass that did not reach its end."""
        self._tallies.failed(trigger, outcome, error)

    def not_elected(self, error: ReconcilerError) -> None:
        """Take in that this replica could not even stand for election."""
        self._tallies.not_elected(error)

    def retried(self, cause: str) -> None:
        """Take in that the daemon asks itself for a pass."""
        self._tallies.retried(cause)

    def exposition(self) -> bytes:
        """Tell everything in Prometheus' text format: see `CONTENT_TYPE`."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Give every family."""
        yield from without_created(self._registry)
        yield gauges.build_gauge(self._version)
        if self._inbox is not None:
            yield from gauges.inbox_families(self._inbox.asked, self._inbox.waiting)
        yield gauges.gauge(catalogue.SUCCESS, self._succeeded_at)
        standing = self._standing()
        if standing is not None:
            yield from gauges.replica_families(standing)
        if standing is not None and standing.sync is not None:
            yield from gauges.instance_families(standing.sync, standing.census, self._mistakes)


def _counted(before: Mapping[tuple[str, ...], int], report: PassReport) -> Mapping[tuple[str, ...], int]:
    """Count the mistakes; what there was before and is mended is told as 0, so that its alert ends."""
    found: Counter[tuple[str, ...]] = Counter(dict.fromkeys(before, 0))
    found.update((one.code, one.severity) for one in report.desired.diagnostics)
    return found
