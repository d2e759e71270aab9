"""How this process stands: what it tells of itself, and while it writes of the instance, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.report.status import InstanceStatus, ReplicaStatus
from reconciler.report.statuses import Census


class Part(StrEnum):
    """What of a daemon can fall ill without any pass noticing. Redis alone makes nothing unhealthy."""

    WATCHER = "watcher"
    LISTENER = "listener"
    STATUS_STORE = "status_store"
    PULSE = "pulse"
    HTTP = "http"
    REDIS = "redis"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was told last. `sync` is None, and `census` empty, while another replica writes."""

    replica: ReplicaStatus
    sync: InstanceStatus | None
    census: Census
    ill: frozenset[Part] = frozenset()
