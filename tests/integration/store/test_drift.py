"""Drift is told of at once: every owned column edited by hand, and nothing else that happens to a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from queue import SimpleQueue
from uuid import UUID, uuid4

import psycopg
import pytest

from reconciler.report import Hints, Request, Trigger, Wakeup
from reconciler.resources import job_id, resource_id
from reconciler.store import desk
from reconciler.store.columns import OWNED
from reconciler.store.ear import Ear
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.integration.store.conftest import Person, Writer, told

ADA, EVE = manifest(user("ada")), manifest(user("eve"))
FLOW = manifest(workflow("w", job("a"), job("b", "a")))
OTHER = manifest(workflow("other", job("x")))
EVERYTHING = (ADA, EVE, FLOW, OTHER)
ADA_ID, EVE_ID = (resource_id(user_key(name)) for name in ("ada", "eve"))
FLOW_ID, OTHER_ID = (resource_id(workflow_key(name)) for name in ("w", "other"))
B_ID = job_id(FLOW_ID, "b")

ROWS = {"users": EVE_ID, "workflows": FLOW_ID, "jobs": B_ID}
"""The row of each table that is edited."""

RESOURCES = {"users": EVE_ID, "workflows": FLOW_ID, "jobs": FLOW_ID}
"""The resource that each of them belongs to."""

EDITS = {
    "users": {"username": "'somebody'"},
    "workflows": {"user_id": f"'{EVE_ID}'", "name": "'renamed'", "generation": "7"},
    "jobs": {
        "workflow_id": f"'{OTHER_ID}'",
        "name": "'renamed'",
        "job_type": "'inference'",
        "branch_id": "'elsewhere'",
        "parent_ids_json": "'[]'",
        "params": """'{"tile": 512}'""",
        "position": "9",
        "generation": "7",
    },
}

THEIRS = {
    "users": {"created_at": "now()"},
    "workflows": {"status": "'RUNNING'", "observed_generation": "1", "created_at": "now()"},
    "jobs": {"status": "'RUNNING'", "observed_generation": "1", "created_at": "now()"},
}


def _pairs(values: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(table, column) for table in values for column in values[table]]


@pytest.fixture
def notes(database_url: str, writer: Writer) -> Iterator[psycopg.Connection]:
    """Give a connection that listens, once everything is as the manifests say."""
    writer.run(*EVERYTHING)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("listen reconciler")
        yield connection


def _heard(notes: psycopg.Connection, person: Person) -> list[str]:
    """Give the notes that have been sent by now; a last one of our own says that there are no more."""
    person.does("notify reconciler, 'end'")
    heard: list[str] = []
    for note in notes.notifies(timeout=30):
        if note.payload == "end":
            return heard
        heard.append(note.payload)
    raise AssertionError("no note came")


_LOOK = "select {1} from public.{0} where id = %s"
_EDIT = "update public.{0} set {1} = {2} where id = %s"


def _edit(person: Person, table: str, column: str, value: str) -> None:
    assert person.does(_EDIT.format(table, column, value), ROWS[table]) == 1


def test_every_owned_column_is_tried() -> None:
    """But for ids, which have a test of their own."""
    assert {table: {*columns, "id"} for table, columns in EDITS.items()} == {
        table: set(columns) for table, columns in OWNED.items()
    }


@pytest.mark.parametrize(("table", "column"), _pairs(EDITS))
def test_an_owned_column_edited_by_hand_is_told_of_and_put_back(
    writer: Writer, person: Person, notes: psycopg.Connection, table: str, column: str
) -> None:
    """One note, that names the resource; what heals it tells of nothing."""
    query, row = _LOOK.format(table, column), ROWS[table]
    before = person.value(query, row)
    _edit(person, table, column, EDITS[table][column])
    assert person.value(query, row) != before

    assert _heard(notes, person) == [f"drift default {RESOURCES[table]}"]
    assert writer.store.locate([RESOURCES[table]])
    assert told(writer.run(*EVERYTHING)) == {}
    assert person.value(query, row) == before
    assert _heard(notes, person) == []


@pytest.mark.parametrize("table", OWNED)
def test_an_id_edited_by_hand_is_told_of(
    writer: Writer, person: Person, notes: psycopg.Connection, table: str
) -> None:
    """By the id that was: that row is gone, and another bears its name."""
    if table == "workflows":
        person.does("update jobs set workflow_id = %s where workflow_id = %s", OTHER_ID, FLOW_ID)
        assert _heard(notes, person)

    _edit(person, table, "id", f"'{uuid4()}'")

    assert _heard(notes, person) == [f"drift default {RESOURCES[table]}"]
    plan = writer.plan(desired(*EVERYTHING))
    assert plan.changes or plan.held_back


@pytest.mark.parametrize(("table", "column"), _pairs(THEIRS))
def test_a_column_of_others_is_theirs(
    writer: Writer, person: Person, notes: psycopg.Connection, table: str, column: str
) -> None:
    """Neither told of nor seen by the next look at everything."""
    _edit(person, table, column, THEIRS[table][column])

    assert _heard(notes, person) == []
    assert writer.plan(desired(*EVERYTHING)).empty


def test_writing_what_is_there_already_is_no_drift(
    writer: Writer, person: Person, notes: psycopg.Connection
) -> None:
    """An object mapper saves every column of what it loaded."""
    person.does("update jobs set name = name, params = params, position = position, status = 'QUEUED'")
    person.does("update workflows set name = name, user_id = user_id")
    person.does("update users set username = username")

    assert _heard(notes, person) == []
    assert writer.plan(desired(*EVERYTHING)).empty


def test_rows_of_others_are_none_of_our_business(person: Person, notes: psycopg.Connection) -> None:
    """Nor are their jobs beneath our workflow."""
    person.does("insert into users (id, username) values (gen_random_uuid(), 'guest')")
    person.does("update users set username = 'visitor' where username = 'guest'")
    person.does(
        "insert into jobs (id, workflow_id, name, job_type) values (gen_random_uuid(), %s, 'theirs', 'x')",
        FLOW_ID,
    )
    person.does("update jobs set name = 'still theirs' where name = 'theirs'")
    person.does("delete from users where username = 'visitor'")

    assert _heard(notes, person) == []


def test_what_is_deleted_is_told_of_once_a_resource_and_everything_as_everything(
    person: Person, notes: psycopg.Connection
) -> None:
    """However many jobs went with one statement."""
    person.does("delete from jobs where workflow_id = %s", FLOW_ID)
    assert _heard(notes, person) == [f"drift default {FLOW_ID}"]
    person.does("truncate jobs")
    assert _heard(notes, person) == ["drift default *"]


# --- the ear ----------------------------------------------------------------------------------------------


@pytest.fixture
def heard(database_url: str) -> Iterator[SimpleQueue[Wakeup]]:
    """Collect what an ear of the instance hears, the first look included."""
    queue: SimpleQueue[Wakeup] = SimpleQueue()
    ear = Ear(database_url, "default", queue.put)
    ear.start()
    assert queue.get(timeout=30).triggers == (Trigger.START,)
    yield queue
    ear.stop()


def test_notes_are_heard_as_hints(writer: Writer, person: Person, heard: SimpleQueue[Wakeup]) -> None:
    """Drift by its row; a request with what it asks for."""
    writer.run(*EVERYTHING)
    _edit(person, "users", "username", "'somebody'")
    assert heard.get(timeout=30) == Wakeup((Trigger.DRIFT,), Hints(row_ids=frozenset([EVE_ID])))

    asked = Request(uuid4(), frozenset([workflow_key("w")]))
    desk.ask(person.connection, "default", "me", asked)
    assert heard.get(timeout=30).requests == (asked,)


def test_what_is_for_another_instance_is_not_heard(person: Person, heard: SimpleQueue[Wakeup]) -> None:
    """They share the channel."""
    desk.ask(person.connection, "other", "me")
    request = desk.ask(person.connection, "default", "me")
    assert [one.id for one in heard.get(timeout=30).requests] == [request]


def test_an_ear_that_was_cut_off_listens_again_and_then_asks_for_everything(
    writer: Writer, person: Person, heard: SimpleQueue[Wakeup]
) -> None:
    """What it missed meanwhile, nobody tells again: a full pass finds drift, and requests are read."""
    writer.run(*EVERYTHING)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s"
    person.rows(cut, "reconciler ear default")
    missed = _ask_unheard(person)

    again = heard.get(timeout=30)

    assert (again.triggers, again.whole) == ((Trigger.START,), True)
    assert [one.id for one in again.requests] == [missed]
    _edit(person, "users", "username", "'somebody'")
    assert heard.get(timeout=30).triggers == (Trigger.DRIFT,)


def _ask_unheard(person: Person) -> UUID:
    """Ask as `reconcile` does, without the note that goes with it."""
    request = uuid4()
    person.does(
        "insert into reconciler.requests (id, instance, requested_by) values (%s, 'default', 'me')", request
    )
    return request
