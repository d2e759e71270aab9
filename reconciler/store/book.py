"""Our own books: what the inventory remembers after a change, and the history of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from reconciler.desired import Manifest
from reconciler.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Heal,
    JobRow,
    Note,
    Orphan,
    Record,
    Recreate,
    Restate,
    Rows,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.resources import Kind, ResourceKey, Workflow, job_digest, meta_digest
from reconciler.store import fingerprint
from reconciler.store.connect import Connection
from reconciler.store.pairs import pair

_ENTER: Final = f"""
insert into reconciler.inventory as kept (kind, name, instance, row_id, path, labels, digest, meta_digest,
    fingerprint, generation, revision, protected, job_ids, job_names, job_generations, job_digests)
select i.kind, i.name, %(instance)s, i.row_id, i.path, i.labels, decode(i.digest, 'hex'),
    decode(i.meta_digest, 'hex'), {fingerprint.SEEN}, i.generation, %(revision)s, i.protected, i.job_ids,
    i.job_names, i.job_generations,
    array(select decode(d, 'hex') from unnest(i.job_digests) with ordinality as u (d, place) order by place)
from jsonb_to_recordset(%(entries)s::jsonb) as i (kind text, name text, row_id uuid, path text, labels jsonb,
    digest text, meta_digest text, generation bigint, protected boolean, job_ids uuid[], job_names text[],
    job_generations bigint[], job_digests text[]){fingerprint.JOBS_OF_ONE}
on conflict (kind, name) do update set instance = excluded.instance, row_id = excluded.row_id,
    path = excluded.path, labels = excluded.labels, digest = excluded.digest,
    meta_digest = excluded.meta_digest,
    fingerprint = excluded.fingerprint, revision = excluded.revision, protected = excluded.protected,
    generation = case when kept.kind = 'User' then kept.generation + (kept.digest <> excluded.digest)::int
        else excluded.generation end,
    orphaned = false, applied_at = now(), job_ids = excluded.job_ids, job_names = excluded.job_names,
    job_generations = excluded.job_generations, job_digests = excluded.job_digests
where kept.instance = %(instance)s or kept.orphaned
returning kind, name, generation"""

_HAND_ON: Final = """
delete from reconciler.inventory i using unnest(%s::uuid[], %s::text[], %s::text[]) as n (row_id, kind, name)
where (i.row_id, i.kind) = (n.row_id, n.kind) and i.name <> n.name and i.orphaned"""

_NOTE: Final = """
update reconciler.inventory i set path = n.path, labels = n.labels,
    meta_digest = decode(n.meta_digest, 'hex'), protected = n.protected, fingerprint = n.fingerprint,
    orphaned = false
from jsonb_to_recordset(%s::jsonb) as n (kind text, name text, path text, labels jsonb, meta_digest text,
    protected boolean, fingerprint bigint)
where i.kind = n.kind and i.name = n.name and i.instance = %s"""

_ORPHAN: Final = """
update reconciler.inventory i set orphaned = true from unnest(%s::uuid[], %s::text[]) as n (row_id, kind)
where (i.row_id, i.kind) = (n.row_id, n.kind) and i.instance = %s"""

_STRIKE: Final = """
delete from reconciler.inventory i using unnest(%s::uuid[], %s::text[]) as n (row_id, kind)
where (i.row_id, i.kind) = (n.row_id, n.kind) and i.instance = %s"""

ACTIONS: Final[Mapping[type[Change], str]] = {
    Create: "created",
    Adopt: "adopted",
    Update: "updated",
    Heal: "healed",
    Recreate: "healed",
    Delete: "pruned",
    Forget: "forgotten",
}
"""What history calls each change; the others change no rows and are not told."""

_HISTORY: Final = """
insert into reconciler.history (pass_id, instance, kind, name, action, path, revision, before, after)
select %(pass_id)s, %(instance)s, n.kind, n.name, n.action, n.path, %(revision)s, n.before, n.after
from jsonb_to_recordset(%(entries)s::jsonb) as n (kind text, name text, action text, path text, before jsonb,
    after jsonb)"""


_Images = tuple[dict[str, Any] | None, dict[str, Any] | None]


class Outrun(Exception):
    """Another instance came first to a resource of this pass."""


@dataclass(frozen=True, slots=True)
class Page:
    """On which page of the books a pass writes."""

    instance: str
    revision: str
    pass_id: UUID


def write_book(connection: Connection, changes: Sequence[Change], page: Page) -> dict[ResourceKey, int]:
    """Bring inventory and history up to date with changes whose rows are written already.

    Gives the generations of what was entered.

    Raises:
        Outrun: another instance has taken a resource since the plan was made.

    """
    if struck := [change.record for change in changes if isinstance(change, Delete | Forget)]:
        connection.execute(_STRIKE, [*_ids(struck), page.instance])
    _hand_on(connection, [change for change in changes if isinstance(change, Adopt)])
    generations = _enter(connection, changes, page)
    if notes := [_note(change) for change in changes if isinstance(change, Note)]:
        connection.execute(_NOTE, [json.dumps(notes), page.instance])
    if orphans := [change.record for change in changes if isinstance(change, Orphan)]:
        connection.execute(_ORPHAN, [*_ids(orphans), page.instance])
    if told := [entry for change in changes for entry in _history(change)]:
        context = {"pass_id": page.pass_id, "instance": page.instance, "revision": page.revision}
        connection.execute(_HISTORY, {**context, "entries": json.dumps(told)})
    return generations


def _ids(records: Iterable[Record]) -> tuple[list[UUID], list[str]]:
    """Give the ids of rows, and of which kind each is: one of another kind may have the same."""
    known = [(record.row_id, str(record.key.kind)) for record in records]
    return [row_id for row_id, _ in known], [kind for _, kind in known]


def _hand_on(connection: Connection, adopted: Sequence[Adopt]) -> None:
    """End the records that other keys still have of rows that pass on."""
    if adopted:
        columns = zip(*((one.after.id, one.key.kind, one.key.name) for one in adopted), strict=True)
        connection.execute(_HAND_ON, [list(column) for column in columns])


def _enter(connection: Connection, changes: Iterable[Change], page: Page) -> dict[ResourceKey, int]:
    entries = [
        _entry(change.manifest, after)
        for change in changes
        if isinstance(change, Create | Recreate | Update | Heal | Adopt | Restate)
        if (after := pair(change).after) is not None
    ]
    if not entries:
        return {}
    about = {"instance": page.instance, "revision": page.revision, "entries": json.dumps(entries)}
    entered = connection.execute(_ENTER, about).fetchall()
    if len(entered) != len(entries):
        raise Outrun
    return {ResourceKey(Kind(kind), name): generation for kind, name, generation in entered}


def _entry(manifest: Manifest, rows: Rows) -> dict[str, Any]:
    jobs = rows.jobs if isinstance(rows, WorkflowRow) else ()
    resource = manifest.resource
    digests = [job_digest(job).hex() for job in resource.jobs] if isinstance(resource, Workflow) else []
    return {
        **_described(manifest),
        "row_id": str(rows.id),
        "digest": manifest.digest.hex(),
        "generation": rows.generation if isinstance(rows, WorkflowRow) else 1,
        "job_ids": [str(job.id) for job in jobs],
        "job_names": [job.name for job in jobs],
        "job_generations": [job.generation for job in jobs],
        "job_digests": digests,
    }


def _described(manifest: Manifest) -> dict[str, Any]:
    return {
        "kind": manifest.key.kind,
        "name": manifest.key.name,
        "path": manifest.where.path,
        "labels": manifest.meta.labels,
        "meta_digest": meta_digest(manifest.meta).hex(),
        "protected": manifest.meta.protected,
    }


def _note(change: Note) -> dict[str, Any]:
    return {**_described(change.manifest), "fingerprint": change.record.fingerprint}


def _history(change: Change) -> Iterator[dict[str, Any]]:
    """Tell a change; what is created or made again stands in its manifest, and is not copied."""
    match change:
        case Update() | Heal() | Adopt():
            yield _told(change, change.manifest.where.path, _differing(change.before, change.after))
        case Create() | Recreate():
            yield _told(change, change.manifest.where.path, (None, None))
        case Delete():
            yield _told(change, change.record.path, (_image(change.before), None))
        case Forget():
            yield _told(change, change.record.path, (None, None))
        case _:
            return


def _told(change: Change, path: str, images: _Images) -> dict[str, Any]:
    return {
        "kind": change.key.kind,
        "name": change.key.name,
        "action": ACTIONS[type(change)],
        "path": path,
        "before": images[0],
        "after": images[1],
    }


def _differing(before: Rows, after: Rows) -> _Images:
    """Give both images with only those jobs that differ: a large workflow's edit stays a small entry."""
    if isinstance(before, UserRow) or isinstance(after, UserRow):
        return _image(before), _image(after)
    there = {job.id: job for job in before.jobs}
    wanted = {job.id: job for job in after.jobs}
    changed = {row_id for row_id in there.keys() | wanted.keys() if there.get(row_id) != wanted.get(row_id)}
    return tuple(
        _image(replace(rows, jobs=tuple(job for job in rows.jobs if job.id in changed)))
        for rows in (before, after)
    )  # type: ignore[return-value]


def _image(rows: Rows) -> dict[str, Any]:
    if isinstance(rows, UserRow):
        return {"id": str(rows.id), "username": rows.username}
    return {
        "id": str(rows.id),
        "user_id": str(rows.user_id),
        "name": rows.name,
        "generation": rows.generation,
        "jobs": [_job_image(job) for job in rows.jobs],
    }


def _job_image(job: JobRow) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "name": job.name,
        "job_type": job.job_type,
        "branch_id": job.branch_id,
        "parent_ids_json": [str(parent) for parent in job.parents],
        "params": json.loads(job.params),
        "position": job.position,
        "generation": job.generation,
        "status": job.status,
        **({"workflow_id": str(job.moved_to)} if job.moved_to else {}),
    }
