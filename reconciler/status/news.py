"""What there is to tell, and what has been told: the two sides of every difference that is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.report import InstanceStatus, ReplicaStatus, ResourceStatus, Role
from reconciler.report.event import (
    Event,
    condition_events,
    gone_event,
    pass_event,
    resource_event,
    view_event,
)
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One publication: everything that is to be told at a moment.

    `sync` is None when this replica does not write the view. `whole` holds every resource when the view is to
    be built anew; else `changed` and `gone` are told.
    """

    at: datetime
    replica: ReplicaStatus | None
    sync: InstanceStatus | None
    changed: tuple[ResourceStatus, ...] = ()
    gone: tuple[ResourceKey, ...] = ()
    whole: tuple[ResourceStatus, ...] | None = None


@dataclass(slots=True)
class News:
    """What has been said to this process and not yet been told to Redis."""

    replica: ReplicaStatus | None = None
    sync: InstanceStatus | None = None
    changed: dict[ResourceKey, ResourceStatus] = field(default_factory=dict)
    gone: set[ResourceKey] = field(default_factory=set)

    def say(self, sync: InstanceStatus | None, replica: ReplicaStatus | None) -> None:
        """Take in what the instance and the replica are; None: as before."""
        self.replica = replica or self.replica
        self.sync = sync or self.sync
        if self.replica and self.replica.role is not Role.LEADER:
            # Should it lead again, it will know anew.
            self.sync = None

    def change(self, changed: Iterable[ResourceStatus], gone: Iterable[ResourceKey]) -> None:
        """Take in what became of resources."""
        for key in gone:
            self.changed.pop(key, None)
            self.gone.add(key)
        for status in changed:
            self.changed[status.key] = status
            self.gone.discard(status.key)

    def forget(self) -> None:
        """Drop what became of resources: they will be told whole."""
        self.changed = {}
        self.gone = set()

    def take(self, at: datetime) -> Bulletin:
        """Hand over what there is to tell."""
        bulletin = Bulletin(at, self.replica, self.sync, tuple(self.changed.values()), tuple(self.gone))
        self.forget()
        return bulletin


@dataclass(slots=True)
class View:
    """What Redis shows, as this process wrote it.

    `nonce` is new for each view that is built, `step` counts what was written to it since: a view that bears
    another mark has been replaced, or is a copy that missed something.
    """

    nonce: str
    step: int
    replica: ReplicaStatus | None
    sync: InstanceStatus
    resources: dict[ResourceKey, ResourceStatus]

    @property
    def mark(self) -> str:
        """What the view in Redis must bear to be this one."""
        return f"{self.nonce}.{self.step}"

    def changed(self, bulletin: Bulletin) -> list[ResourceStatus]:
        """Give those of the changed resources that really are otherwise than shown."""
        return [status for status in bulletin.changed if self.resources.get(status.key) != status]

    def gone(self, bulletin: Bulletin) -> list[ResourceKey]:
        """Give those of the resources gone that are shown."""
        return [key for key in bulletin.gone if key in self.resources]

    def events(self, bulletin: Bulletin) -> list[Event]:
        """Give what a bulletin tells that is news to whoever has seen this view."""
        gone = self.gone(bulletin)
        changed = self.changed(bulletin)
        if bulletin.whole is not None:
            shown = {status.key for status in bulletin.whole}
            gone = [key for key in self.resources if key not in shown]
            changed = [status for status in bulletin.whole if self.resources.get(status.key) != status]
        turned = (resource_event(bulletin.at, self.resources.get(s.key), s) for s in changed)
        return [event for event in turned if event] + [gone_event(bulletin.at, key) for key in gone]


def opening_events(view: View | None, bulletin: Bulletin, limit: int) -> list[Event]:
    """Give what a view built anew begins with: that it was, and what changed since the last one of ours.

    More than `limit` changes would only push each other out of the stream.
    """
    if bulletin.sync is None:
        return []
    opening = [view_event(bulletin.at, bulletin.sync.instance, bulletin.sync.epoch)]
    missed = view.events(bulletin) if view else []
    return opening + (missed if len(missed) <= limit else []) + standing_events(view, bulletin)


def standing_events(view: View | None, bulletin: Bulletin) -> list[Event]:
    """Give what is new about the daemon and its passes."""
    replica, sync = (view.replica, view.sync) if view else (None, None)
    conditions = condition_events(bulletin.at, replica, bulletin.replica) if bulletin.replica else []
    ended = pass_event(bulletin.at, sync, bulletin.sync) if bulletin.sync else None
    return [*conditions, *([ended] if ended else [])]
