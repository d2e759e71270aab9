"""The store against the model of the database: whatever happens, both come to the same rows and books."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from reconciler.plan import JobMemory, JobRow, Policy
from reconciler.resources import Kind, ResourceKey, params_text
from tests.builders import workflow_key
from tests.integration.store.conftest import Person, Writer
from tests.model import Cell, Database, Flow
from tests.unit.plan.test_any_history import KEYS, AnyHistory

_RECORDS = """
select kind, name, row_id, path, digest, meta_digest, generation, protected, orphaned,
    job_ids, job_names, job_generations, job_digests
from reconciler.inventory"""

_JOBS = """
select id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, generation, status,
    created_at
from jobs order by created_at"""

_PUT_JOB = """
insert into jobs (id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, generation,
    status)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (id) do update set workflow_id = excluded.workflow_id, name = excluded.name,
    branch_id = excluded.branch_id,
    parent_ids_json = excluded.parent_ids_json, params = excluded.params, position = excluded.position,
    generation = excluded.generation, status = excluded.status
returning created_at"""

_EMPTY = (
    "delete from jobs",
    "delete from workflows",
    "delete from users",
    "delete from reconciler.inventory",
    "delete from reconciler.history",
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Twin(AnyHistory):
    """The history of the model, with every pass run on a real database too."""

    def __init__(self, writer: Writer, person: Person) -> None:
        super().__init__()
        self.writer = writer
        self.person = person
        for statement in _EMPTY:
            person.does(statement)

    @rule(
        policy=st.builds(Policy, prune=st.booleans(), self_heal=st.sampled_from([True, True, False])),
        scope=st.none() | st.sets(KEYS),
        forced=st.booleans(),
    )
    def reconcile(self, policy: Policy, scope: set[ResourceKey] | None, *, forced: bool) -> None:
        """Run the same pass on both, and compare what came of it."""
        self._push()
        before = self.database.copy()
        super().reconcile(policy, scope, forced=forced)
        if forced:
            policy = replace(policy, force=frozenset([workflow_key("v"), workflow_key("w")]))
        state = self._desired(scope)
        expected = before.plan(state, policy)
        refused = before.copy().apply(expected)
        plan = self.writer.plan(state, policy)
        applied = self.writer.apply(plan, policy.force)

        assert [(type(c), c.key) for c in plan.changes] == [(type(c), c.key) for c in expected.changes]
        assert [(h.key, h.sync, h.reason) for h in plan.held_back] == [
            (h.key, h.sync, h.reason) for h in expected.held_back
        ]
        assert {left.held.key for left in applied.left} <= refused
        if {left.held.key for left in applied.left} == refused:
            self._compare()
        self._pull()

    # Somebody does to the real rows what was done to the model's.

    def _push(self) -> None:
        users, flows, jobs = self._read()
        for row_id in jobs.keys() - self.database.jobs.keys():
            self.person.does("delete from jobs where id = %s", row_id)
        gone = list(flows.keys() - self.database.workflows.keys())
        self.person.does("update workflows set name = null where id = any (%s)", gone)
        self._push_users(users)
        self._push_workflows(flows)
        self._push_jobs(jobs)
        self.person.does("delete from workflows where id = any (%s)", gone)
        for row_id in users.keys() - self.database.users.keys():
            self.person.does("delete from users where id = %s", row_id)

    def _push_users(self, users: dict[UUID, str]) -> None:
        for row_id in users.keys() - {i for i, n in self.database.users.items() if users.get(i) == n}:
            self.person.does("update users set username = id::text where id = %s", row_id)
        for row_id, username in self.database.users.items():
            self.person.does(
                "insert into users (id, username) values (%s, %s) on conflict (id) do update set username ="
                " excluded.username where users.username <> excluded.username",
                row_id,
                username,
            )

    def _push_workflows(self, flows: dict[UUID, Flow]) -> None:
        self.person.does(
            "update workflows set name = null where id = any (%s)",
            [i for i, flow in self.database.workflows.items() if i in flows and flows[i] != flow],
        )
        for row_id, flow in self.database.workflows.items():
            if flows.get(row_id) != flow:
                self.person.does(
                    "insert into workflows (id, user_id, name, generation) values (%s, %s, %s, %s)"
                    " on conflict (id) do update set user_id = excluded.user_id, name = excluded.name,"
                    " generation = excluded.generation",
                    row_id,
                    flow.user_id,
                    flow.name,
                    flow.generation,
                )

    def _push_jobs(self, jobs: dict[UUID, Cell]) -> None:
        edited = {
            i: cell for i, cell in self.database.jobs.items() if _columns(cell) != _columns(jobs.get(i))
        }
        self.person.does("update jobs set name = id::text where id = any (%s)", list(edited))
        for row_id in sorted(edited, key=lambda row_id: edited[row_id].created_at):
            cell = edited[row_id]
            created_at = self.person.rows(_PUT_JOB, *_columns(cell))[0][0]
            self.database.jobs[row_id] = replace(cell, created_at=_fraction(created_at))

    # What is there is read back, compared, and gone on from.

    def _read(self) -> tuple[dict[UUID, str], dict[UUID, Flow], dict[UUID, Cell]]:
        users = dict(self.person.rows("select id, username from users"))
        flows = {
            row_id: Flow(*rest)
            for row_id, *rest in self.person.rows("select id, user_id, name, generation from workflows")
        }
        jobs = {row[0]: _cell(*row) for row in self.person.rows(_JOBS)}
        return users, flows, jobs

    def _compare(self) -> None:
        users, flows, jobs = self._read()
        model = self.database
        assert users == model.users
        assert flows == model.workflows
        assert {i: (c.workflow_id, c.row, c.row.status) for i, c in jobs.items()} == {
            i: (c.workflow_id, c.row, str(c.row.status)) for i, c in model.jobs.items()
        }
        assert _order(jobs) == _order(model.jobs)
        read = self._books()
        for key, record in model.inventory.items():
            found = read.inventory[key]
            assert found == replace(record, fingerprint=found.fingerprint, seen=None, owner=None)
            drifted = record.fingerprint != model.fingerprint(key, record.row_id)
            assert drifted is (found.fingerprint == 0)
        assert read.inventory.keys() == model.inventory.keys()
        assert {k: v for k, v in read.memory.items() if v} == {k: v for k, v in model.memory.items() if v}

    def _books(self) -> Database:
        """Read the inventory; a fingerprint that holds is the model's, one that does not is 0."""
        users, flows, jobs = self._read()
        read = Database(users, flows, jobs)
        survey = self.writer.store.survey(self._desired())
        for kind, name, _, _, _, _, _, _, _, *arrays in self.person.rows(_RECORDS):
            key = ResourceKey(Kind(kind), name)
            ids, names, generations, digests = arrays
            read.memory[key] = tuple(map(JobMemory, ids, names, generations, digests))
            record = survey.records[key]
            now = read.fingerprint(key, record.row_id) or 0
            record = replace(record, fingerprint=0 if record.drifted else now, seen=None, owner=None)
            # A user's generation is the inventory's own; the model keeps none.
            read.inventory[key] = replace(record, generation=0) if kind == Kind.USER else record
        return read

    def _pull(self) -> None:
        read = self._books()
        self.database.users, self.database.workflows, self.database.jobs = (
            read.users,
            read.workflows,
            read.jobs,
        )
        self.database.inventory, self.database.memory = read.inventory, read.memory
        self.database.pruned = self.person.value(
            "select count(*) from reconciler.history where action = 'pruned'"
        )


def _cell(row_id: UUID, workflow_id: UUID, *columns: Any) -> Cell:  # noqa: ANN401
    name, job_type, branch_id, parents, params, position, generation, status, created_at = columns
    row = JobRow(
        id=row_id,
        name=name,
        job_type=job_type,
        branch_id=branch_id,
        parents=tuple(map(UUID, parents)),
        params=params_text(params),
        position=position,
        generation=generation,
        status=status,
    )
    return Cell(workflow_id, row, _fraction(created_at))


def _columns(cell: Cell | None) -> tuple[Any, ...]:
    if cell is None:
        return ()
    row = cell.row
    parents = json.dumps([str(parent) for parent in row.parents])
    place = row.id, cell.workflow_id, row.name, row.job_type, row.branch_id
    return (*place, parents, row.params, row.position, row.generation, str(row.status))


def _fraction(created_at: datetime) -> Fraction:
    return Fraction((created_at - _EPOCH) // _MICROSECOND, 10**6)


def _order(jobs: dict[UUID, Cell]) -> list[UUID]:
    return sorted(jobs, key=lambda row_id: jobs[row_id].created_at)


def test_the_store_does_what_the_model_does(writer: Writer, person: Person) -> None:
    """Plans, rows, queue, inventory and memory agree after every pass of any history."""

    class Here(Twin):
        def __init__(self) -> None:
            super().__init__(writer, person)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
