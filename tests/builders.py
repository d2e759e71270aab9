"""Small manifests and desired states, spelled as briefly as a test needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.desired import DesiredState, Diagnostic, Location, Manifest, Refusal
from reconciler.resources import Job, Kind, Meta, Resource, ResourceKey, User, Workflow, digest, encode


def user_key(name: str) -> ResourceKey:
    """Name a user."""
    return ResourceKey(Kind.USER, name)


def workflow_key(name: str) -> ResourceKey:
    """Name a workflow."""
    return ResourceKey(Kind.WORKFLOW, name)


def job(name: str, *needs: str, job_type: str = "tiling", branch_id: str = "main", **params: Any) -> Job:  # noqa: ANN401 - any JSON value
    """Make a job that needs the jobs named."""
    return Job(name=name, job_type=job_type, branch_id=branch_id, parents=needs, params=params)


def user(name: str = "ada", username: str = "") -> User:
    """Make a user, whose username is its name unless another is given."""
    return User(name=name, username=username or name)


def workflow(name: str, *jobs: Job, user: str = "ada") -> Workflow:
    """Make a workflow of these jobs; without any, of one called `tile`."""
    return Workflow(name=name, user=user, jobs=jobs or (job("tile"),))


def manifest(
    resource: Resource,
    *,
    path: str = "",
    document: int = 1,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Manifest:
    """Make the manifest that declares `resource`, in a file of its own unless `path` names one.

    Its jobs begin on lines 8, 10, 12 and so on.
    """
    jobs = resource.jobs if isinstance(resource, Workflow) else ()
    return Manifest(
        key=resource.key,
        where=Location(path or f"{resource.name}.yaml", document, line=1, column=1),
        digest=digest(resource),
        meta=Meta(labels=dict(labels or {}), annotations=dict(annotations or {})),
        packed=encode(resource),
        user=resource.user if isinstance(resource, Workflow) else "",
        username=resource.username if isinstance(resource, User) else "",
        job_lines=tuple(range(8, 8 + 2 * len(jobs), 2)),
    )


def refusal(key: ResourceKey, *, path: str = "") -> Refusal:
    """Make the refusal of a manifest that stands in `path`."""
    where = Location(path or f"{key.name}.yaml", document=1, line=3, column=5)
    return Refusal(key, Diagnostic("M101", where, "unknown field `nedes`", resource=key))


def desired(
    *manifests: Manifest,
    refused: Iterable[Refusal] = (),
    revision: str = "r1",
    scope: Iterable[ResourceKey] | None = None,
    users: Iterable[str] | None = None,
    quarantined: Iterable[str] = (),
    gaps: Iterable[str] = (),
) -> DesiredState:
    """Make what the manifests come to; a file that is not understood is a gap of its own."""
    lost = frozenset(quarantined)
    known = {m.key.name for m in manifests if m.key.kind is Kind.USER}
    return DesiredState(
        revision=revision,
        scope=None if scope is None else frozenset(scope),
        manifests={m.key: m for m in manifests},
        refused={r.key: r for r in refused},
        users=frozenset(known if users is None else users),
        quarantined=lost,
        gaps=(*gaps, *(f"{path} is not understood" for path in sorted(lost))),
    )
