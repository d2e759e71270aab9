"""How things stand, told anew from what the status says whenever somebody asks."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from reconciler.metrics import catalogue
from reconciler.metrics.catalogue import Definition
from reconciler.plan import Gate, GateKind
from reconciler.report import Census, InstanceStatus, Role, Trigger
from reconciler.report.standing import Part, Standing

_Values = Mapping[tuple[str, ...], float]


def gauge(definition: Definition, told: _Values | float) -> GaugeMetricFamily:
    """Give a gauge: one number, or one for each set of label values."""
    names = [label.name for label in definition.labels]
    family = GaugeMetricFamily(definition.name, definition.meaning, labels=names)
    values: _Values = told if isinstance(told, Mapping) else {(): told}
    for labels, value in sorted(values.items()):
        family.add_metric(definition.fold(labels), value)
    return family


def build_gauge(version: str) -> Metric:
    """Tell which version this is."""
    return gauge(catalogue.BUILD, {(version, platform.python_version()): 1})


def inbox_families(asked: Mapping[Trigger, int], waiting: float) -> Iterator[Metric]:
    """Tell of the requests for passes: how many there were, and how long the oldest has been waiting."""
    wakeups = CounterMetricFamily(catalogue.WAKEUPS.name, catalogue.WAKEUPS.meaning, labels=["trigger"])
    for trigger in Trigger:
        wakeups.add_metric([trigger], asked.get(trigger, 0))
    yield wakeups
    yield gauge(catalogue.WAITING, waiting)


def replica_families(standing: Standing) -> Iterator[Metric]:
    """Tell of this process."""
    replica = standing.replica
    yield gauge(catalogue.REPLICA, {(replica.replica, replica.instance): 1})
    yield gauge(catalogue.LEADER, replica.role is Role.LEADER)
    yield gauge(catalogue.EPOCH, replica.epoch)
    yield gauge(catalogue.CONDITION, {(one.type,): one.status for one in replica.conditions})
    yield gauge(catalogue.PROBLEM, {(part,): part in standing.ill for part in Part})
    mode = replica.watch.partition(":")[0]
    yield gauge(catalogue.WATCHER_MODE, {(one,): one == mode for one in catalogue.MODES})
    yield gauge(catalogue.HEARTBEAT, replica.heartbeat_at.timestamp())
    if replica.overdue_after is not None:
        yield gauge(catalogue.OVERDUE, replica.overdue_after.timestamp())


def instance_families(
    sync: InstanceStatus, census: Census, mistakes: Mapping[tuple[str, ...], int]
) -> Iterator[Metric]:
    """Tell of the instance, as its writer."""
    yield gauge(catalogue.RESOURCES, _resources(census))
    yield gauge(catalogue.DIAGNOSTICS, mistakes)
    yield gauge(catalogue.GAPS, len(sync.gaps))
    yield gauge(catalogue.GATES, _gates(sync.gates))
    yield gauge(catalogue.GATED, _gated(sync.gates))
    yield gauge(catalogue.SUSPENDED, bool(sync.suspended))
    yield gauge(catalogue.PENDING, sync.last_applied != sync.last_attempted)
    if sync.last_applied_at is not None:
        yield gauge(catalogue.APPLIED, sync.last_applied_at.timestamp())


def _resources(census: Census) -> _Values:
    kinds, syncs = (label.values or () for label in catalogue.RESOURCES.labels)
    counted: Counter[tuple[str, ...]] = Counter({(kind, sync): 0 for kind in kinds for sync in syncs})
    for (kind, sync, _), number in census.items():
        counted[kind, sync] += number
    return counted


def _gates(gates: tuple[Gate, ...]) -> _Values:
    counted = Counter(gate.kind for gate in gates)
    return {(kind,): counted[kind] for kind in GateKind}


def _gated(gates: tuple[Gate, ...]) -> _Values:
    return {(kind,): sum(len(gate.subjects) for gate in gates if gate.kind is kind) for kind in GateKind}
