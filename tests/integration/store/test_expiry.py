"""What is over age goes, and nothing that decides anything."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from reconciler.errors import SteppedDown
from reconciler.plan import Gate, GateKind
from reconciler.resources import Kind, ResourceKey
from reconciler.store import desk
from tests.builders import desired, manifest, user, workflow
from tests.integration.store.conftest import Person, Writer, told

ADA, EVE = manifest(user("ada")), manifest(user("eve"))
FLOW = manifest(workflow("w"))
KEEP = timedelta(days=90)
MANY = 1000

AGED = {
    "history": ("at",),
    "passes": ("started_at", "committed_at"),
    "requests": ("requested_at", "answered_at"),
    "gates": ("proposed_at", "approved_at", "expires_at", "consumed_at"),
    "suspensions": ("since", "until"),
}
_MOVE = "update reconciler.{0} set {1} = {1} - %s::interval"
_COUNT = "select count(*) from reconciler.{0}"


def _age(person: Person, by: str) -> None:
    """Let everything in the books have been so much longer ago."""
    for table, columns in AGED.items():
        for column in columns:
            person.does(_MOVE.format(table, column), by)


def _left(person: Person) -> dict[str, int]:
    counts = {table: person.value(_COUNT.format(table)) for table in AGED}
    return {table: number for table, number in counts.items() if number}


def test_what_is_older_goes_and_what_is_younger_stays(writer: Writer, person: Person) -> None:
    """To the day."""
    writer.run(ADA)
    _age(person, "2 days")
    writer.run(ADA, EVE)
    _age(person, "89 days")

    assert writer.store.expire(writer.epoch, KEEP, MANY) == 2

    assert person.rows("select name from reconciler.history") == [("eve",)]
    assert person.value("select count(*) from reconciler.passes") == 1
    assert writer.store.expire(writer.epoch, KEEP, MANY) == 0


def test_the_rows_and_what_is_remembered_of_them_are_not_touched(writer: Writer, person: Person) -> None:
    """Another pass finds nothing to do, and heals from memory as before."""
    writer.run(ADA, FLOW)
    _age(person, "1 year")
    books = "select t::text, xmin::text from reconciler.inventory t order by 1"
    rows = "select id::text, xmin::text from jobs order by 1"
    before = person.rows(books), person.rows(rows)

    assert writer.store.expire(writer.epoch, KEEP, MANY) == 3

    assert (person.rows(books), person.rows(rows)) == before
    assert writer.plan(desired(ADA, FLOW)).empty
    person.does("delete from jobs")
    assert told(writer.run(ADA, FLOW)) == {}
    assert [(row,) for row, _ in before[1]] == person.rows("select id::text from jobs order by 1")


def test_one_go_removes_no_more_than_it_was_allowed(writer: Writer, person: Person) -> None:
    """History first, so that its passes stay with it."""
    writer.run(*[manifest(user(f"u{number}")) for number in range(5)])
    _age(person, "1 year")

    assert writer.store.expire(writer.epoch, KEEP, 3) == 3
    assert _left(person) == {"history": 2, "passes": 1}
    assert writer.store.expire(writer.epoch, KEEP, 3) == 3
    assert _left(person) == {}


def test_nothing_that_waits_or_holds_is_removed_however_old(writer: Writer, person: Person) -> None:
    """A set that waits for approval, a suspension without an end."""
    connection = person.connection
    desk.propose(connection, "default", [Gate(GateKind.PRUNE, "waits", ())])
    desk.suspend(connection, desk.Subject("default", ResourceKey(Kind.USER, "ada")), "why", "me", None)
    _age(person, "10 years")

    assert writer.store.expire(writer.epoch, KEEP, MANY) == 0
    assert _left(person) == {"gates": 1, "suspensions": 1}


def test_what_was_asked_used_and_ended_goes(writer: Writer, person: Person) -> None:
    """Requests, approvals that were used or ran out, sources that nobody approved, ended suspensions."""
    connection = person.connection
    for digest, kind in (("used", GateKind.PRUNE), ("ran-out", GateKind.HEAL), ("moved", GateKind.SOURCE)):
        desk.propose(connection, "default", [Gate(kind, digest, ())])
    desk.approve(connection, "default", "used", "me")
    desk.approve(connection, "default", "ran-out", "me")
    assert desk.consume(connection, "default", "used", uuid4())
    desk.ask(connection, "default", "me")
    whole = desk.Subject("default", None)
    desk.suspend(connection, whole, "why", "me", timedelta(hours=1))
    _age(person, "89 days")
    assert writer.store.expire(writer.epoch, KEEP, MANY) == 0
    _age(person, "2 days")

    assert writer.store.expire(writer.epoch, KEEP, MANY) == 5
    assert _left(person) == {}


def test_what_other_instances_did_is_theirs_to_remove(writer: Writer, person: Person) -> None:
    """Each has an age of its own."""
    writer.run(ADA)
    person.does("update reconciler.history set instance = 'other'")
    person.does("update reconciler.passes set instance = 'other'")
    _age(person, "1 year")

    assert writer.store.expire(writer.epoch, KEEP, MANY) == 0


def test_a_stale_writer_removes_nothing(writer: Writer, person: Person) -> None:
    """P5 holds for this too."""
    writer.run(ADA)
    _age(person, "1 year")
    with pytest.raises(SteppedDown):
        writer.store.expire(writer.epoch - 1, KEEP, MANY)
    assert _left(person) == {"history": 1, "passes": 1}


def test_the_hours_prunes_count_whatever_is_removed(writer: Writer, person: Person) -> None:
    """The least age that can be set is longer than what the budget looks back on."""
    counted = "select count(*) from reconciler.history where action = 'pruned'"
    writer.run(ADA)
    person.does("update reconciler.history set action = 'pruned', at = now() - interval '59 minutes'")
    writer.store.expire(writer.epoch, timedelta(days=1), MANY)
    assert person.value(counted) == 1
