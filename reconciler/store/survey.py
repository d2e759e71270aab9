"""The first look of a pass: the inventory, the fingerprints, and what people asked of this instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from reconciler.desired import DesiredState
from reconciler.plan import (
    Approval,
    Change,
    Delete,
    Gate,
    GateKind,
    Note,
    Orphan,
    PruneWindow,
    Record,
    Rows,
    Survey,
    Suspension,
    WorkflowRow,
)
from reconciler.resources import Kind, ResourceKey
from reconciler.store import fingerprint
from reconciler.store.connect import Connection
from reconciler.store.desk import gate_of
from reconciler.store.pairs import pair

_SUSPENSIONS: Final = """
select kind, name, reason, since, until from reconciler.suspensions
where instance = %s and (until is null or until > now())"""

_APPROVALS: Final = """
select kind, digest from reconciler.gates
where instance = %s and consumed_at is null and approved_at is not null and expires_at > now()"""

_PROPOSED: Final = """
select digest from reconciler.gates
where instance = %s and kind <> 'source' and consumed_at is null and approved_at is null
    and expires_at is null"""

_LASTING: Final = """
select kind, digest, subjects from reconciler.gates
where instance = %s and kind <> 'source' and consumed_at is null and approved_at is null
    and expires_at > now()"""

_MANAGED: Final = """
select count(*), coalesce(sum(1 + cardinality(job_ids)), 0)::bigint
from reconciler.inventory where instance = %s"""

_PRUNED: Final = """
select count(*) from reconciler.history
where instance = %s and at > now() - interval '1 hour' and action = 'pruned'"""


_USER_IDS: Final = """
select name, row_id from reconciler.inventory where instance = %s and kind = 'User' and name = any (%s)"""

_USERNAMES: Final = "select username, id from public.users where username = any (%s)"


@dataclass(frozen=True, slots=True)
class Sums:
    """What an instance manages in all, and what an hour has pruned: what budgets are measured against."""

    managed: int
    managed_rows: int
    pruned: int

    def after(self, changes: Iterable[Change], records: Mapping[ResourceKey, Record]) -> Sums:
        """Give the sums after these changes of a plan that was made from these records."""
        managed, rows, pruned = self.managed, self.managed_rows, self.pruned
        for change in changes:
            if isinstance(change, Note | Orphan):
                continue
            old, after = records.get(change.key), pair(change).after
            managed += (after is not None) - (old is not None)
            rows += _size(after) - (1 + old.jobs if old else 0)
            pruned += isinstance(change, Delete)
        return Sums(managed, rows, pruned)


def _size(rows: Rows | None) -> int:
    if rows is None:
        return 0
    return 1 + len(rows.jobs) if isinstance(rows, WorkflowRow) else 1


def add_up(connection: Connection, instance: str) -> Sums:
    """Count over the whole inventory: the one part of a survey whose cost grows with what is managed."""
    managed, managed_rows = connection.execute(_MANAGED, [instance]).fetchone() or (0, 0)
    (pruned,) = connection.execute(_PRUNED, [instance]).fetchone() or (0,)
    return Sums(managed, managed_rows, pruned)


def survey(connection: Connection, instance: str, desired: DesiredState, sums: Sums) -> Survey:
    """Look at the records in scope, and at what people asked of the instance.

    The hour's allowance is measured against all that would be managed had the hour pruned nothing.
    """
    if desired.scope is None:
        ours = _index(
            connection.execute(fingerprint.RECORDS_OF_INSTANCE, {"instance": instance}, binary=True)
        )
        unknown = desired.manifests.keys() - ours.keys()
        found = {**ours, **_by_name(connection, unknown)}
    else:
        found = _by_name(connection, desired.scope)
    records = {key: record for key, record in found.items() if record.instance == instance}
    named = {manifest.user for manifest in desired.manifests.values()} - {""}
    proposed, lasting = _waiting(connection, instance, desired)
    return Survey(
        records=records,
        foreign={key: record for key, record in found.items() if record.instance != instance},
        suspensions=dict(_suspensions(connection, instance)),
        approvals=tuple(
            Approval(GateKind(kind), digest) for kind, digest in connection.execute(_APPROVALS, [instance])
        ),
        proposed=proposed,
        lasting=lasting,
        managed=sums.managed,
        managed_rows=sums.managed_rows,
        window=PruneWindow(managed_at_start=sums.managed + sums.pruned, pruned=sums.pruned),
        user_ids=(
            {key.name: record.row_id for key, record in records.items() if key.kind is Kind.USER}
            if desired.scope is None
            else _managed_users(connection, instance, named)
        ),
        usernames=_bearers(connection, named - desired.users),
    )


def _waiting(
    connection: Connection, instance: str, desired: DesiredState
) -> tuple[frozenset[str], tuple[Gate, ...]]:
    if desired.scope is not None:  # it can't tell which of them wait no more, and they may be large
        return frozenset(), ()
    proposed = frozenset(digest for (digest,) in connection.execute(_PROPOSED, [instance]))
    return proposed, tuple(gate_of(*told) for told in connection.execute(_LASTING, [instance]))


def _managed_users(connection: Connection, instance: str, names: Iterable[str]) -> dict[str, UUID]:
    """Give the rows of users that an instance manages, by the names of their manifests."""
    wanted = sorted(names)
    return dict(connection.execute(_USER_IDS, [instance, wanted]).fetchall()) if wanted else {}


def _bearers(connection: Connection, usernames: Iterable[str]) -> dict[str, UUID]:
    """Give the rows of users by their usernames, whoever manages them."""
    wanted = sorted(usernames)
    return dict(connection.execute(_USERNAMES, [wanted]).fetchall()) if wanted else {}


def _by_name(connection: Connection, keys: Iterable[ResourceKey]) -> dict[ResourceKey, Record]:
    names: dict[Kind, list[str]] = defaultdict(list)
    for key in keys:
        names[key.kind].append(key.name)
    found: dict[ResourceKey, Record] = {}
    for kind, wanted in names.items():
        rows = connection.execute(fingerprint.RECORDS_BY_NAME, {"kind": kind, "names": wanted}, binary=True)
        found |= _index(rows)
    return found


def _index(rows: Iterable[tuple[Any, ...]]) -> dict[ResourceKey, Record]:
    return {(key := ResourceKey(Kind(kind), name)): Record(key, *rest) for kind, name, *rest in rows}


def _suspensions(connection: Connection, instance: str) -> Iterator[tuple[ResourceKey | None, Suspension]]:
    for kind, name, reason, since, until in connection.execute(_SUSPENSIONS, [instance]):
        yield ResourceKey(Kind(kind), name) if kind else None, Suspension(reason, since, until)
