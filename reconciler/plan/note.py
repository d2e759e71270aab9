"""What only our book-keeping has to learn of resources that a plan does not change otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.desired import DesiredState, Manifest
from reconciler.plan.actual import Record, Survey
from reconciler.plan.change import Note, Orphan
from reconciler.plan.leave import absence_is_proven, suspension_message
from reconciler.plan.policy import Policy
from reconciler.resources import ResourceKey, in_order, meta_digest


def catch_up(
    desired: DesiredState, survey: Survey, policy: Policy, changed: frozenset[ResourceKey]
) -> Iterator[Note | Orphan]:
    """Note where a manifest stands now, what it is labelled, and what has been left behind.

    Also for resources that are held back: a protection counts from the pass that sees it.
    """
    for key in in_order(survey.records.keys() - changed):
        if policy.targets is not None and key not in policy.targets:
            continue
        record, manifest = survey.records[key], desired.manifests.get(key)
        if manifest is not None and _book_differs(manifest, record):
            yield Note(manifest, record)
        if manifest is None and not record.orphaned and _is_left(key, desired, survey, policy):
            yield Orphan(record)


def _is_left(key: ResourceKey, desired: DesiredState, survey: Survey, policy: Policy) -> bool:
    if desired.declares(key) or suspension_message(key, survey.suspensions):
        return False
    return absence_is_proven(desired, policy, key)


def _book_differs(manifest: Manifest, record: Record) -> bool:
    return (
        record.path != manifest.where.path
        or record.orphaned
        or record.meta_digest != meta_digest(manifest.meta)
    )
