"""Whatever is edited, by whom and in which order: the promises hold after every pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import Delete, Forget, JobRow, Orphan, Plan, Policy, Rows, UserRow, WorkflowRow
from reconciler.resources import (
    Job,
    JobStatus,
    Kind,
    ResourceKey,
    User,
    Workflow,
    job_digest,
    params_text,
    resource_id,
)
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database

USERS = st.sampled_from(["ada", "bob"])
USERNAMES = st.sampled_from(["ada", "bob", "eve"])
WORKFLOWS = st.sampled_from(["v", "w"])
JOBS = "abc"
KEYS = st.one_of(st.builds(user_key, USERS), st.builds(workflow_key, WORKFLOWS))
STATUSES = st.sampled_from(JobStatus)
BRANCHES = st.sampled_from(["main", "side"])
FEW = [UUID(int=number) for number in range(1, 4)]
FOREIGN = st.one_of(st.sampled_from(FEW), st.uuids(version=4))
"""Ids of rows that somebody makes, some of which manifests name."""

NAMED = st.sampled_from([*FEW, resource_id(workflow_key("v")), resource_id(user_key("ada"))]).map(str)
ANNOTATIONS = st.one_of(
    st.just({}),
    st.just({"reconciler/prune": "disabled"}),
    st.just({"reconciler/suspend": "true"}),
    st.builds(lambda word: {"reconciler/adopt": word}, st.one_of(st.just("true"), NAMED)),
)


@st.composite
def job_lists(draw: st.DrawFn) -> tuple[Job, ...]:
    """Draw one to three jobs in any order, each with parents among those of earlier letters."""
    names = draw(st.permutations(JOBS))[: draw(st.integers(1, 3))]
    return tuple(
        job(
            name,
            *sorted(draw(st.sets(st.sampled_from(names))) & {other for other in names if other < name}),
            branch_id=draw(BRANCHES),
            x=draw(st.sampled_from([1, True, 2])),
        )
        for name in names
    )


@settings(max_examples=200, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
class AnyHistory(RuleBasedStateMachine):
    """A repository, a database, and people who change either."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database()
        self.manifests: dict[ResourceKey, Manifest] = {}
        self.broken: set[ResourceKey] = set()
        self.protected: set[ResourceKey] = set()
        self.applied: dict[UUID, JobRow] = {}

    @initialize(jobs=job_lists(), more=job_lists())
    def begin(self, jobs: tuple[Job, ...], more: tuple[Job, ...]) -> None:
        """Begin with something: from nothing it takes long to come to where mistakes are made."""
        self._declare(manifest(user("ada")))
        self._declare(manifest(workflow("v", *jobs)))
        self._declare(manifest(workflow("w", *more)))
        self.settle()

    # What authors do.

    @rule(name=USERS, username=USERNAMES, annotations=ANNOTATIONS)
    def declare_user(self, name: str, username: str, annotations: dict[str, str]) -> None:
        self._declare(manifest(user(name, username), annotations=annotations))

    @rule(name=WORKFLOWS, owner=USERNAMES, jobs=job_lists(), annotations=ANNOTATIONS)
    def declare_workflow(
        self, name: str, owner: str, jobs: tuple[Job, ...], annotations: dict[str, str]
    ) -> None:
        self._declare(manifest(workflow(name, *jobs, user=owner), annotations=annotations))

    @precondition(lambda self: self.manifests)
    @rule(data=st.data(), path=st.sampled_from(["one.yaml", "two/three.yaml"]))
    def move(self, data: st.DataObject, path: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.manifests)))
        moved = self.manifests[key]
        self.manifests[key] = replace(moved, where=replace(moved.where, path=path))

    @rule(key=KEYS)
    def undeclare(self, key: ResourceKey) -> None:
        self.manifests.pop(key, None)
        self.broken.discard(key)

    @rule(key=KEYS)
    def spoil(self, key: ResourceKey) -> None:
        if key in self.manifests:
            self.broken.add(key)

    @rule(key=KEYS)
    def mend(self, key: ResourceKey) -> None:
        self.broken.discard(key)

    def _declare(self, declared: Manifest) -> None:
        self.manifests[declared.key] = declared
        self.broken.discard(declared.key)

    # What others do to the rows.

    @precondition(lambda self: self.database.jobs)
    @rule(data=st.data(), status=STATUSES)
    def run(self, data: st.DataObject, status: JobStatus) -> None:
        self._edit(data, status=status)

    @precondition(lambda self: self.database.jobs)
    @rule(
        data=st.data(),
        change=st.one_of(
            st.fixed_dictionaries({"branch_id": BRANCHES}),
            st.fixed_dictionaries({"params": st.sampled_from(['{"x":1}', '{"x":true}', "{}"])}),
            st.fixed_dictionaries({"parents": st.just(())}),
            st.fixed_dictionaries({"name": st.sampled_from("abcz")}),
            st.fixed_dictionaries({"generation": st.integers(1, 9), "position": st.integers(0, 9)}),
        ),
    )
    def drift(self, data: st.DataObject, change: dict[str, Any]) -> None:
        self._edit(data, **change)

    def _edit(self, data: st.DataObject, **change: Any) -> None:  # noqa: ANN401 - whatever columns have
        row_id = data.draw(st.sampled_from(sorted(self.database.jobs)))
        cell = self.database.jobs[row_id]
        edited = replace(cell, row=replace(cell.row, **change))
        beneath = [
            c for i, c in self.database.jobs.items() if c.workflow_id == cell.workflow_id and i != row_id
        ]
        if edited.row.name not in {other.row.name for other in beneath}:
            self.database.jobs[row_id] = edited

    @precondition(lambda self: self.database.jobs)
    @rule(data=st.data())
    def remove_job(self, data: st.DataObject) -> None:
        self.database.remove(data.draw(st.sampled_from(sorted(self.database.jobs))))

    @precondition(lambda self: self.database.jobs)
    @rule(data=st.data())
    def hang_elsewhere(self, data: st.DataObject) -> None:
        row_id = data.draw(st.sampled_from(sorted(self.database.jobs)))
        flow_id = data.draw(st.sampled_from(sorted(self.database.workflows)))
        cell = self.database.jobs[row_id]
        taken = {other.row.name for other in self.database.jobs.values() if other.workflow_id == flow_id}
        if cell.row.name not in taken:
            self.database.jobs[row_id] = replace(cell, workflow_id=flow_id)

    @precondition(lambda self: self.database.workflows)
    @rule(data=st.data())
    def remove_workflow(self, data: st.DataObject) -> None:
        self.database.remove(data.draw(st.sampled_from(sorted(self.database.workflows))))

    @rule()
    def remove_idle_users(self) -> None:
        named = {flow.user_id for flow in self.database.workflows.values()}
        for row_id in self.database.users.keys() - named:
            self.database.remove(row_id)

    @precondition(lambda self: self.database.users)
    @rule(data=st.data(), changes=st.booleans(), name=WORKFLOWS, generation=st.integers(1, 9))
    def edit_workflow(self, data: st.DataObject, *, changes: bool, name: str, generation: int) -> None:
        if self.database.workflows:
            row_id = data.draw(st.sampled_from(sorted(self.database.workflows)))
            if changes:
                owner = data.draw(st.sampled_from(sorted(self.database.users)))
                self.database.edit_workflow(row_id, user_id=owner, generation=generation)
            elif name not in {flow.name for flow in self.database.workflows.values()}:
                self.database.edit_workflow(row_id, name=name)

    @rule(row_id=FOREIGN, username=USERNAMES)
    def insert_user(self, row_id: UUID, username: str) -> None:
        if row_id not in self.database.users and username not in self.database.users.values():
            self.database.insert(UserRow(row_id, username))

    @precondition(lambda self: self.database.users)
    @rule(data=st.data(), name=st.none() | WORKFLOWS, own_id=st.booleans(), row_id=FOREIGN)
    def insert_workflow(self, data: st.DataObject, name: str | None, *, own_id: bool, row_id: UUID) -> None:
        row_id = resource_id(workflow_key(name)) if own_id and name else row_id
        flows = self.database.workflows
        if row_id not in flows and (name is None or name not in {flow.name for flow in flows.values()}):
            owner = data.draw(st.sampled_from(sorted(self.database.users)))
            self.database.insert(WorkflowRow(row_id, owner, name, 1, ()))

    @precondition(lambda self: self.database.workflows)
    @rule(data=st.data(), name=st.sampled_from(JOBS), row_id=FOREIGN, branch_id=BRANCHES, status=STATUSES)
    def insert_job(
        self, data: st.DataObject, name: str, row_id: UUID, branch_id: str, status: JobStatus
    ) -> None:
        flow_id = data.draw(st.sampled_from(sorted(self.database.workflows)))
        rows = self.database.rows(Kind.WORKFLOW, flow_id)
        assert isinstance(rows, WorkflowRow)
        if row_id not in self.database.jobs and name not in {other.name for other in rows.jobs}:
            stranger = JobRow(row_id, name, "tiling", branch_id, (), '{"x":1}', 0, 3, status)
            self.database.insert(replace(rows, jobs=(*rows.jobs, stranger)))

    # What the reconciler does.

    @rule()
    def settle(self) -> None:
        """Run a plain pass: often, so that what was edited meets what was applied."""
        self.reconcile(Policy(), None, forced=False)

    @rule()
    def prune(self) -> None:
        """Run a pass that may delete."""
        self.reconcile(Policy(prune=True), None, forced=False)

    @rule(
        policy=st.builds(Policy, prune=st.booleans(), self_heal=st.sampled_from([True, True, False])),
        scope=st.none() | st.sets(KEYS),
        forced=st.booleans(),
    )
    def reconcile(self, policy: Policy, scope: set[ResourceKey] | None, *, forced: bool) -> None:
        """Run a pass, and look at everything it did."""
        if forced:
            policy = replace(policy, force=frozenset([workflow_key("v"), workflow_key("w")]))
        state = self._desired(scope)
        before = self.database.copy()
        plan = self.database.plan(state, policy)
        refused = self.database.apply(plan)
        self._check_still(state, policy, {*refused, *(held.key for held in plan.held_back)})
        self._check_absence(before, plan, state, policy)
        self._check_rows(before, policy)
        self._check_generations(before, state, refused)
        self._check_strangers(before)
        self._check_left(before, plan, refused)
        self._check_outcome(plan, state, refused)
        for key in state.manifests.keys() & self.database.inventory.keys():
            (self.protected.add if state.manifests[key].meta.protected else self.protected.discard)(key)
        for key, jobs in self.database.memory.items():
            if not self._is_left(key):
                self.applied.update((job.id, self.database.jobs[job.id].row) for job in jobs)

    @precondition(lambda self: self.manifests)
    @rule(data=st.data(), policy=st.builds(Policy, prune=st.booleans()))
    def imagine_one_more_broken_file(self, data: st.DataObject, policy: Policy) -> None:
        """It would change nothing of what is done to others, and hold back every delete.

        Set aside are broken users, whom workflows may need, and users who are managed and declared no more:
        what becomes of their rows and of their names hangs on their absence.
        """
        flows = [key for key in self.manifests.keys() - self.broken if key.kind is Kind.WORKFLOW]
        if not flows or any(
            key.kind is Kind.USER for key in self.database.inventory.keys() - self.manifests.keys()
        ):
            return
        good = self.database.plan(self._desired(), policy)
        self.broken.add(key := data.draw(st.sampled_from(sorted(flows))))
        state = self._desired()
        self.broken.discard(key)
        if any(other.kind is Kind.USER for other in state.refused):
            return
        bad = self.database.plan(state, policy)
        by_absence = Delete | Forget | Orphan
        assert [c for c in bad.changes if not isinstance(c, by_absence)] == [
            c for c in good.changes if not isinstance(c, by_absence) and c.key not in state.refused
        ]
        assert not [c for c in bad.changes if isinstance(c, by_absence)]

    def _desired(self, scope: set[ResourceKey] | None = None) -> DesiredState:
        lost = {self.manifests[key].where.path for key in self.broken}
        spoiled = {key for key, m in self.manifests.items() if m.where.path in lost}
        seen = [key for key in self.manifests if scope is None or key in scope]
        return desired(
            *(self.manifests[key] for key in seen if key not in spoiled),
            refused=[refusal(key, path=self.manifests[key].where.path) for key in seen if key in spoiled],
            users=[key.name for key in self.manifests if key.kind is Kind.USER],
            quarantined=lost,
            scope=scope,
        )

    def _managed_jobs(self, database: Database | None = None) -> set[UUID]:
        database = database or self.database
        remembered = {job.id for jobs in database.memory.values() for job in jobs}
        return remembered & database.jobs.keys()

    def _check_still(self, state: DesiredState, policy: Policy, left: set[ResourceKey]) -> None:
        """A further pass writes nothing, but for what was left; soon nothing is."""
        database = self.database.copy()
        for _ in range(3):
            again = database.plan(state, policy)
            assert {change.key for change in again.changes} <= left
            database.apply(again)
        last = database.plan(state, policy)
        assert {change.key for change in last.changes} == database.apply(last)

    def _check_absence(self, before: Database, plan: Plan, state: DesiredState, policy: Policy) -> None:
        """What is deleted is proven to be wanted no more; even an orphan is one by evidence."""
        for change in plan.changes:
            if isinstance(change, Delete | Forget | Orphan):
                assert state.complete
                assert state.scope is None
                assert change.key not in self.manifests
            if isinstance(change, Delete | Forget):
                assert policy.prune
                assert change.key not in self.protected
        for row_id in before.jobs.keys() - self.database.jobs.keys():
            (key,) = (key for key, jobs in before.memory.items() if row_id in {job.id for job in jobs})
            name = next(job.name for job in before.memory[key] if job.id == row_id)
            resource = state.manifests[key].resource if key in state.manifests else None
            assert not isinstance(resource, Workflow) or name not in {job.name for job in resource.jobs}
            if resource is None:
                assert key in {change.key for change in plan.changes if isinstance(change, Delete)}

    def _check_rows(self, before: Database, policy: Policy) -> None:
        """Ids, status and place in the queue stay; work in flight is as it was, or as it was applied."""
        for row_id, cell in before.jobs.items():
            after = self.database.jobs.get(row_id)
            if after is not None:
                assert (after.created_at, after.row.status) == (cell.created_at, cell.row.status)
            if cell.row.in_flight and not policy.force and row_id in self._managed_jobs(before):
                assert after is not None
                kept = [cell.row, self.applied.get(row_id, cell.row)]
                assert after.row in [replace(row, position=after.row.position) for row in kept]
        for key in before.inventory.keys() & self.database.inventory.keys():
            was, now = before.inventory[key].row_id, self.database.inventory[key].row_id
            assert was == now or before.rows(key.kind, was) is None

    def _check_generations(
        self, before: Database, state: DesiredState, refused: frozenset[ResourceKey]
    ) -> None:
        """They grow by one when the manifest changes a row, and only then; hand edits move nothing."""
        for key in before.memory.keys() & self.database.memory.keys() - refused:
            was = {job.id: job for job in before.memory[key]}
            for remembered in self.database.memory[key]:
                if old := was.get(remembered.id):
                    assert remembered.generation - old.generation == (remembered.digest != old.digest)
                row = self.database.jobs.get(remembered.id)
                if key in state.manifests and row is not None and self._is_applied(key):
                    assert row.row.generation == remembered.generation or self._is_left(key)
            old_record, record = before.inventory[key], self.database.inventory[key]
            if old_record.row_id == record.row_id:
                assert record.generation - old_record.generation in (
                    {0} if old_record.digest == record.digest else {0, 1}
                )

    def _is_applied(self, key: ResourceKey) -> bool:
        return self.database.inventory[key].digest == self.manifests[key].digest

    def _is_left(self, key: ResourceKey) -> bool:
        record = self.database.inventory[key]
        return record.fingerprint != self.database.fingerprint(key, record.row_id)

    def _check_strangers(self, before: Database) -> None:
        """A row that nobody manages, before or after, is as it was."""
        taken = {record.row_id for d in (before, self.database) for record in d.inventory.values()}
        assert {i: n for i, n in before.users.items() if i not in taken} == {
            i: n for i, n in self.database.users.items() if i not in taken
        }
        assert {i: f for i, f in before.workflows.items() if i not in taken} == {
            i: f for i, f in self.database.workflows.items() if i not in taken
        }
        jobs = self._managed_jobs(before) | self._managed_jobs()
        assert {i: c for i, c in before.jobs.items() if i not in jobs} == {
            i: c for i, c in self.database.jobs.items() if i not in jobs
        }

    def _check_left(self, before: Database, plan: Plan, refused: frozenset[ResourceKey]) -> None:
        """What is held back keeps its rows, all of them; jobs of others beneath it may go home."""
        for key in refused | {left.key for left in plan.held_back}:
            if record := before.inventory.get(key):
                others = {job.id for k, jobs in before.memory.items() if k != key for job in jobs}
                now, then = (
                    _without(d.rows(key.kind, record.row_id), others) for d in (self.database, before)
                )
                assert now == then

    def _check_outcome(self, plan: Plan, state: DesiredState, refused: frozenset[ResourceKey]) -> None:
        """What is not held back is in the database as its manifest says."""
        left = refused | {held.key for held in plan.held_back}
        for key, declared in state.manifests.items():
            if key in left:
                continue
            record = self.database.inventory[key]
            rows = self.database.rows(key.kind, record.row_id)
            match declared.resource:
                case User(username=username):
                    assert rows == UserRow(record.row_id, username)
                case Workflow(name=name, jobs=jobs):
                    assert isinstance(rows, WorkflowRow)
                    assert rows.name == name
                    assert rows.user_id in self.database.users
                    self._check_jobs(key, rows, jobs)

    def _check_jobs(self, key: ResourceKey, rows: WorkflowRow, jobs: tuple[Job, ...]) -> None:
        ours = {job.id: job for job in self.database.memory[key]}
        names = {row.id: row.name for row in rows.jobs if row.id in ours}
        found = {row.name: row for row in rows.jobs if row.id in ours}
        assert found.keys() == {job.name for job in jobs}
        for position, wanted in enumerate(jobs):
            row = found[wanted.name]
            assert (row.job_type, row.branch_id, row.position) == (
                wanted.job_type,
                wanted.branch_id,
                position,
            )
            assert row.params == params_text(wanted.params)
            assert tuple(names[parent] for parent in row.parents) == wanted.parents
            assert ours[row.id].digest == job_digest(wanted)

    @invariant()
    def no_two_jobs_tie(self) -> None:
        """Every job has a place in the queue of its own."""
        stamps = [cell.created_at for cell in self.database.jobs.values()]
        assert len(set(stamps)) == len(stamps)


def _without(rows: Rows | None, jobs: set[UUID]) -> Rows | None:
    if not isinstance(rows, WorkflowRow):
        return rows
    return replace(rows, jobs=tuple(job for job in rows.jobs if job.id not in jobs))


TestAnyHistory = AnyHistory.TestCase
