"""What passes changed, and one resource with all that is known of it, read back from real books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.report.fields import Action
from reconciler.report.statuses import resource_statuses
from reconciler.resources import Kind, ResourceKey
from reconciler.store import desk
from reconciler.store.connect import Connection, connect
from reconciler.store.describe import describe
from reconciler.store.happenings import recent_events
from reconciler.store.history import Past, list_history
from tests.integration.passes.conftest import Instance, user, workflow

CHAIN = ("name: tile, job_type: tiling", "name: 推理任务, job_type: inference, needs: [tile]")
CMU = ResourceKey(Kind.WORKFLOW, "cmu-1")
OURS = Past("default")


@pytest.fixture
def connection(instance: Instance) -> Iterator[Connection]:
    """Connect to the instance's database."""
    with connect(instance.url, "test") as opened:
        yield opened


@pytest.fixture
def edited(instance: Instance) -> Instance:
    """An instance of which a workflow was made, then edited in one job."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    instance.run()
    instance.write("all.yaml", user(), workflow("cmu-1", CHAIN[0], CHAIN[1] + ", params: {size: 512}"))
    instance.run()
    return instance


def test_an_edit_is_told_field_by_field(edited: Instance, connection: Connection) -> None:
    """Of the job that changed, not of its neighbours; with the pass and what asked for it."""
    latest, *_ = list_history(connection, OURS)

    assert (latest.key, latest.action, latest.trigger, latest.path) == (CMU, "updated", "command", "all.yaml")
    assert [(job.name, job.action) for job in latest.jobs] == [("推理任务", Action.UPDATE)]
    fields = {field.field: (field.before, field.after) for field in latest.jobs[0].fields}
    assert fields == {"params.size": (None, 512), "generation": (1, 2)}
    assert {field.field for field in latest.fields} == {"generation"}
    assert edited.rows("select max(id) from reconciler.history") == [(latest.id,)]


def test_a_parent_that_did_not_change_is_named_all_the_same(edited: Instance, connection: Connection) -> None:
    """Its row is not in the images, only its id."""
    edited.write("all.yaml", user(), workflow("cmu-1", CHAIN[0], CHAIN[1].replace(", needs: [tile]", "")))
    edited.run()

    latest, *_ = list_history(connection, replace(OURS, limit=1))

    needs = next(field for field in latest.jobs[0].fields if field.field == "needs")
    assert (needs.before, needs.after) == (["tile"], [])


def test_history_narrows_and_goes_on(edited: Instance, connection: Connection) -> None:
    """By resource, by pass, by time; page by page it is the same."""
    everything = list_history(connection, OURS)
    user_only = list_history(connection, replace(OURS, key=ResourceKey(Kind.USER, "ada")))

    assert [item.action for item in everything] == ["updated", "created", "created"]
    assert [str(item.key) for item in user_only] == ["User/ada"]
    first = everything.items[-1]
    of_pass = list_history(connection, replace(OURS, pass_id=first.pass_id))
    assert {item.action for item in of_pass} == {"created"}
    assert len(list_history(connection, replace(OURS, since=everything.items[0].at))) == 1
    assert len(list_history(connection, replace(OURS, newer_than=first.id))) == 2
    assert not list_history(connection, Past("another"))
    page = list_history(connection, replace(OURS, limit=1))
    paged = [*page.items]
    while page.next:
        page = list_history(connection, replace(OURS, limit=1, after=page.next))
        paged += page.items
    assert tuple(paged) == everything.items
    assert edited.rows("select count(*) from reconciler.history") == [(3,)]


def test_whoever_asked_for_a_pass_is_named(edited: Instance, connection: Connection) -> None:
    """By the answer that the request was given."""
    latest, *_ = list_history(connection, OURS)
    desk.ask(connection, "default", "ada@host")
    desk.answer(connection, "default", desk.waiting(connection, "default"), {"pass_id": str(latest.pass_id)})

    latest, *_ = list_history(connection, OURS)

    assert latest.asked_by == ("ada@host",)
    assert edited.rows("select requested_by from reconciler.requests") == [("ada@host",)]


def test_a_resource_is_described_whole(edited: Instance, connection: Connection) -> None:
    """Its row, its standing, its jobs with their params, what passes changed, and who wished it asleep."""
    report = edited.report()
    moved = resource_statuses({}, report, report.result.finished_at)
    edited.store.publish(None, None, moved.changed, ())
    desk.suspend(connection, desk.Subject("default", CMU), "night run", "ada@host", None)

    told = describe(connection, "default", CMU)
    ada = describe(connection, "default", ResourceKey(Kind.USER, "ada"))

    assert told
    assert told.item.standing.sync == "Synced"
    assert [(job.name, job.needs) for job in told.jobs] == [("tile", ()), ("推理任务", ("tile",))]
    assert told.params == {"tile": {}, "推理任务": {"size": 512}}
    assert [item.action for item in told.history] == ["updated", "created"]
    assert told.managed
    assert told.managed.path == "all.yaml"
    assert told.asleep
    assert (told.asleep.reason, told.asleep.requested_by, told.asleep.whole) == (
        "night run",
        "ada@host",
        False,
    )
    assert ada
    assert (ada.workflows, ada.jobs) == (1, ())
    assert describe(connection, "default", ResourceKey(Kind.WORKFLOW, "nothing")) is None


def test_events_are_told_from_the_books(edited: Instance, connection: Connection) -> None:
    """Passes and changes in their order, and how whatever is not in sync came to stand."""
    edited.write("bad.yaml", workflow("bad", "name: tile, job_typ: tiling"))
    report = edited.report()
    moved = resource_statuses({}, report, report.result.finished_at)
    edited.store.publish(None, None, moved.changed, ())

    events = recent_events(connection, "default", 100)
    of_one = recent_events(connection, "default", 100, CMU)
    later = recent_events(connection, "default", 100, None, events[-2].at)

    assert [(one.type, one.status, one.message) for one in events[2:5]] == [
        ("pass", "Applied", "2 created"),
        ("resource", "Synced", "updated"),
        ("pass", "Applied", "1 updated"),
    ]
    assert {(one.subject, one.status) for one in events[:2]} == {("User/ada", "Synced"), (str(CMU), "Synced")}
    assert (events[-1].subject, events[-1].status, events[-1].reason) == (
        "Workflow/bad",
        "Invalid",
        "ManifestInvalid",
    )
    assert [one.message for one in of_one] == ["created", "updated"]
    assert later == events[-1:]
    assert recent_events(connection, "default", 1) == events[-1:]
