"""The changes a pass may make, one type each, without optional fields, and the plan that holds them."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.desired import Manifest
from reconciler.plan.actual import Record
from reconciler.plan.held import Gate, HeldBack
from reconciler.plan.rows import Rows
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class _OfManifest:
    """A change of what a manifest declares."""

    manifest: Manifest

    @property
    def key(self) -> ResourceKey:
        """Whose change it is."""
        return self.manifest.key


@dataclass(frozen=True, slots=True)
class _OfRecord:
    """A change of what only the inventory still knows."""

    record: Record

    @property
    def key(self) -> ResourceKey:
        """Whose change it is."""
        return self.record.key


@dataclass(frozen=True, slots=True)
class Create(_OfManifest):
    """A declared resource that has no rows; another instance may have orphaned it before they went."""

    after: Rows


@dataclass(frozen=True, slots=True)
class Adopt(_OfManifest):
    """Rows that nobody manages, or that were orphaned, become this resource's.

    `owner` is the instance that managed them under the same key, "" when none did. They are changed where
    they differ. A record that some other key still has of them ends.
    """

    before: Rows
    after: Rows
    owner: str


@dataclass(frozen=True, slots=True)
class Update(_OfManifest):
    """The manifest says something else than when it was last applied."""

    before: Rows
    after: Rows


@dataclass(frozen=True, slots=True)
class Heal(_OfManifest):
    """Somebody changed rows that the manifest owns: they are put back, generations unmoved."""

    before: Rows
    after: Rows


@dataclass(frozen=True, slots=True)
class Recreate(_OfManifest):
    """The main row that we managed is gone: it is made again, its generation going on from memory."""

    after: Rows


@dataclass(frozen=True, slots=True)
class Delete(_OfRecord):
    """No manifest declares it any more, and pruning it is allowed."""

    before: Rows


@dataclass(frozen=True, slots=True)
class Forget(_OfRecord):
    """Neither a manifest nor a row is left: only the inventory still knows it."""


@dataclass(frozen=True, slots=True)
class Note(_OfManifest):
    """Only our book-keeping changes: another path, other labels, a protection, a fingerprint to renew.

    `record` is as the inventory has it; where its rows were compared and found right, `seen` became its
    fingerprint. The spec may be a newer one that is held back: its digest and revision are not noted.
    """

    record: Record


@dataclass(frozen=True, slots=True)
class Restate(_OfManifest):
    """What the manifest wants is there, but our book-keeping has other words or ids for it."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class Orphan(_OfRecord):
    """No manifest declares it any more, and it stays: noted, so that another instance may take it."""


Change = Create | Adopt | Update | Heal | Recreate | Delete | Forget | Note | Restate | Orphan


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass will do, in order of dependency, and by key what it will leave, with the reasons.

    `gates` are sets that wait for approval; `released` are those that were approved and that this plan
    acts on.
    """

    revision: str
    changes: tuple[Change, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    gates: tuple[Gate, ...] = ()
    released: tuple[Gate, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether applying it would write nothing."""
        return not self.changes
