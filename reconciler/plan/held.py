"""What a pass leaves as it is, and why: held back resources, and sets that wait for a person's approval."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from reconciler.desired import Location
from reconciler.resources import ResourceKey


class Sync(StrEnum):
    """How a resource stands; where several hold, the one that comes first here is shown."""

    INVALID = "Invalid"
    CONFLICT = "Conflict"
    SUSPENDED = "Suspended"
    DEFERRED = "Deferred"
    ORPHANED = "Orphaned"
    OUT_OF_SYNC = "OutOfSync"
    SYNCED = "Synced"


class Reason(StrEnum):
    """Why, in one word that scripts may rely on."""

    MANIFEST_INVALID = "ManifestInvalid"
    USER_NOT_FOUND = "UserNotFound"
    USER_HELD = "UserHeld"
    ROW_EXISTS = "RowExists"
    OTHER_INSTANCE = "OtherInstance"
    REFERENCED = "Referenced"
    SUSPENDED = "Suspended"
    IN_FLIGHT = "InFlight"
    ROW_LOCKED = "RowLocked"
    ROW_MOVED = "RowMoved"
    ROW_REFUSED = "RowRefused"
    PRUNE_OFF = "PruneOff"
    PRUNE_HELD = "PruneHeld"
    PRUNE_DELAYED = "PruneDelayed"
    PRUNE_BLOCKED = "PruneBlocked"
    PROTECTED = "Protected"
    STILL_NAMED = "StillNamed"
    DRIFTED = "Drifted"
    HEAL_BLOCKED = "HealBlocked"
    NOT_TARGETED = "NotTargeted"
    APPLIED = "Applied"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A resource that this pass leaves as it is. `message` is one sentence for a person."""

    key: ResourceKey
    sync: Sync
    reason: Reason
    message: str
    where: Location | None = None


class GateKind(StrEnum):
    """What a person may be asked to approve."""

    PRUNE = "prune"
    HEAL = "heal"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Gate:
    """A set that may only be touched when exactly it is approved.

    `digest` covers the instance, the kind, and every subject with its row id and generation.
    """

    kind: GateKind
    digest: str
    subjects: tuple[tuple[ResourceKey, UUID, int], ...]

    @property
    def keys(self) -> frozenset[ResourceKey]:
        """The resources that it is about."""
        return frozenset(key for key, _, _ in self.subjects)
