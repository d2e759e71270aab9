"""The line to PostgreSQL cut at every message of a pass: all of it or nothing, and what is told is true."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

import pytest

from reconciler.desired import DesiredState
from reconciler.errors import StoreUnavailable
from reconciler.plan import Policy
from reconciler.store.postgres import PostgresStore
from tests.builders import desired, job, manifest, user, workflow
from tests.fakes import HandClock
from tests.integration.store.conftest import Person, Writer
from tests.integration.store.wire import wire

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


@pytest.mark.parametrize(("halved", "every"), [(False, 1), (True, 5)])
def test_a_pass_is_whole_or_nothing_wherever_the_line_is_cut(
    writer: Writer, person: Person, database_url: str, *, halved: bool, every: int
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
            line.cut_at(message, halved=halved)
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
    assert lost_answers >= (not halved), "the answer to COMMIT was never lost"
