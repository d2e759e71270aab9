"""The line to PostgreSQL cut at every message of a pass: all of it or nothing, and what is told is true."""

from __future__ import annotations

import time
from itertools import count
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from reconciler.desired import DesiredState
from reconciler.errors import StoreUnavailable
from reconciler.plan import Policy
from reconciler.store.connect import connect
from reconciler.store.errors import translated
from reconciler.store.postgres import PostgresStore
from tests.builders import desired, job, manifest, user, workflow
from tests.fakes import HandClock
from tests.integration.store.conftest import Person, Writer
from tests.integration.store.wire import Fault, wire

MOST = 1000
"""Messages that a pass has by far not."""

ADA = manifest(user("ada"))
GENEROUS = Policy(prune=True, max_prune=1.0, prune_cap=MOST)


def _state(number: int) -> DesiredState:
    """Ask for something to be made, something to be altered, and something to be deleted."""
    steady = manifest(workflow("steady", job("tile", v=number), job("infer", "tile")))
    return desired(ADA, steady, manifest(workflow(f"new-{number}", job("a"))), revision=str(number))


def _seen(person: Person) -> tuple[object, ...]:
    """Look at what a pass writes, in one statement."""
    ((seen,),) = person.rows(
        """select array[
            (select string_agg(name, ',' order by name) from workflows),
            (select string_agg(concat(name, params, generation), ',' order by id) from jobs),
            (select string_agg(concat(name, revision, generation), ',' order by name)
                from reconciler.inventory),
            (select count(*)::text from reconciler.history),
            (select count(*)::text from reconciler.passes)]"""
    )
    return tuple(seen)


@pytest.mark.parametrize(("fault", "every"), [(Fault.CUT, 1), (Fault.HALVED, 5)])
def test_a_pass_is_whole_or_nothing_wherever_the_line_is_cut(
    writer: Writer, person: Person, database_url: str, fault: Fault, every: int
) -> None:
    """And its outcome is known, also when COMMIT was sent and its answer lost.

    Cut in front of every message; and, for the time it takes, in the midst of every fifth.
    """
    writer.reconcile(_state(0), GENEROUS)
    lost_answers = 0
    with wire(database_url) as line:
        for message in count(step=every):
            assert message < MOST
            through = Writer("default", PostgresStore(line.url, "default", HandClock()), writer.epoch)
            plan = through.plan(_state(message + 1), GENEROUS)
            before, pass_id = _seen(person), uuid4()
            line.fail_at(message, fault)
            try:
                through.store.apply(plan, through.header(pass_id=pass_id))
            except StoreUnavailable:
                assert _seen(person) == before, f"cut at message {message}, some of it is there"
                told = False
            else:
                assert _seen(person) != before, f"cut at message {message}, nothing is there"
                told = True
            was_cut = line.mend()
            through.store.close()
            recorded = person.value("select count(*) from reconciler.passes where id = %s", pass_id)
            assert recorded == told
            lost_answers += told and was_cut
            if not was_cut:
                break
            while told is False and not writer.reconcile(_state(message + 1), GENEROUS).done:
                pass  # the server has yet to notice that nobody is there any more
    assert lost_answers >= (every == 1), "the answer to COMMIT was never lost"


@pytest.mark.parametrize("fault", [Fault.FROZEN, Fault.TRICKLING])
def test_a_server_that_falls_silent_in_the_midst_is_waited_for_so_long_and_no_longer(
    database_url: str, fault: Fault
) -> None:
    """However it does: the server's own timeouts are no help then."""
    with wire(database_url) as line, connect(line.url, "test", patience=0.3) as connection:
        line.fail_at(1, fault)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable), translated("test"):
            connection.execute("select repeat('long', 100)")
        assert 0.25 < time.monotonic() - began < 5
        assert connection.closed


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up(database_url: str) -> None:
    """Within the time that the address allows, here two seconds."""
    with wire(database_url) as line:
        line.fail_at(0, Fault.FROZEN)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            connect(make_conninfo(line.url, connect_timeout=2), "test")
        assert time.monotonic() - began < 5
