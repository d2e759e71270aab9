"""A job that somebody hung beneath another workflow is ours all the same, and comes back."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from reconciler.plan import Policy
from reconciler.resources import job_id, resource_id
from tests.builders import desired, job, manifest, user, workflow, workflow_key
from tests.integration.store.conftest import PRUNING, Person, Writer, keys, told

ADA = manifest(user("ada"))
HOME = manifest(workflow("home", job("tile"), job("infer", "tile")))
AWAY = manifest(workflow("away", job("other")))
HOME_ID, AWAY_ID = (resource_id(workflow_key(name)) for name in ("home", "away"))
INFER = job_id(HOME_ID, "infer")
ROWS = "select id, workflow_id, name, generation, status, created_at from jobs order by id"


def _move(person: Person, job: UUID = INFER, to: UUID = AWAY_ID) -> None:
    assert person.does("update jobs set workflow_id = %s where id = %s", to, job) == 1


def test_it_is_put_back_as_it_was(writer: Writer, person: Person) -> None:
    """The same row: its status and its place in the queue with it."""
    writer.run(ADA, HOME, AWAY)
    before = person.rows(ROWS)
    _move(person)

    applied = writer.run(ADA, HOME, AWAY)

    assert keys(applied) == {"Workflow/home"}
    assert applied.rows_written == 1
    assert person.rows(ROWS) == before
    assert writer.plan(desired(ADA, HOME, AWAY)).empty
    ((told_before, told_after),) = person.rows(
        "select before -> 'jobs' -> 0 ->> 'workflow_id', after -> 'jobs' -> 0 ->> 'workflow_id'"
        " from reconciler.history where action = 'healed'"
    )
    assert (told_before, told_after) == (str(AWAY_ID), None)


def test_it_is_put_back_while_it_runs_and_its_workflow_is_edited(writer: Writer, person: Person) -> None:
    """To put back is not to alter; the edit of another job goes along."""
    writer.run(ADA, HOME, AWAY)
    _move(person)
    person.does("update jobs set status = 'RUNNING' where id = %s", INFER)
    edited = manifest(workflow("home", job("tile", v=2), job("infer", "tile")))

    assert told(writer.run(ADA, edited, AWAY)) == {}
    assert person.rows("select workflow_id, status, generation from jobs where id = %s", INFER) == [
        (HOME_ID, "RUNNING", 1)
    ]


def test_it_goes_with_its_own_workflow_and_keeps_the_other_until_then(writer: Writer, person: Person) -> None:
    """The other one can't be deleted beneath it; its own takes it along."""
    writer.run(ADA, HOME, AWAY)
    _move(person)
    left = writer.plan(desired(ADA, HOME), Policy(prune=True, self_heal=False)).held_back
    assert "Workflow/away" in [str(one.key) for one in left]

    assert told(writer.run(ADA, policy=PRUNING)) == {}
    writer.run(ADA, policy=PRUNING)

    assert person.rows("select name from workflows") == []
    assert person.rows("select name from jobs") == []


def test_where_its_name_was_taken_meanwhile_the_conflict_is_told(writer: Writer, person: Person) -> None:
    """A row that nobody manages bears it now, and is not touched."""
    writer.run(ADA, HOME, AWAY)
    _move(person)
    person.does(
        "insert into jobs (id, workflow_id, name, job_type) values (gen_random_uuid(), %s, 'infer', 'x')",
        HOME_ID,
    )

    plan = writer.plan(desired(ADA, HOME, AWAY))

    assert [(str(one.key), one.reason.value) for one in plan.held_back] == [("Workflow/home", "RowExists")]
    assert plan.changes == ()


def test_where_our_own_job_took_its_name_both_are_put_back(writer: Writer, person: Person) -> None:
    """In one statement, whichever row it meets first."""
    writer.run(ADA, HOME, AWAY)
    before = person.rows(ROWS)
    _move(person)
    person.does("update jobs set name = 'infer' where id = %s", job_id(HOME_ID, "tile"))

    assert told(writer.run(ADA, HOME, AWAY)) == {}
    assert person.rows(ROWS) == before


def test_the_workflow_beneath_which_it_hangs_does_not_take_it_for_its_own(
    writer: Writer, person: Person
) -> None:
    """Though a job of that name was deleted there: each gets its own back, in one pass."""
    twin = manifest(workflow("away", job("infer")))
    writer.run(ADA, HOME, twin)
    before = person.rows("select id, workflow_id, name from jobs order by id")
    person.does("delete from jobs where workflow_id = %s", AWAY_ID)
    _move(person)

    assert told(writer.run(ADA, HOME, twin)) == {}

    assert person.rows("select id, workflow_id, name from jobs order by id") == before
    assert writer.plan(desired(ADA, HOME, twin)).empty


def test_a_row_that_somebody_holds_elsewhere_is_waited_for_by_nobody(
    writer: Writer, person: Person, database_url: str
) -> None:
    """It is skipped with its workflow, and put back once it is let go."""
    writer.run(ADA, HOME, AWAY)
    _move(person)
    with psycopg.connect(database_url) as busy:
        busy.execute("select from jobs where id = %s for update", [INFER])
        (reason,) = set(told(writer.run(ADA, HOME, AWAY)).values())
        assert reason in {"RowLocked", "RowMoved"}

    assert told(writer.run(ADA, HOME, AWAY)) == {}
    assert person.value("select workflow_id from jobs where id = %s", INFER) == HOME_ID


@pytest.mark.parametrize("heals", [True, False])
def test_it_is_only_reported_where_nothing_is_healed(writer: Writer, person: Person, *, heals: bool) -> None:
    """With self_heal off it stays where it was put."""
    writer.run(ADA, HOME, AWAY)
    _move(person)

    writer.run(ADA, HOME, AWAY, policy=Policy(self_heal=heals))

    home = HOME_ID if heals else AWAY_ID
    assert person.value("select workflow_id from jobs where id = %s", INFER) == home
