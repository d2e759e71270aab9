"""How a daemon stands, in one line."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.report.standing import Standing
from reconciler.report.status import ConditionType, InstanceStatus, Role


def summarize(standing: Standing) -> str:
    """Say it for whoever looks at many daemons: `writes, epoch 3; 5 Synced; Applied: 1 updated`."""
    return "; ".join(_parts(standing))


def _parts(standing: Standing) -> Iterator[str]:
    replica = standing.replica
    ready = next((one for one in replica.conditions if one.type is ConditionType.READY), None)
    if ready is not None and not ready.status:
        yield f"not ready, {ready.reason}: {ready.message}"
    elif replica.role is Role.STANDBY:
        yield "stands by, another replica writes"
    else:
        yield f"writes, epoch {replica.epoch}"
        if standing.sync is not None:
            yield from _of_instance(standing.sync)
    yield from replica.problems
    yield from replica.notes


def _of_instance(sync: InstanceStatus) -> Iterator[str]:
    if sync.totals:
        yield ", ".join(f"{number} {how}" for how, number in sync.totals.items())
    if sync.suspended:
        yield "suspended"
    if sync.gates:
        yield "waits for approval"
    if last := sync.last_pass:
        yield f"{last.outcome}: {last.error or last.counts}"
