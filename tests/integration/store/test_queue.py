"""`created_at` is the queue: strictly increasing, no two alike, parents before their children."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from reconciler.desired import Manifest
from reconciler.resources import Job
from tests.builders import job, manifest, user, workflow
from tests.integration.store.conftest import Open, Person, Writer, told

ADA = manifest(user("ada"))
QUEUE = (
    "select w.name || '/' || j.name from jobs j join workflows w on w.id = workflow_id order by j.created_at"
)


def _chain(name: str, *jobs: str) -> Manifest:
    return manifest(workflow(name, *(job(one, *jobs[place - 1 : place]) for place, one in enumerate(jobs))))


def _queue(person: Person) -> list[str]:
    return [name for (name,) in person.rows(QUEUE)]


def test_the_jobs_of_a_pass_are_queued_by_depth_then_workflow_then_file(
    writer: Writer, person: Person
) -> None:
    """So workflows interleave, and a long one does not starve the others."""
    writer.run(
        ADA,
        _chain("a", "1", "2", "3"),
        manifest(workflow("b", job("late", "early"), job("early"), job("other"))),
        _chain("c", "1"),
    )

    assert _queue(person) == ["a/1", "b/early", "b/other", "c/1", "a/2", "b/late", "a/3"]


def test_jobs_of_a_later_pass_stand_behind_all_others(writer: Writer, person: Person) -> None:
    """Even when the clock of the database was set back, and when somebody queued into the future."""
    writer.run(ADA, _chain("b", "1", "2"))
    person.does("update reconciler.queue_clock set last = last + interval '10 years'")
    writer.run(ADA, _chain("b", "1", "2"), _chain("c", "1"))
    writer.run(ADA, _chain("b", "1", "2"), _chain("c", "1"), _chain("a", "1"))

    assert _queue(person) == ["b/1", "b/2", "c/1", "a/1"]


def test_a_parent_that_comes_late_stands_just_before_its_earliest_waiting_child(
    writer: Writer, person: Person
) -> None:
    """With its own new parents before it, and nobody else in between."""
    base = _chain("a", "x"), _chain("b", "merge", "report"), _chain("c", "y")
    writer.run(ADA, *base)
    late = manifest(
        workflow(
            "b",
            job("root"),
            job("left", "root"),
            job("right", "root"),
            job("merge", "left", "right"),
            job("report", "merge"),
        )
    )

    assert told(writer.run(ADA, base[0], late, base[2])) == {}

    assert _queue(person) == ["a/x", "b/root", "b/left", "b/right", "b/merge", "c/y", "b/report"]


def test_a_parent_of_a_job_that_ran_already_stands_at_the_end(writer: Writer, person: Person) -> None:
    """Only a job that waits can be overtaken."""
    writer.run(ADA, _chain("a", "x"), _chain("b", "done"))
    person.does("update jobs set status = 'SUCCEEDED' where name = 'done'")

    writer.run(ADA, _chain("a", "x"), manifest(workflow("b", job("late"), job("done", "late"))))

    assert _queue(person) == ["a/x", "b/done", "b/late"]


def test_hundreds_of_late_parents_find_places_of_their_own(writer: Writer, person: Person) -> None:
    """More than fit between two jobs: they go further to the front, past whoever stands there."""
    names = [f"n{n:03}" for n in range(300)]
    writer.run(ADA, *(_chain(f"w{n:02}", "x", "y") for n in range(20)))
    wide = workflow("w10", *(job(name) for name in names), job("x", *names), job("y", "x"))

    others = [_chain(f"w{n:02}", "x", "y") for n in range(20) if n != 10]
    assert told(writer.run(ADA, manifest(wide), *others)) == {}

    queue = _queue(person)
    assert len(set(queue)) == len(queue) == 340
    assert person.value("select count(distinct created_at) from jobs") == 340
    assert [one for one in queue if one.startswith("w10/")] == [
        *(f"w10/{name}" for name in names),
        "w10/x",
        "w10/y",
    ]


def test_no_two_jobs_tie_while_two_instances_write_at_once(open_writer: Open, person: Person) -> None:
    """Neither waits for the other's pass; late parents included, every job has a place of its own."""
    writers = [open_writer(name) for name in ("one", "two")]

    def fill(writer: Writer) -> None:
        name = writer.instance
        owner = manifest(user(name))
        flows: dict[str, Manifest] = {}
        for turn in range(30):
            jobs: list[Job] = [job(f"late-{late}") for late in range(turn % 5)]
            for flow in [f"{name}-{n}" for n in range(turn // 2, turn + 3)]:
                below = job("last", *(one.name for one in jobs))
                flows[flow] = manifest(workflow(flow, *jobs, below, user=name))
            assert told(writer.run(owner, *flows.values())) == {}

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, writers))

    count = person.value("select count(*) from jobs")
    assert count > 200
    assert person.value("select count(distinct created_at) from jobs") == count
    assert _upside_down(person) == []


def _upside_down(person: Person) -> list[tuple[object, ...]]:
    return person.rows(
        "select c.name from jobs c, jsonb_array_elements_text(c.parent_ids_json) p, jobs j"
        " where j.id::text = p and j.created_at >= c.created_at"
    )


def test_an_update_moves_no_place(writer: Writer, person: Person) -> None:
    """Neither an edit nor a heal, nor a reordering of the manifest."""
    writer.run(ADA, manifest(workflow("a", job("x"), job("y"))))
    before = person.rows("select id, created_at from jobs order by id")

    writer.run(ADA, manifest(workflow("a", job("y", v=1), job("x", branch_id="b"))))
    person.does("update jobs set job_type = 'z'")
    writer.run(ADA, manifest(workflow("a", job("y", v=1), job("x", branch_id="b"))))

    assert person.rows("select id, created_at from jobs order by id") == before


def test_a_child_whose_place_a_hand_has_spoilt_breaks_no_pass(writer: Writer, person: Person) -> None:
    """`infinity` is a time to PostgreSQL, and beyond what Python can hold."""
    writer.run(ADA, _chain("a", "x"))
    person.does("update jobs set created_at = 'infinity'")

    assert told(writer.run(ADA, manifest(workflow("a", job("late"), job("x", "late"))))) == {}

    assert _queue(person) == ["a/late", "a/x"]


def test_the_places_of_a_pass_that_came_to_nothing_are_not_given_again(
    writer: Writer, person: Person
) -> None:
    """What a refused resource would have had stays free."""
    person.does("alter table jobs add constraint no_b check (name <> 'bad')")
    writer.run(ADA, _chain("a", "x", "bad"), _chain("b", "y"))
    writer.run(ADA, _chain("b", "y"), _chain("c", "z"))

    assert _queue(person) == ["b/y", "c/z"]
    places = [at for (at,) in person.rows("select created_at from jobs order by 1")]
    now = datetime.now(UTC)  # noqa: TID251 - held against the clock of the database
    assert all(now - timedelta(minutes=1) < at < now for at in places)
