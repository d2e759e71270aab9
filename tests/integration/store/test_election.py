"""One writer: a lock elects it, and an epoch fences whatever it writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from reconciler.errors import SchemaMismatch, SourceRefused, SteppedDown, StoreRefused, StoreUnavailable
from reconciler.plan import Plan
from reconciler.store import desk, election
from reconciler.store.connect import connect
from reconciler.store.election import Candidate, PostgresElection
from reconciler.store.postgres import PostgresStore
from tests.builders import desired, manifest, user, workflow
from tests.fakes import HandClock
from tests.integration.store.conftest import Person, Writer

ADA = manifest(user("ada"))

Stand = Callable[..., PostgresElection]


@pytest.fixture
def candidate(database_url: str) -> Iterator[Stand]:
    """Give a way to make candidates of one instance, each with a session of its own."""
    with ExitStack() as stack:

        def make(holder: str, instance: str = "default", source: str = "") -> PostgresElection:
            made = PostgresElection(database_url, Candidate(instance, holder, source), migrates=False)
            stack.callback(made.resign)
            return made

        yield make


def test_of_two_candidates_one_is_elected_and_the_other_waits(candidate: Stand) -> None:
    """Asking again changes nothing."""
    first, second = candidate("a"), candidate("b")

    assert [first.stand(), second.stand(), first.stand(), second.stand()] == [1, None, 1, None]


def test_the_second_takes_over_at_once_when_the_first_resigns(candidate: Stand) -> None:
    """With an epoch of its own; the first may stand again."""
    first, second = candidate("a"), candidate("b")
    first.stand()
    assert second.stand() is None

    first.resign()

    assert second.stand() == 2
    assert first.stand() is None


def test_the_second_takes_over_when_the_session_of_the_first_is_cut(candidate: Stand, person: Person) -> None:
    """The first learns of it when it next asks, and is a candidate like any other from then on."""
    first, second = candidate("a"), candidate("b")
    first.stand()
    cut(person)

    assert _stand_soon(second) == 2
    with pytest.raises(StoreUnavailable):
        first.stand()
    assert first.stand() is None


def cut(person: Person) -> None:
    """End the session of every seat."""
    person.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'reconciler seat%%' and datname = current_database()"
    )


def _stand_soon(candidate: PostgresElection) -> int | None:
    """Stand until elected: a session that is being ended still has its lock for a moment."""
    deadline = time.monotonic() + 5
    while (epoch := candidate.stand()) is None:
        assert time.monotonic() < deadline
    return epoch


def test_instances_elect_apart_and_none_is_locked_out_by_its_name(candidate: Stand) -> None:
    """Not even one that is called like a lock of ours."""
    names = ("one", "two", "migration", "seat/one", "")

    assert [candidate("a", instance=name).stand() for name in names] == [1, 1, 1, 1, 1]


def test_a_leader_that_has_not_said_for_long_that_it_lives_is_unseated(
    candidate: Stand, person: Person
) -> None:
    """Stopped, or on a host that hangs: its session still holds the lock, and is ended."""
    first, second = candidate("a"), candidate("b")
    first.stand()
    person.does("insert into reconciler.replicas (instance, replica) values ('default', 'a')")
    for silence in ("0 seconds", "29 seconds"):
        _age(person, silence)
        assert second.stand() is None
        assert first.stand() == 1

    _age(person, "31 seconds")

    assert second.stand() is None, "its session is ended, and its lock is free then"
    assert _stand_soon(second) == 2


def _age(person: Person, by: str) -> None:
    """Let the heartbeats, and the elections, have been so long ago."""
    person.does("update reconciler.replicas set lease_at = clock_timestamp() - %s::interval", by)
    person.does("update reconciler.fence set taken_at = clock_timestamp() - %s::interval", by)


def test_a_leader_that_lives_is_not_unseated_however_long_its_pass_takes(
    candidate: Stand, person: Person
) -> None:
    """Its heartbeat goes on beside the pass."""
    first, second = candidate("a"), candidate("b")
    first.stand()
    person.does("insert into reconciler.replicas (instance, replica) values ('default', 'a')")
    person.does("update reconciler.fence set taken_at = now() - interval '1 hour'")

    assert second.stand() is None
    assert second.stand() is None
    assert first.stand() == 1


def test_a_command_without_a_heartbeat_is_not_taken_for_dead(candidate: Stand, person: Person) -> None:
    """`apply` has no row among the replicas, and may run for minutes."""
    first, second = candidate("a"), candidate("b")
    first.stand()
    person.does("update reconciler.fence set taken_at = now() - interval '5 minutes'")

    assert [second.stand(), second.stand(), first.stand()] == [None, None, 1]


def test_nobody_waits_for_the_last_transaction_of_a_former_writer(
    candidate: Stand, writer: Writer, database_url: str, person: Person
) -> None:
    """It holds the fence: the candidate asks again, and has the seat when it has ended."""
    second = candidate("b")
    with psycopg.connect(database_url) as stale:
        stale.execute("select from reconciler.fence where instance = 'default' for share")
        cut(person)
        began = time.monotonic()
        assert [second.stand() for _ in range(2)] == [None, None]
        assert time.monotonic() - began < 3
    assert _stand_soon(second) == writer.epoch + 1


def test_a_stale_writer_writes_nothing_and_is_told_to_step_down(
    writer: Writer, candidate: Stand, person: Person
) -> None:
    """P5: not a row, not a word in the books, not a place in the queue."""
    writer.run(ADA)
    plans: list[Plan] = [
        writer.plan(desired(ADA, manifest(workflow("w")))),
        writer.plan(desired(manifest(user("ada", "eve")))),
    ]
    cut(person)
    _stand_soon(candidate("b"))
    before = person.everything(), person.rows("select last, xmin from reconciler.queue_clock")

    for plan in plans:
        with pytest.raises(SteppedDown):
            writer.apply(plan)

    assert (person.everything(), person.rows("select last, xmin from reconciler.queue_clock")) == before


def test_a_writer_that_is_overtaken_between_two_statements_writes_nothing(
    writer: Writer, database_url: str, person: Person
) -> None:
    """The fence is shared until the pass ends: who takes over waits for that, or comes first."""
    plan = writer.plan(desired(ADA))
    with psycopg.connect(database_url) as other:
        other.execute("update reconciler.fence set epoch = epoch + 1")
        other.commit()
    with pytest.raises(SteppedDown):
        writer.apply(plan)
    assert person.value("select count(*) from users") == 0


def test_a_new_schema_fences_off_who_knows_only_the_old_one(writer: Writer, person: Person) -> None:
    """An old daemon writes no row to new tables, even before it looks at their version."""
    plan = writer.plan(desired(ADA))
    person.does("update reconciler.fence set schema_version = '9999'")

    with pytest.raises(SteppedDown):
        writer.apply(plan)


@pytest.mark.parametrize(("version", "word"), [("9999", "newer"), ("", "upgrade")])
def test_no_seat_is_taken_on_tables_of_another_version(
    candidate: Stand, person: Person, version: str, word: str
) -> None:
    """Refused, with what to do."""
    person.does("delete from reconciler.alembic_version")
    if version:
        person.does("insert into reconciler.alembic_version values (%s)", version)

    with pytest.raises(SchemaMismatch) as refused:
        candidate("a").stand()
    assert word in refused.value.fix


def test_another_source_is_refused_until_it_is_approved_and_then_is_the_one_on_record(
    candidate: Stand, person: Person
) -> None:
    """Once, and only exactly that move: back again needs a word of its own."""
    here, there = "directory:/here", "directory:/there"
    candidate("a", source=here).stand()
    cut(person)
    moved = candidate("b", source=there)
    with pytest.raises(SourceRefused) as refused:
        _stand_soon(moved)
    assert here in refused.value.why
    assert there in refused.value.why
    (gate,) = desk.gates(person.connection, "default")
    assert gate.digest in refused.value.fix

    desk.approve(person.connection, "default", gate.digest, "somebody")

    epoch = moved.stand()
    assert epoch is not None
    moved.resign()
    assert moved.stand() == epoch + 1
    moved.resign()
    assert person.value("select source from reconciler.fence") == there
    with pytest.raises(SourceRefused):
        candidate("c", source=here).stand()
    assert candidate("d").stand() == epoch + 2, "a command that has no source is not compared"
    assert person.value("select source from reconciler.fence") == there


def test_a_refused_source_does_not_keep_the_seat(candidate: Stand, person: Person) -> None:
    """The rightful writer can have it."""
    candidate("a", source="directory:/here").stand()
    cut(person)
    with pytest.raises(SourceRefused):
        _stand_soon(candidate("b", source="directory:/there"))

    assert candidate("c", source="directory:/here").stand() == 2


def test_two_connections_that_share_a_backend_are_a_pooler(database_url: str) -> None:
    """The comparison that finds one."""
    with connect(database_url, "one") as one, connect(database_url, "two") as two:
        assert election.share_a_session(one, one)
        assert not election.share_a_session(one, two)


def test_the_old_primary_that_only_reads_is_let_go(writer: Writer, database_url: str, person: Person) -> None:
    """After a failover: the connection is dropped, and the next one asks for a server that writes."""
    plan = writer.plan(desired(ADA))
    store = PostgresStore(
        f"{database_url}&options=-c%20default_transaction_read_only%3Don", "default", HandClock()
    )
    with pytest.raises((StoreUnavailable, StoreRefused)) as refused:
        store.apply(plan, writer.header())
    store.close()
    assert isinstance(refused.value, StoreUnavailable)
    assert person.value("select count(*) from users") == 0
