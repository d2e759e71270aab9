"""What a resource is declared to be against what its rows are: two manifests, and where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from reconciler.desired import DesiredState, Location, Manifest
from reconciler.desired.write import manifest_document, write_manifest
from reconciler.plan import ActualState, HeldBack, JobRow, Plan, Rows, Sync, UserRow, WorkflowRow
from reconciler.report.fields import Action, FieldStep, JobStep, Names, differences, job_step
from reconciler.report.steps import BOOKS_ALONE, Step, names_in, steps_of
from reconciler.report.unified import unified
from reconciler.resources import Job, Resource, ResourceKey, User, Workflow, params_text


class State(StrEnum):
    """How what is declared and what is there compare."""

    SAME = "Same"
    DIFFERS = "Differs"
    NO_ROW = "NoRow"
    NOT_DECLARED = "NotDeclared"
    INVALID = "Invalid"


@dataclass(frozen=True, slots=True)
class Difference:
    """One resource, as its rows are and as it is declared, both as manifests; None where there is neither.

    `where` is the manifest, or where it last was. `action` is what a pass would do with its rows, and `why`;
    None when nothing: then `held_back` says what keeps it from that, if anything does. `fields` and `jobs`
    lead from the rows to the manifest, and so does `unified`, which is the same as text. What no manifest
    holds, a generation, may differ too: only `why` tells. `strangers` are the names of jobs beneath it that
    nobody manages; they are not compared.
    """

    key: ResourceKey
    state: State
    where: Location | None = None
    action: Action | None = None
    why: str = ""
    held_back: HeldBack | None = None
    fields: tuple[FieldStep, ...] = ()
    jobs: tuple[JobStep, ...] = ()
    strangers: tuple[str, ...] = ()
    actual: Mapping[str, Any] | None = None
    declared: Mapping[str, Any] | None = None
    unified: str = ""

    @property
    def differs(self) -> bool:
        """Whether it is not what its manifest says."""
        return self.state is not State.SAME


@dataclass(frozen=True, slots=True)
class Differences:
    """What was compared, and how many mistakes there are in all manifests: those are not understood."""

    items: tuple[Difference, ...]
    mistakes: int = 0


@dataclass(frozen=True, slots=True)
class Findings:
    """What a pass found and would do, as far as a comparison needs it."""

    desired: DesiredState
    actual: ActualState
    plan: Plan

    @property
    def known(self) -> frozenset[ResourceKey]:
        """Everything that can be compared."""
        return frozenset([*self.desired.manifests, *self.desired.refused, *self.actual.survey.records])

    @property
    def touched(self) -> tuple[ResourceKey, ...]:
        """Everything that may differ: what a pass would change, and what it would leave."""
        changed = (step.key for step in self.steps)
        return tuple(sorted({*changed, *(held.key for held in self.plan.held_back)}))

    @property
    def steps(self) -> Iterator[Step]:
        """What a pass would do with rows."""
        return (step for step in steps_of(self.plan, self.actual) if step.action not in BOOKS_ALONE)

    def compare(self, keys: Iterable[ResourceKey]) -> tuple[Difference, ...]:
        """Compare resources, in the order given; the rows of all of them are to be in `actual`."""
        comparison = _Comparison(
            self,
            names_in(self.plan, self.actual),
            {step.key: step for step in self.steps},
            {held.key: held for held in self.plan.held_back},
        )
        return tuple(map(comparison.of, keys))


@dataclass(frozen=True, slots=True)
class _Comparison:
    found: Findings
    names: Names
    steps: Mapping[ResourceKey, Step]
    held_back: Mapping[ResourceKey, HeldBack]

    def of(self, key: ResourceKey) -> Difference:
        """Compare one resource."""
        manifest = self.found.desired.manifests.get(key)
        rows, strangers = self._rows(key)
        there = _as_stored(self._resource(key, rows, manifest)) if rows else None
        wanted = _as_stored(manifest.resource) if manifest else None
        step = self.steps.get(key)
        told = Difference(
            key=key,
            state=State.INVALID,
            where=self._where(key),
            action=step.action if step else None,
            why=step.why if step else "",
            held_back=self.held_back.get(key),
            strangers=strangers,
            actual=manifest_document(there) if there else None,
            declared=manifest_document(wanted) if wanted else None,
        )
        if wanted is None and self._is_misunderstood(key):
            return told
        return replace(
            told,
            state=_state(there, wanted, changes=step is not None),
            fields=tuple(differences(_main(there), _main(wanted))),
            jobs=tuple(_job_steps(there, wanted, manifest.job_lines if manifest else ())),
            unified=unified(_lines(there), _lines(wanted), (f"{key} as its rows are", f"{key} as declared")),
        )

    def _is_misunderstood(self, key: ResourceKey) -> bool:
        """Whether a manifest may well declare it, and has a mistake."""
        held = self.held_back.get(key)
        return key in self.found.desired.refused or (held is not None and held.sync is Sync.INVALID)

    def _where(self, key: ResourceKey) -> Location | None:
        """Give the place of the manifest, of its mistake, or where it last was."""
        desired = self.found.desired
        if key in desired.manifests:
            return desired.manifests[key].where
        if key in desired.refused:
            return desired.refused[key].diagnostic.where
        record = self.found.actual.survey.records.get(key)
        return Location(record.path) if record else None

    def _rows(self, key: ResourceKey) -> tuple[Rows | None, tuple[str, ...]]:
        """Give the rows that are compared: ours, else those in its place; and the jobs that are nobody's."""
        actual = self.found.actual
        rows = actual.rows.get(key) or actual.unmanaged.get(key)
        if not isinstance(rows, WorkflowRow):
            return rows, ()
        here = sorted((job for job in rows.jobs if job.moved_to is None), key=lambda job: job.position)
        if key not in actual.rows:
            return replace(rows, jobs=tuple(here)), ()
        ours = {job.id for job in actual.memory.get(key, ())}
        kept = tuple(job for job in here if job.id in ours)
        return replace(rows, jobs=kept), tuple(job.name for job in here if job.id not in ours)

    def _resource(self, key: ResourceKey, rows: Rows, manifest: Manifest | None) -> Resource:
        """Give rows as the resource that would make them."""
        if isinstance(rows, UserRow):
            return User(key.name, rows.username)
        called = {job.id: job.name for job in rows.jobs}
        user = self._user(rows.user_id, manifest)
        return Workflow(rows.name or "", user, tuple(_job(job, called) for job in rows.jobs))

    def _user(self, user_id: UUID, manifest: Manifest | None) -> str:
        """Name a user as the manifest does, if it means the same one: by its manifest, or by its username."""
        survey = self.found.actual.survey
        if manifest is not None:
            declared = manifest.user in self.found.desired.users
            known = survey.user_ids if declared else survey.usernames
            if known.get(manifest.user) == user_id:
                return manifest.user
        return self.names.get(user_id, str(user_id))


def _job(job: JobRow, called: Names) -> Job:
    parents = tuple(called.get(parent, str(parent)) for parent in job.parents)
    return Job(job.name, job.job_type, job.branch_id, parents, json.loads(job.params))


def _as_stored(resource: Resource) -> Resource:
    """Give a resource with its parameters as PostgreSQL gives them back: `1.0` is `1`, keys are sorted."""
    if isinstance(resource, User):
        return resource
    jobs = (replace(job, params=json.loads(params_text(job.params))) for job in resource.jobs)
    return replace(resource, jobs=tuple(jobs))


def _state(there: Resource | None, wanted: Resource | None, *, changes: bool) -> State:
    if wanted is None:
        return State.NOT_DECLARED
    if there is None:
        return State.NO_ROW
    return State.DIFFERS if changes or _lines(there) != _lines(wanted) else State.SAME


def _lines(resource: Resource | None) -> list[str]:
    return write_manifest(resource).split("\n")[:-1] if resource else []


def _job_steps(there: Resource | None, wanted: Resource | None, lines: Sequence[int]) -> Iterator[JobStep]:
    before, after = _jobs(there), _jobs(wanted)
    line_of = dict(zip(after, lines, strict=False))
    for name in dict.fromkeys((*after, *before)):
        if step := job_step(name, before.get(name), after.get(name), line_of.get(name, 0)):
            yield step


def _main(resource: Resource | None) -> dict[str, Any]:
    match resource:
        case User(username=username):
            return {"username": username}
        case Workflow(name=name, user=user):
            return {"name": name, "user": user}
        case None:
            return {}


def _jobs(resource: Resource | None) -> dict[str, dict[str, Any]]:
    if not isinstance(resource, Workflow):
        return {}
    return {
        job.name: {
            "job_type": job.job_type,
            "branch_id": job.branch_id,
            "needs": list(job.parents),
            "params": job.params,
            "position": position,
        }
        for position, job in enumerate(resource.jobs)
    }
