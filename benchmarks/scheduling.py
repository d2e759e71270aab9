"""Proof: a scheduler that writes status all the while loses none, and no job that runs is taken from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any, Final
from uuid import UUID

import psycopg

from benchmarks.bench import Bench, BrokenPromiseError
from benchmarks.beside import beside
from tests.e2e.daemons import Workplace, until
from tests.integration.passes.conftest import user, workflow

TITLE: Final = "a scheduler claims and finishes jobs as fast as it can while manifests change"
_WORKERS: Final = 2
_WORKFLOWS: Final = 12
_STANDING: Final = 4
"""How many jobs of a workflow are in every revision of it; one or two more come and go."""

_MOMENT: Final = 0.025
"""How many seconds a revision is given to appear before the next one is saved."""

_CLAIM: Final = """
with next as (
    select id from jobs where status = 'PENDING' and get_byte(uuid_send(id), 15) %% 2 = %s
    order by created_at limit 1 for update skip locked
)
update jobs set status = 'QUEUED', observed_generation = generation
from next where jobs.id = next.id returning jobs.id, jobs.created_at
"""
_MOVE: Final = "update jobs set status = %s where id = %s and created_at = %s and status = %s"
_AGAIN: Final = """
update jobs set status = 'PENDING' where status = 'SUCCEEDED' and get_byte(uuid_send(id), 15) %% 2 = %s
returning id, created_at
"""
_APPLIED: Final = """
select count(distinct params ->> 'revision') = 1 and max((params ->> 'revision')::int) = %s
from jobs join workflows w on w.id = workflow_id where w.name = %s
"""

_DONE: Final = """
select count(*), count(*) filter (where exists (
    select from jsonb_array_elements(before -> 'jobs') job
    where not after -> 'jobs' @> jsonb_build_array(jsonb_build_object('id', job -> 'id'))
)) from reconciler.history where action = 'updated'
"""

Row = tuple[UUID, datetime]
"""One life of a job: made again, it would have the same id and another place in the queue."""


@dataclass
class Ledger:
    """What a worker knows: the status it wrote last to each job, how many it wrote, and what it missed."""

    last: dict[Row, str] = field(default_factory=dict)
    written: int = 0
    wrong: list[str] = field(default_factory=list)


def measure(bench: Bench) -> Iterator[str]:
    """Save the revisions, and hold the rows against what the workers know."""
    revisions = bench.sizes.revisions
    with bench.place("scheduler") as place:
        place.write("users.yaml", user())
        for number in range(_WORKFLOWS):
            place.write(_file(number), _spell(number, revision=0))
        place.start("--embedded", "--interval", "1h")
        until(lambda: place.rows("select count(*) from workflows") == [(_WORKFLOWS,)])
        standing = _standing(place)
        began = time.monotonic()
        with ExitStack() as stack:
            ends = [stack.enter_context(beside(partial(work, n), place.url())) for n in range(_WORKERS)]
            at_once = sum(_revise(place, number) for number in range(1, revisions + 1))
            took = time.monotonic() - began
            ledgers = [end() for end in ends]
        newest = {number: _newest(number, revisions) for number in range(_WORKFLOWS)}
        until(lambda: all(_applied(place, n, revision) for n, revision in newest.items()))
        wrong = [*(one for ledger in ledgers for one in ledger.wrong), *_compare(place, ledgers)]
        if _standing(place) != standing:
            wrong.append("a job that every revision has is gone, or has another id or created_at")
        ((updates, deleted),) = place.rows(_DONE)
    written = sum(ledger.written for ledger in ledgers)
    if wrong:
        raise BrokenPromiseError(f"{len(wrong)} times, for example: {'; '.join(wrong[:5])}")
    yield f"{revisions:,} revisions in {took:.0f} s: {at_once:,} in rows within {_MOMENT * 1000:.0f} ms,"
    yield f"  others when no job was in flight; {updates:,} updates of workflows, {deleted:,} with deletions"
    yield f"{written:,} statuses written beside them ({written / took:,.0f} a second), none lost;"
    yield "  no job in flight was deleted; id and created_at of all that stayed are as they were"


def _file(number: int) -> str:
    return f"flow-{number}.yaml"


def _newest(number: int, revisions: int) -> int:
    """Give the last revision that changed a workflow: they take turns."""
    return max((r for r in range(1, revisions + 1) if r % _WORKFLOWS == number), default=0)


def _spell(number: int, revision: int) -> str:
    """Spell a workflow: jobs that stand, and one or two whose names come and go."""
    params = f"params: {{revision: {revision}}}"
    names = [f"standing-{n}" for n in range(_STANDING)]
    turn = revision // _WORKFLOWS
    names += [f"passing-{turn % 5 + n}" for n in range(1 + turn % 2)]
    return workflow(f"flow-{number}", *(f"name: {name}, job_type: inference, {params}" for name in names))


def _revise(place: Workplace, revision: int) -> bool:
    """Save a revision of one workflow; whether its rows show it in a moment."""
    number = revision % _WORKFLOWS
    place.write(_file(number), _spell(number, revision))
    try:
        return until(lambda: _applied(place, number, revision), within=_MOMENT)
    except AssertionError:
        return False


def _applied(place: Workplace, number: int, revision: int) -> bool:
    with psycopg.connect(place.url(), autocommit=True) as connection:
        return connection.execute(_APPLIED, [revision, f"flow-{number}"]).fetchall() == [(True,)]


def _standing(place: Workplace) -> list[tuple[Any, ...]]:
    return place.rows("select id, name, created_at from jobs where name like 'standing-%' order by id")


def _compare(place: Workplace, ledgers: list[Ledger]) -> Iterator[str]:
    """Hold the rows against the ledgers: every status is the one that was written last."""
    known = {row: status for ledger in ledgers for row, status in ledger.last.items()}
    found = {(id_, at): status for id_, at, status in place.rows("select id, created_at, status from jobs")}
    for row, status in found.items():
        if known.get(row, "PENDING") != status:
            yield f"job {row[0]} is {status}, and {known.get(row, 'PENDING')} was written last"


def work(number: int, url: str, stop: Event) -> Ledger:
    """Claim the oldest job that waits, run it and finish it; when none waits, let all wait again."""
    ledger = Ledger()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        while not stop.is_set():
            claimed = connection.execute(_CLAIM, [number]).fetchone()
            if claimed is None:
                again = connection.execute(_AGAIN, [number]).fetchall()
                ledger.last |= dict.fromkeys(((id_, at) for id_, at in again), "PENDING")
                ledger.written += len(again)
                continue
            _finish(connection, ledger, (claimed[0], claimed[1]))
    return ledger


def _finish(connection: psycopg.Connection, ledger: Ledger, row: Row) -> None:
    ledger.last[row] = "QUEUED"
    ledger.written += 1
    for before, after in (("QUEUED", "RUNNING"), ("RUNNING", "SUCCEEDED")):
        if connection.execute(_MOVE, [after, *row, before]).rowcount != 1:
            ledger.wrong.append(f"job {row[0]} was {before}, and is not any more")
            return
        ledger.last[row] = after
        ledger.written += 1
