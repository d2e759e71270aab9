"""The rows as `get` lists them, each with how it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.report.result import PassReport
from reconciler.report.statuses import resource_statuses
from reconciler.store.connect import Connection, connect
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.wanted import Wanted
from tests.integration.passes.conftest import Instance, user, workflow

CHAIN = ("name: tile, job_type: tiling", "name: 推理任务, job_type: inference, needs: [tile], branch_id: n")
OURS = Wanted("default")


@pytest.fixture
def connection(instance: Instance) -> Iterator[Connection]:
    """Connect to the instance's database."""
    with connect(instance.url, "test") as opened:
        yield opened


def tell(instance: Instance, report: PassReport) -> None:
    """Write the status of every resource down, as the daemon does."""
    moved = resource_statuses({}, report, report.result.finished_at)
    instance.store.publish(None, None, moved.changed, ())


def test_what_is_managed_is_listed_with_how_it_stands(instance: Instance, connection: Connection) -> None:
    """Users and workflows with sync, generation and place; workflows with their jobs, counted by status."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    tell(instance, instance.report())
    instance.execute("update jobs set status = 'SUCCEEDED' where name = 'tile'")

    (ada,) = list_users(connection, OURS)
    (cmu,) = list_workflows(connection, OURS)

    assert (ada.name, ada.username, ada.standing.sync, ada.standing.instance) == (
        "ada",
        "ada",
        "Synced",
        "default",
    )
    assert ada.standing.place == "all.yaml:3"
    assert (cmu.name, cmu.user, cmu.status, cmu.generation) == ("cmu-1", "ada", "PENDING", 1)
    assert cmu.jobs == {"PENDING": 1, "SUCCEEDED": 1}
    assert cmu.standing.place == "all.yaml:7"


def test_jobs_stand_as_their_workflow_does(instance: Instance, connection: Connection) -> None:
    """In the order of the manifest, parents by name."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN), workflow("cmu-2", CHAIN[0]))
    tell(instance, instance.report())

    jobs = list(list_jobs(connection, OURS))

    assert [(job.workflow, job.name, job.needs) for job in jobs] == [
        ("cmu-1", "tile", ()),
        ("cmu-1", "推理任务", ("tile",)),
        ("cmu-2", "tile", ()),
    ]
    assert {job.standing.sync for job in jobs} == {"Synced"}
    narrowed = list_jobs(connection, Wanted("default", workflows=("cmu-1",), names=("推理任务",)))
    assert [job.needs for job in narrowed] == [("tile",)]


def test_a_manifest_without_a_row_is_listed_too(instance: Instance, connection: Connection) -> None:
    """Invalid, or in conflict: it is where somebody looks for it."""
    instance.write("bad.yaml", workflow("bad", "name: tile, job_typ: tiling"))
    tell(instance, instance.report())

    (bad,) = list_workflows(connection, OURS)

    assert (bad.name, bad.id, bad.standing.sync) == ("bad", None, "Invalid")
    assert bad.standing.message


def test_rows_of_others_are_listed_only_when_all_are(instance: Instance, connection: Connection) -> None:
    """Those that nobody manages stand without a sync."""
    instance.write("all.yaml", user())
    tell(instance, instance.report())
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'grace')")

    assert [one.name for one in list_users(connection, OURS)] == ["ada"]
    everyone = list(list_users(connection, Wanted("default", everything=True)))
    assert [(one.name, one.standing.sync) for one in everyone] == [("ada", "Synced"), ("grace", "")]
    assert not list_users(connection, Wanted("another"))


def test_lists_narrow_by_name_sync_and_label(instance: Instance, connection: Connection) -> None:
    """Each narrows further; labels must all be there."""
    instance.write("users.yaml", user())
    for name, study in (("a", "x"), ("b", "x"), ("c", "y")):
        manifest = workflow(name).replace("annotations: {}", f"labels: {{study: {study}, team: t}}")
        instance.write(f"{name}.yaml", manifest)
    instance.write("bad.yaml", workflow("bad", "name: tile, job_typ: tiling"))
    tell(instance, instance.report())

    def names(**narrowing: object) -> list[str]:
        return [one.name for one in list_workflows(connection, Wanted("default", **narrowing))]  # type: ignore[arg-type]

    assert names() == ["a", "b", "bad", "c"]
    assert names(names=("a", "zzz")) == ["a"]
    assert names(syncs=("Invalid", "Conflict")) == ["bad"]
    assert names(labels={"study": "x", "team": "t"}) == ["a", "b"]
    assert names(labels={"study": "x"}, names=("b", "c")) == ["b"]


def test_columns_that_others_filled_oddly_are_shown_as_they_are(
    instance: Instance, connection: Connection
) -> None:
    """The tables are everybody's: a parent that is no job, a list that is none, a workflow without name."""
    instance.write("all.yaml", user())
    instance.run()
    instance.execute(
        "insert into workflows (id, user_id) select gen_random_uuid(), id from users;"
        "insert into jobs (id, workflow_id, name, job_type, parent_ids_json, position)"
        " select gen_random_uuid(), id, 'a', 'x', '[\"nobody\", 7]', 0 from workflows;"
        "insert into jobs (id, workflow_id, name, job_type, parent_ids_json, position)"
        " select gen_random_uuid(), id, 'b', 'x', '\"none\"', 1 from workflows"
    )

    jobs = list(list_jobs(connection, Wanted("default", everything=True)))

    assert [(job.workflow, job.name, job.needs) for job in jobs] == [
        ("", "a", ("nobody", "7")),
        ("", "b", ()),
    ]


def test_passes_are_listed_the_latest_first(instance: Instance, connection: Connection) -> None:
    """Those that changed something, with what they did."""
    instance.write("users.yaml", user())
    first = instance.run()
    instance.run()
    instance.write("more.yaml", user("bob"), user("eve"))
    last = instance.run()

    syncs = list(list_syncs(connection, OURS))

    assert [one.id for one in syncs] == [last.pass_id, first.pass_id]
    assert (syncs[0].counts, syncs[0].trigger, syncs[0].revision) == (
        {"created": 2},
        "command",
        last.revision,
    )
    assert [one.id for one in list_syncs(connection, Wanted("default", limit=1))] == [last.pass_id]
