"""Who reads while passes write: the rows of one pass or of the next, never a mix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final

import psycopg

from tests.integration.passes.conftest import Instance, user, workflow

PASSES: Final = 150
WORKFLOWS: Final = 5
SEEN: Final = """
select w.name, array_agg(distinct j.branch_id), count(j.id), count(*) filter (
    where exists (select from jsonb_array_elements_text(j.parent_ids_json) as parent(id)
        where not exists (select from jobs p where p.id = parent.id::uuid)))
from workflows w left join jobs j on j.workflow_id = w.id group by w.name"""


def test_a_reader_sees_one_pass_or_the_next_and_never_a_workflow_without_its_jobs(instance: Instance) -> None:
    """Of all workflows at once the branches change, and jobs come and go."""
    instance.write("users.yaml", user())
    with _reader(instance.url) as looks:
        for number in range(PASSES):
            _revise(instance, number)
            instance.run()

    assert len(looks) > PASSES / 10
    for look in looks:
        assert all(jobs == 2 + int(branches[0][1:]) % 2 for _, branches, jobs, _ in look), look
        assert len({tuple(branches) for _, branches, _, _ in look}) <= 1, look
        assert not any(dangling for *_, dangling in look), look


def _revise(instance: Instance, number: int) -> None:
    """Write all workflows anew; every other time each has one job more, ahead of the others."""
    first = ["name: scan, job_type: s"] * (number % 2)
    for index in range(WORKFLOWS):
        jobs = [
            *first,
            f"name: tile, job_type: t, needs: [{'scan' if first else ''}]",
            "name: infer, job_type: i, needs: [tile]",
        ]
        marked = [f"{job}, branch_id: b{number}" for job in jobs]
        instance.write(f"{index}.yaml", workflow(f"w-{index}", *marked))


@contextmanager
def _reader(url: str) -> Iterator[list[list[tuple[Any, ...]]]]:
    """Look at all workflows again and again, each time in one statement."""
    looks: list[list[tuple[Any, ...]]] = []
    enough = Event()

    def read() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not enough.is_set():
                looks.append(connection.execute(SEEN).fetchall())

    thread = Thread(target=read)
    thread.start()
    try:
        yield looks
    finally:
        enough.set()
        thread.join()
