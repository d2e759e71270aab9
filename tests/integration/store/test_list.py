"""Lists in pages: whatever the tables hold, pages together are the list, and filters are what they say."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.report.listing import Page, list_document
from reconciler.resources import Kind
from reconciler.store.connect import Connection, connect
from reconciler.store.cursor import write_cursor
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.tally import tally_jobs, tally_resources
from reconciler.store.wanted import Wanted

_T = TypeVar("_T")

SPACE = UUID(int=7)
NAMES = ("a", "A", "a-1", "a_1", "a1", "b.c", "B", "z%", "推理", "", None)
STATUSES = ("PENDING", "RUNNING", "FAILED")
SYNCS = ("Synced", "Invalid", "OutOfSync")


@dataclass(frozen=True)
class Flow:
    """A workflow as a test makes it: a row or none, managed by an instance or none, told of or not."""

    name: str | None
    owner: str
    row: bool
    sync: str
    status: str
    study: str
    branches: tuple[str, ...]


flows = st.lists(
    st.builds(
        Flow,
        name=st.sampled_from(NAMES),
        owner=st.sampled_from(["default", "other", ""]),
        row=st.booleans(),
        sync=st.sampled_from([*SYNCS, ""]),
        status=st.sampled_from(STATUSES),
        study=st.sampled_from(["x", "y"]),
        branches=st.lists(st.sampled_from(["main", "n"]), max_size=4).map(tuple),
    ),
    max_size=14,
    unique_by=lambda flow: flow.name if flow.name is not None else flow,
).map(lambda made: [flow for flow in made if flow.name or not flow.owner])
wants = st.builds(
    Wanted,
    st.just("default"),
    everything=st.booleans(),
    names=st.sampled_from([(), (), ("a", "b.c", "推理")]),
    users=st.sampled_from([(), (), ("ada",)]),
    syncs=st.sampled_from([(), (), ("Invalid", "Synced")]),
    statuses=st.sampled_from([(), (), ("PENDING", "FAILED")]),
    branches=st.sampled_from([(), (), ("n",)]),
    labels=st.sampled_from([{}, {}, {"study": "x"}]),
    search=st.sampled_from(["", "", "A", "_", "%", "\\"]),
)
sizes = st.integers(1, 5)
once = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Connect to a database with the tables and nothing in them."""
    with connect(database_url, "test") as opened:
        yield opened


def fill(connection: Connection, made: list[Flow]) -> None:
    """Make the tables hold this and nothing else."""
    with connection.transaction():
        connection.execute("truncate users, workflows, jobs, reconciler.inventory, reconciler.statuses")
        connection.execute("insert into users (id, username) values (%s, 'ada')", [SPACE])
        for number, flow in enumerate(made):
            _fill_one(connection, number, flow)


def _fill_one(connection: Connection, number: int, flow: Flow) -> None:
    row_id = uuid5(SPACE, str(number))
    if flow.row:
        connection.execute(
            "insert into workflows (id, user_id, name, status) values (%s, %s, %s, %s)",
            [row_id, SPACE, flow.name, flow.status],
        )
        for place, branch in enumerate(flow.branches):
            connection.execute(
                "insert into jobs (id, workflow_id, name, job_type, branch_id, parent_ids_json, position,"
                " status) values (%s, %s, %s, 't', %s, %s, %s, %s)",
                [
                    uuid5(row_id, str(place)),
                    row_id,
                    f"{flow.name}-{place}",
                    branch,
                    json.dumps([str(uuid5(row_id, str(place - 1)))] if place else []),
                    place // 2,
                    STATUSES[place % 3],
                ],
            )
    if flow.owner:
        connection.execute(
            "insert into reconciler.inventory (kind, name, instance, row_id, path, labels, digest,"
            " meta_digest, fingerprint, generation, revision, protected)"
            " values ('Workflow', %s, %s, %s, 'w.yaml', %s, '', '', 0, 1, '', false)",
            [flow.name, flow.owner, row_id, json.dumps({"study": flow.study})],
        )
    if flow.sync and flow.name:
        connection.execute(
            "insert into reconciler.statuses (instance, kind, name, sync, status)"
            " values (%s, 'Workflow', %s, %s, '{}')",
            [flow.owner or "default", flow.name, flow.sync],
        )


def pages(read: Callable[[Wanted], Page[_T]], wanted: Wanted, size: int) -> list[_T]:
    """Read a list page by page."""
    found: list[_T] = []
    after = ""
    while True:
        page = read(replace(wanted, limit=size, after=after))
        assert len(page) <= size
        assert page.items or not page.next
        found += page.items
        if not page.next:
            return found
        after = page.next


def shown(flow: Flow, wanted: Wanted) -> list[str]:
    """Say by which names a workflow is listed: a row that is not managed, and the manifest that wants it."""
    managed = bool(flow.owner)
    told = bool(flow.sync and flow.name)
    ours = wanted.everything or (flow.owner or "default") == "default"
    standing = (managed or told) and ours
    named = not wanted.names or flow.name in wanted.names
    searched = wanted.search.lower() in (flow.name or "").lower()
    if not (named and searched):
        return []
    of_row = flow.row and (not wanted.statuses or flow.status in wanted.statuses)
    of_row = of_row and (not wanted.branches or not {*wanted.branches}.isdisjoint(flow.branches))
    needs_row = bool(wanted.statuses or wanted.branches or wanted.users)
    in_sync = not wanted.syncs or (told and flow.sync in wanted.syncs)
    labelled = not wanted.labels or (managed and flow.study == "x")
    found = [flow.name or ""] if standing and in_sync and labelled and (managed or not needs_row) else []
    if needs_row and not of_row:
        found = []
    if needs_row and not managed:
        found = []
    alone = wanted.everything and flow.row and not managed and not wanted.syncs and not wanted.labels
    if alone and (of_row or not needs_row):
        found.append(flow.name or "")
    return found


@once
@given(made=flows, wanted=wants, size=sizes)
def test_pages_of_workflows_are_the_list_and_the_list_is_what_was_asked_for(
    connection: Connection, made: list[Flow], wanted: Wanted, size: int
) -> None:
    """Nothing is missing, nothing twice, the order is the same; and a model without SQL finds the same."""
    fill(connection, made)

    whole = list_workflows(connection, wanted)

    assert whole.next == ""
    assert pages(lambda page: list_workflows(connection, page), wanted, size) == list(whole)
    expected = sorted(name for flow in made for name in shown(flow, wanted))
    assert sorted(one.name for one in whole) == expected


@once
@given(made=flows, wanted=wants, size=sizes)
def test_pages_of_jobs_are_the_list_and_name_the_same_parents(
    connection: Connection, made: list[Flow], wanted: Wanted, size: int
) -> None:
    """Also a parent that stands on another page, or is filtered away."""
    fill(connection, made)

    whole = list_jobs(connection, wanted)

    assert pages(lambda page: list_jobs(connection, page), wanted, size) == list(whole)
    for job in whole:
        prefix, place = job.name.rsplit("-", 1)
        assert job.needs == ((f"{prefix}-{int(place) - 1}",) if place != "0" else ())
    assert len({job.id for job in whole}) == len(whole)


@once
@given(made=flows, wanted=wants)
def test_a_tally_counts_what_the_list_shows(connection: Connection, made: list[Flow], wanted: Wanted) -> None:
    """By sync and by status, of all that the list would show without these two filters."""
    fill(connection, made)
    plain = replace(wanted, syncs=(), statuses=())

    flows_told = tally_resources(connection, Kind.WORKFLOW, wanted)
    jobs_told = tally_jobs(connection, wanted)

    listed = list(list_workflows(connection, plain))
    assert flows_told.syncs == _count(
        one.standing.sync for one in listed if not _is_plain(plain) or one.standing.sync
    )
    assert flows_told.statuses == _count(one.status for one in listed if one.id)
    assert jobs_told.statuses == _count(job.status for job in list_jobs(connection, plain))


def _is_plain(wanted: Wanted) -> bool:
    return wanted == Wanted(wanted.instance)


def _count(words: Iterable[str]) -> dict[str, int]:
    found = list(words)
    return {word: found.count(word) for word in sorted(set(found))}


def test_workflows_without_a_name_have_pages_too(connection: Connection) -> None:
    """The older service gave none: they stand first, by their ids."""
    connection.execute(
        "insert into users (id, username) values (md5('u')::uuid, 'ada');"
        "insert into workflows (id, user_id, name) select md5(n::text)::uuid, md5('u')::uuid,"
        " case when n % 5 = 0 then 'w-' || n end from generate_series(1, 60) n"
    )
    everyone = Wanted("default", everything=True)

    paged = pages(lambda page: list_workflows(connection, page), everyone, 7)

    assert paged == list(list_workflows(connection, everyone))
    assert len({one.id for one in paged}) == 60
    assert [one.name for one in paged].count("") == 48


def test_pages_of_users_and_passes_are_the_list(connection: Connection) -> None:
    """Also of passes that were committed at the same moment."""
    connection.execute(
        "insert into users (id, username)"
        " select gen_random_uuid(), 'user ' || n from generate_series(1, 23) n;"
        "insert into reconciler.passes (id, instance, epoch, trigger, revision, started_at, committed_at,"
        " counts) select gen_random_uuid(), 'default', 1, 'files', 'r', now(),"
        " now() - n / 3 * interval '1 s', '{}'"
        " from generate_series(1, 23) n"
    )
    everyone = Wanted("default", everything=True)

    users = pages(lambda page: list_users(connection, page), everyone, 5)
    syncs = pages(lambda page: list_syncs(connection, page), everyone, 5)

    assert users == list(list_users(connection, everyone))
    assert syncs == list(list_syncs(connection, everyone))
    assert (len(users), len(syncs)) == (23, 23)


@pytest.mark.parametrize(
    "cursor",
    [
        "?",
        "x",
        "A" * 5000,
        write_cursor("one part"),
        write_cursor("a", "not an id", 0, SPACE),
        write_cursor("a", SPACE, 2**40, SPACE),
        write_cursor("nul\0", SPACE, 0, SPACE),
        urlsafe_b64encode(f'["\\ud800", "{SPACE}", "0", "{SPACE}"]'.encode()).decode().rstrip("="),
    ],
)
def test_what_is_no_cursor_is_refused(connection: Connection, cursor: str) -> None:
    """It comes from outside: never an error of the database's, and it says what to do."""
    with pytest.raises(UsageError, match="cursor"):
        list_jobs(connection, Wanted("default", limit=3, after=cursor))


def test_a_page_is_a_document_with_its_cursor(connection: Connection) -> None:
    """It says its version and kind, and how to go on."""
    fill(
        connection,
        [
            Flow(name, "default", row=True, sync="Synced", status="PENDING", study="x", branches=())
            for name in "abc"
        ],
    )

    document = list_document(list_workflows(connection, Wanted("default", limit=2)))

    assert {name: document[name] for name in ("apiVersion", "kind")} == {
        "apiVersion": "reconciler/v1",
        "kind": "WorkflowList",
    }
    assert [item["name"] for item in document["items"]] == ["a", "b"]
    rest = list_workflows(connection, Wanted("default", limit=2, after=document["next"]))
    assert (list_document(rest)["next"], [item.name for item in rest]) == ("", ["c"])


# --- however many there are ---------------------------------------------------------------------------


@pytest.fixture
def crowded(connection: Connection) -> Connection:
    """Fill the tables with so many workflows and jobs that nobody would read them all for a page."""
    connection.execute(
        "insert into users (id, username) values (md5('u')::uuid, 'ada');"
        "insert into workflows (id, user_id, name, status) select md5(n::text)::uuid, md5('u')::uuid,"
        " 'w-' || lpad(n::text, 6, '0'), 'PENDING' from generate_series(1, 25000) n;"
        "insert into jobs (id, workflow_id, name, job_type, position) select gen_random_uuid(),"
        " md5(n::text)::uuid, 'job-' || k, 't', k from generate_series(1, 25000) n, generate_series(0, 1) k;"
        "insert into reconciler.inventory (kind, name, instance, row_id, path, labels, digest, meta_digest,"
        " fingerprint, generation, revision, protected) select 'Workflow', name, 'default', id, 'w.yaml',"
        " jsonb_build_object('study', 's' || right(name, 3)), '', '', 0, 1, '', false from workflows;"
        "insert into reconciler.statuses (instance, kind, name, sync, row_id, status) select 'default', kind,"
        " name, case when name like '%777' then 'Invalid' else 'Synced' end, row_id, '{}'"
        " from reconciler.inventory"
    )
    connection.execute(
        "update jobs set status = 'FAILED' where name = 'job-1' and workflow_id::text like '00%'"
    )
    connection.execute("vacuum (analyze)")
    return connection


PAGES = {
    "first": Wanted("default", limit=50),
    "later": Wanted("default", limit=50, after=write_cursor("w-003000", "default", SPACE)),
    "everything": Wanted("default", everything=True, limit=50),
    "by name": Wanted("default", names=("w-000777",), limit=50),
    "by sync": Wanted("default", syncs=("Invalid",), limit=50),
    "by label": Wanted("default", labels={"study": "s777"}, limit=50),
    "by branch": Wanted("default", branches=("main",), limit=50),
    "by status": Wanted("default", statuses=("PENDING",), limit=50),
}


def cost(connection: Connection, read: Callable[[Connection], Page[_T]]) -> tuple[Page[_T], int, int]:
    """Read a page, and count the rows that were met in tables from end to end, and by index."""
    query = """
select sum(seq_tup_read) filter (where relname <> 'users')::int, sum(idx_tup_fetch)::int
from pg_stat_xact_user_tables"""
    with connection.transaction():
        ((whole, by_index),) = connection.execute(query).fetchall()
        page = read(connection)
        ((whole_then, by_index_then),) = connection.execute(query).fetchall()
    return page, whole_then - whole, by_index_then - by_index


def test_a_page_reads_what_it_shows_and_not_the_tables(crowded: Connection) -> None:
    """By indexes in the order of the list: no table is read from its first row to its last."""
    for name, wanted in PAGES.items():
        shown, whole, by_index = cost(crowded, partial(list_workflows, wanted=wanted))

        assert shown.items, name
        assert whole == 0, name
        assert by_index < 40 * len(shown) + 100, name


def test_a_page_of_jobs_reads_no_more_either(crowded: Connection) -> None:
    """In the middle of all, and of those that are few."""
    later = write_cursor("w-003000", SPACE, 2, SPACE)
    for wanted in (
        Wanted("default", limit=50, after=later),
        Wanted("default", limit=50, statuses=("FAILED",)),
        Wanted("default", limit=50, workflows=("w-000777",)),
    ):
        shown, whole, by_index = cost(crowded, partial(list_jobs, wanted=wanted))

        assert shown.items, wanted
        assert whole == 0, wanted
        assert by_index < 40 * len(shown) + 100, wanted
