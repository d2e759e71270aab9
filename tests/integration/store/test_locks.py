"""Beside other writers: what they hold is skipped whole, nobody waits for us, and we for nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from reconciler.plan import Gate, GateKind, Policy, Sync
from reconciler.resources import resource_id
from reconciler.store import desk
from tests.builders import desired, job, manifest, user, workflow, workflow_key
from tests.integration.store.conftest import PRUNING, Person, Writer, keys, told

ADA = manifest(user("ada"))
FLOWS = [manifest(workflow(f"w{n}", job("a"), job("b", "a"))) for n in range(4)]
EDITED = [manifest(workflow(f"w{n}", job("a", v=1), job("b", "a"))) for n in range(4)]


@contextmanager
def holding(url: str, statement: str) -> Iterator[None]:
    """Let somebody hold what a statement touches, in a transaction that stays open."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        yield
        connection.rollback()


HOLDS = {
    "a status being written": "update jobs set status = 'RUNNING' where name = 'a' and workflow_id = '{w1}'",
    "a job locked": "select from jobs where name = 'b' and workflow_id = '{w1}' for update",
    "a status of the workflow being written": "update workflows set status = 'RUNNING' where id = '{w1}'",
}


@pytest.mark.parametrize("hold", HOLDS)
def test_a_resource_of_which_a_row_is_held_is_left_whole_and_the_rest_commits(
    writer: Writer, person: Person, database_url: str, hold: str
) -> None:
    """None of its rows is written; it is tried again, and nobody was waited for."""
    writer.run(ADA, *FLOWS)
    statement = HOLDS[hold].format(w1=resource_id(workflow_key("w1")))

    with holding(database_url, statement):
        began = time.monotonic()
        applied = writer.run(ADA, *EDITED)
        took = time.monotonic() - began

    assert told(applied) == {"Workflow/w1": "RowLocked"}
    assert [(left.held.sync, left.retry) for left in applied.left] == [(Sync.OUT_OF_SYNC, True)]
    assert keys(applied) == {"Workflow/w0", "Workflow/w2", "Workflow/w3"}
    assert took < 1
    assert person.value("select count(*) from jobs where params <> '{}'") == 3
    assert keys(writer.run(ADA, *EDITED)) == {"Workflow/w1"}


REFERENCES = {
    "a job that goes": [workflow("w", job("a"))],
    "a workflow that goes": [],
}


@pytest.mark.parametrize("gone", REFERENCES)
def test_a_row_to_which_somebody_is_about_to_refer_is_not_waited_for(
    writer: Writer, person: Person, database_url: str, gone: str
) -> None:
    """A foreign key that is not committed yet holds the row that would go: it is skipped, at once."""
    person.does("create table public.notes (job_id uuid references public.jobs)")
    writer.run(ADA, manifest(workflow("w", job("a"), job("b"))))
    insert = "insert into public.notes select id from jobs where name = 'b'"

    with holding(database_url, insert):
        began = time.monotonic()
        applied = writer.run(ADA, *map(manifest, REFERENCES[gone]), policy=PRUNING)
        took = time.monotonic() - began

    assert told(applied) == {"Workflow/w": "RowLocked"}
    assert took < 1


def test_a_name_that_changes_waits_for_nobody_who_refers_to_its_row(
    writer: Writer, database_url: str
) -> None:
    """Somebody inserts a workflow of the user at this moment: its username is changed a little later."""
    writer.run(ADA)
    insert = "insert into workflows (id, user_id) select gen_random_uuid(), id from users"

    with holding(database_url, insert):
        began = time.monotonic()
        applied = writer.run(manifest(user("ada", "eve")))
        took = time.monotonic() - began

    assert told(applied) == {"User/ada": "RowLocked"}
    assert took < 1


def test_who_inserts_the_same_name_at_this_moment_is_waited_for_only_once(
    writer: Writer, person: Person, database_url: str
) -> None:
    """A name that may be taken costs one short wait, however often the pass must be halved."""
    people = [manifest(user(f"u{n:02}")) for n in range(64)]

    with holding(database_url, "insert into users (id, username) values (gen_random_uuid(), 'u40')"):
        began = time.monotonic()
        applied = writer.run(*people)
        took = time.monotonic() - began

    assert told(applied) == {"User/u40": "RowLocked"}
    assert person.value("select count(*) from users") == 63
    assert took < 1.5


def test_rows_that_moved_since_the_plan_are_left_for_the_next(writer: Writer, person: Person) -> None:
    """Conditions are on what the plan saw; a status is no condition."""
    writer.run(ADA, *FLOWS)
    plan = writer.plan(desired(ADA, *EDITED))
    person.does("update jobs set branch_id = 'x' where workflow_id = %s", resource_id(workflow_key("w0")))
    person.does("delete from jobs where workflow_id = %s and name = 'b'", resource_id(workflow_key("w1")))
    person.does(
        "update jobs set status = 'SUCCEEDED' where workflow_id = %s", resource_id(workflow_key("w2"))
    )
    person.does("update workflows set generation = 7 where id = %s", resource_id(workflow_key("w3")))

    applied = writer.apply(plan)

    assert told(applied) == {"Workflow/w0": "RowMoved", "Workflow/w1": "RowMoved", "Workflow/w3": "RowMoved"}
    assert keys(applied) == {"Workflow/w2"}


def test_a_job_that_a_worker_took_up_since_the_plan_defers_its_workflow(
    writer: Writer, person: Person
) -> None:
    """It is found under the lock; other workflows go on, and force goes through."""
    writer.run(ADA, *FLOWS)
    plan = writer.plan(desired(ADA, *EDITED))
    person.does(
        "update jobs set status = 'QUEUED' where name = 'a' and workflow_id = %s",
        resource_id(workflow_key("w1")),
    )

    applied = writer.apply(plan)

    assert told(applied) == {"Workflow/w1": "InFlight"}
    assert person.rows("select params, status from jobs where name = 'a' and status = 'QUEUED'") == [
        ({}, "QUEUED")
    ]
    plan = writer.plan(desired(ADA, *EDITED), replace(Policy(), force=frozenset({workflow_key("w1")})))
    assert told(writer.apply(plan, [workflow_key("w1")])) == {}
    assert person.rows("select params, status from jobs where status = 'QUEUED'") == [({"v": 1}, "QUEUED")]


def test_a_workflow_with_a_job_in_flight_is_not_deleted(writer: Writer, person: Person) -> None:
    """Not even when the worker came after the plan."""
    writer.run(ADA, *FLOWS)
    plan = writer.plan(desired(ADA), PRUNING)
    person.does(
        "update jobs set status = 'RUNNING' where name = 'b' and workflow_id = %s",
        resource_id(workflow_key("w2")),
    )

    applied = writer.apply(plan)

    assert told(applied)["Workflow/w2"] == "InFlight"
    assert person.rows("select name from workflows") == [("w2",)]


def test_a_job_that_somebody_adds_after_the_plan_keeps_its_workflow(writer: Writer, person: Person) -> None:
    """What was not there when pruning was decided is nobody's to delete."""
    writer.run(ADA, *FLOWS)
    plan = writer.plan(desired(ADA), PRUNING)
    person.does(
        "insert into jobs (id, workflow_id, name, job_type) values (gen_random_uuid(), %s, 'theirs', 'x')",
        resource_id(workflow_key("w2")),
    )

    assert told(writer.apply(plan)) == {"Workflow/w2": "RowMoved"}
    assert person.value("select count(*) from jobs") == 3


def test_an_approved_set_is_done_as_a_whole_or_waits_as_a_whole(
    writer: Writer, person: Person, database_url: str
) -> None:
    """While one of its rows is held none of it goes and the approval stands; the rest commits."""
    flows = [manifest(workflow(f"w{n:02}")) for n in range(12)]
    writer.run(ADA, *flows)
    state = desired(ADA, manifest(user("bob")))
    (gate,) = _approve(writer, person, writer.plan(state, PRUNING).gates)

    plan = writer.plan(state, PRUNING)
    assert plan.released == (gate,)
    with holding(database_url, "update jobs set status = 'RUNNING' where id = (select id from jobs limit 1)"):
        applied = writer.apply(plan)

    assert keys(applied) == {"User/bob"}
    assert set(told(applied).values()) == {"RowLocked", "PruneBlocked"}
    assert len(applied.left) == 12
    assert all(left.retry for left in applied.left)
    assert person.value("select count(*) from workflows") == 12

    applied = writer.reconcile(state, PRUNING)
    assert len(applied.done) == 12
    assert person.rows("select consumed_at is not null, consumed_by from reconciler.gates") == [
        (True, person.value("select id from reconciler.passes order by committed_at desc limit 1"))
    ]


def _approve(writer: Writer, person: Person, gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
    writer.store.propose(gates)
    for gate in gates:
        assert gate.kind is GateKind.PRUNE
        desk.approve(person.connection, writer.instance, gate.digest, "somebody")
    return gates


def test_an_approval_serves_once(writer: Writer, person: Person) -> None:
    """Two passes that act on the same one: the second leaves all of it, and says why."""
    writer.run(ADA, *(manifest(workflow(f"w{n:02}")) for n in range(12)))
    state = desired(ADA)
    _approve(writer, person, writer.plan(state, PRUNING).gates)
    plan = writer.plan(state, PRUNING)
    person.does("update reconciler.gates set consumed_at = now()")

    applied = writer.apply(plan)

    assert applied.done == frozenset()
    assert set(told(applied).values()) == {"PruneBlocked"}
    assert person.value("select count(*) from workflows") == 12


def test_an_approval_ends_after_a_day(writer: Writer, person: Person) -> None:
    """It was for the set as it stood then."""
    writer.run(ADA, *(manifest(workflow(f"w{n:02}")) for n in range(12)))
    state = desired(ADA)
    _approve(writer, person, writer.plan(state, PRUNING).gates)
    assert person.value("select expires_at - approved_at = '1 day' from reconciler.gates")
    person.does("update reconciler.gates set expires_at = now()")

    assert writer.plan(state, PRUNING).released == ()


def test_the_user_of_a_new_workflow_that_is_being_deleted_is_not_waited_for(
    writer: Writer, database_url: str
) -> None:
    """The workflow waits for the next pass."""
    writer.run(ADA)

    with holding(database_url, "delete from users"):
        began = time.monotonic()
        applied = writer.run(ADA, *FLOWS)
        took = time.monotonic() - began

    assert set(told(applied).values()) == {"RowLocked"}
    assert len(applied.left) == 4
    assert took < 1
