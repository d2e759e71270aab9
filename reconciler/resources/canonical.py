"""One byte string per meaning: the canonical form of a spec, its digest, and the way back.

The canonical form is JSON with sorted keys, no spaces and no omitted defaults, so that comments, order of
keys, anchors and shorthands in a manifest are no change. Labels and annotations are not part of it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final
from zlib import compress, decompress

from reconciler.resources.identity import Kind
from reconciler.resources.model import Job, Meta, Params, Resource, User, Workflow


def encode(resource: Resource) -> bytes:
    """Give the canonical form of a spec, deflated: small enough to be kept for every manifest."""
    return seal(resource)[0]


def seal(resource: Resource, notes: bytes = b"") -> tuple[bytes, bytes]:
    """Give what `encode` and `digest` give; the first carries notes, which the second does not cover."""
    form = _canonical(_fields(resource))
    return compress(form + b"\n" + notes, level=1), sha256(form).digest()


def read_notes(packed: bytes) -> bytes:
    """Give back the notes that `seal` packed, empty when there were none."""
    return decompress(packed).partition(b"\n")[2]


def decode(kind: Kind, name: str, packed: bytes) -> Resource:
    """Give back the resource that `encode` or `seal` packed."""
    fields = json.loads(decompress(packed).partition(b"\n")[0])
    match kind:
        case Kind.USER:
            return User(name=name, username=fields["username"])
        case Kind.WORKFLOW:
            jobs = tuple(Job(**{**job, "parents": tuple(job["parents"])}) for job in fields["jobs"])
            return Workflow(name=name, user=fields["user"], jobs=jobs)


def digest(resource: Resource) -> bytes:
    """Give the SHA-256 of the canonical form: equal when, and only when, the spec means the same."""
    return sha256(_canonical(_fields(resource))).digest()


def job_digest(job: Job) -> bytes:
    """Give eight bytes of the SHA-256 of what a job means, its place in the list left out."""
    return sha256(_canonical(_job_fields(job))).digest()[:8]


def meta_digest(meta: Meta) -> bytes:
    """Give eight bytes of the SHA-256 of a manifest's labels and annotations."""
    return sha256(_canonical({"labels": meta.labels, "annotations": meta.annotations})).digest()[:8]


def params_text(params: Params) -> str:
    """Give one text per `jsonb` value: keys sorted, and a number written one way however it was spelled.

    `1`, `1.0` and `1e0` are one number to PostgreSQL; `true` is none.
    """
    return _CANONICAL_JSON.encode(_plain(params))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(member) for key, member in value.items()}
        case list() | tuple():
            return [_plain(member) for member in value]
        case _:
            return value


# Made once: `json.dumps` makes one for each call.
_CANONICAL_JSON: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def _canonical(fields: dict[str, Any]) -> bytes:
    return _CANONICAL_JSON.encode(fields).encode()


def _fields(resource: Resource) -> dict[str, Any]:
    match resource:
        case User(username=username):
            return {"username": username}
        case Workflow(user=user, jobs=jobs):
            return {"user": user, "jobs": [_job_fields(job) for job in jobs]}


def _job_fields(job: Job) -> dict[str, Any]:
    return {
        "name": job.name,
        "job_type": job.job_type,
        "branch_id": job.branch_id,
        "parents": list(job.parents),
        "params": _plain(job.params),
    }
