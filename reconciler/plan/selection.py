"""A part of everything: the resources that were asked for by name or label, and the users that these need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.desired import DesiredState, Manifest, closest
from reconciler.errors import UsageError
from reconciler.plan.actual import Survey
from reconciler.resources import Kind, ResourceKey, in_order


@dataclass(frozen=True, slots=True)
class Selection:
    """What somebody asked for: resources by name, and manifests that carry all of some labels."""

    keys: frozenset[ResourceKey] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a pass is narrowed to: what was asked for, and the users that come along.

    A user comes along when a workflow that was asked for needs it and it has no row yet.
    """

    asked: tuple[ResourceKey, ...]
    along: tuple[ResourceKey, ...] = ()

    @property
    def keys(self) -> frozenset[ResourceKey]:
        """All that may be changed."""
        return frozenset([*self.asked, *self.along])


def choose(selection: Selection, desired: DesiredState, survey: Survey) -> Part:
    """Find what was asked for; labels are those of manifests, so only a name selects what has none.

    Raises:
        UsageError: there is no resource of that name, or no manifest with these labels.

    """
    known = {*desired.manifests, *desired.refused, *survey.records}
    for key in in_order(selection.keys - known):
        raise unknown_resource(key, known)
    labelled = [manifest.key for manifest in desired.manifests.values() if _carries(manifest, selection)]
    if selection.labels and not labelled:
        raise _unknown_label(selection, desired.manifests.values())
    asked = selection.keys.union(labelled)
    along = {user for key in asked for user in _needed(desired.manifests.get(key), desired, survey)}
    return Part(tuple(in_order(asked)), tuple(in_order(along - asked)))


def unknown_resource(key: ResourceKey, known: Iterable[ResourceKey]) -> UsageError:
    """Say that nobody knows a resource of this name, and which one may be meant."""
    kindred = sorted(other.name for other in known if other.kind is key.kind)
    likely = closest(key.name, kindred)
    return UsageError(
        f"there is no {key}",
        why="neither a manifest declares it nor does this instance manage its row",
        fix=f"did you mean {key.kind}/{likely}?"
        if likely
        else f"`reconciler get {key.kind.lower()}s` lists them",
    )


def _carries(manifest: Manifest, selection: Selection) -> bool:
    labels = manifest.meta.labels
    return bool(selection.labels) and all(labels.get(name) == value for name, value in selection.labels)


def _unknown_label(selection: Selection, manifests: Iterable[Manifest]) -> UsageError:
    wanted = ", ".join(f"{name}={value}" for name, value in selection.labels)
    there = sorted({f"{name}={value}" for one in manifests for name, value in one.meta.labels.items()})
    likely = closest(wanted, there)
    return UsageError(
        f"no manifest is labelled {wanted}",
        fix=f"did you mean {likely}?" if likely else "look at `metadata.labels` of the manifests",
    )


def _needed(manifest: Manifest | None, desired: DesiredState, survey: Survey) -> Iterator[ResourceKey]:
    """Name the user of a workflow if it is declared and has no row."""
    if manifest is None or not manifest.user:
        return
    key = ResourceKey(Kind.USER, manifest.user)
    if key not in desired.manifests and manifest.user not in desired.users:
        bearers = (m.key for m in desired.manifests.values() if m.username == manifest.user)
        key = next(bearers, key)
    record = survey.records.get(key)
    if key in desired.manifests and (record is None or record.seen is None):
        yield key
