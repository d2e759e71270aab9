"""Rows become manifests that mean these rows and no others; what no manifest can declare is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired import DesiredState, ParsedFile, Snapshot, SourceFile, build_desired, parse_file
from reconciler.plan import JobRow, UserRow, WorkflowRow
from reconciler.plan.export import Export, StoredJob, Unwritable, Written
from reconciler.plan.naming import Holding, Owner, assign_keys
from reconciler.resources import JobStatus, Kind, ResourceKey, job_id, params_text, resource_id
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.model import Database, actions, settled
from tests.unit.desired.test_write import RESOURCES, TEXTS

ADA = UUID(int=0xADA)
FLOW = UUID(int=0xF10)
TILE, MERGE = UUID(int=0x71E), UUID(int=0x3E6)


def held(database: Database) -> list[Holding]:
    """See a database as `read_holdings` does."""
    owners = {
        record.row_id: Owner(
            record.key,
            record.instance,
            protected=record.protected,
            orphaned=record.orphaned,
            jobs=frozenset(known.id for known in database.memory.get(record.key, ())),
        )
        for record in database.inventory.values()
    }
    users = [
        Holding(Kind.USER, row_id, name, None, owners.get(row_id)) for row_id, name in database.users.items()
    ]
    return users + [
        Holding(Kind.WORKFLOW, row_id, flow.name, flow.user_id, owners.get(row_id))
        for row_id, flow in database.workflows.items()
    ]


def stored(row: JobRow) -> StoredJob:
    """See a job as `read_stored_jobs` does."""
    parents = json.dumps([str(parent) for parent in row.parents])
    return StoredJob(row.id, row.name, row.job_type, row.branch_id, parents, row.params)


def export(database: Database, *, unmanaged: bool = False) -> list[Written | Unwritable]:
    """Write the manifests of a database."""
    holdings = sorted(held(database), key=lambda row: row.id.int, reverse=True)
    goods = Export(holdings, "default", unmanaged=unmanaged)
    told: list[Written | Unwritable] = list(goods.users())
    for row_id in goods.workflows:
        rows = database.rows(Kind.WORKFLOW, row_id)
        assert isinstance(rows, WorkflowRow)
        jobs = sorted(rows.jobs, key=lambda row: (row.position, row.id))
        told.append(goods.workflow(row_id, map(stored, jobs)))
    return told


def written(told: Sequence[Written | Unwritable]) -> dict[str, Written]:
    """Give what was written, all of it."""
    assert all(isinstance(one, Written) for one in told), told
    return {str(one.key): one for one in told if isinstance(one, Written)}


def read(told: Sequence[Written | Unwritable]) -> DesiredState:
    """Read what was written as a folder of manifests."""
    files: list[ParsedFile] = [
        parse_file(SourceFile(f"{one.key}.yaml", one.text.encode()))
        for one in told
        if isinstance(one, Written)
    ]
    state = build_desired(Snapshot("r", "/", tuple(files)))
    assert not state.diagnostics
    return state


def foreign(*jobs: JobRow, name: str | None = "w", username: str = "ada") -> Database:
    """Give a database that somebody else filled."""
    database = Database()
    database.insert(UserRow(ADA, username))
    database.insert(WorkflowRow(FLOW, ADA, name, 3, jobs or (row("tile"),)))
    return database


def row(name: str, row_id: UUID = TILE, *parents: UUID, position: int = 0, params: str = "{}") -> JobRow:
    """Make a job that is not ours."""
    return JobRow(row_id, name, "tiling", "main", parents, params, position, 2)


def reason(database: Database) -> str:
    """Say why the workflow of a database can't be written; its user can."""
    return refusal(database).reason


def refusal(database: Database) -> Unwritable:
    """Give the workflow of a database that can't be written."""
    (left,) = (one for one in export(database) if isinstance(one, Unwritable))
    assert left.row_id == FLOW
    return left


@given(st.lists(RESOURCES, max_size=5, unique_by=lambda one: (one.key.kind, one.key.name.lower())))
@settings(max_examples=100)
def test_what_was_applied_and_exported_says_the_same(resources: list[object]) -> None:
    """Any desired state: the digests of its specs are those of the manifests written from its rows."""
    users = {one.username: one for one in resources if isinstance(one, type(user()))}
    flows = [one for one in resources if isinstance(one, type(workflow("w")))]
    owner = manifest(user("owner-of-all", "owner of all"))
    mine = [manifest(replace(one, user="owner-of-all")) for one in flows if one.name != "owner-of-all"]
    declared = [owner, *(manifest(one) for one in users.values() if one.name != "owner-of-all"), *mine]
    database = settled(*declared)
    again = read(export(database))
    assert {key: one.digest for key, one in again.manifests.items()} == {
        one.key: one.digest for one in declared
    }
    assert set(actions(database.plan(again)).values()) <= {"Note"}


def test_a_database_of_others_plans_clean_and_is_adopted_as_it_is() -> None:
    """Names, graph, branches and params are equal, so no annotation is needed and no row is written."""
    database = foreign(
        row("merge", MERGE, TILE, position=1, params='{"seed":null,"x":[1,2.5]}'), row("tile", position=0)
    )
    before = database.copy()
    told = export(database)
    assert "annotations" not in "".join(one.text for one in written(told).values())
    state = read(told)
    database.apply(database.plan(state))
    assert (database.users, database.workflows, database.jobs) == (
        before.users,
        before.workflows,
        before.jobs,
    )
    assert database.plan(state).empty


@pytest.mark.parametrize("name", [None, "My study", "研究", "-x-", "x" * 70, ""])
def test_a_workflow_whose_name_is_no_identity_is_adopted_by_its_id_and_gets_one(name: str | None) -> None:
    """That is told; its rows keep their ids."""
    database = foreign(name=name)
    told = export(database)
    (flow,) = (one for one in written(told).values() if one.key.kind is Kind.WORKFLOW)
    assert flow.called == (name or "")
    assert f"reconciler/adopt: {FLOW}" in flow.text
    state = read(told)
    database.apply(database.plan(state))
    assert database.workflows[FLOW].name == flow.key.name
    assert database.find_job("tile") == TILE
    assert database.plan(state).empty


def test_names_that_differ_by_case_are_told_apart() -> None:
    """One keeps its name, the other is adopted by its id."""
    database = foreign(name="Study")
    other = UUID(int=0xF11)
    database.insert(WorkflowRow(other, ADA, "study", 1, (row("tile", MERGE),)))
    told = export(database)
    assert {str(one.key): one.called for one in told if isinstance(one, Written)} == {
        "User/ada": None,
        "Workflow/Study": None,
        "Workflow/study-00000000": "study",
    }
    state = read(told)
    database.apply(database.plan(state))
    assert database.plan(state).empty
    assert {flow.name for flow in database.workflows.values()} == {"Study", "study-00000000"}


@pytest.mark.parametrize("username", ["ada lovelace", "ada@example.org", "张三", "a" * 200])
def test_a_username_that_is_no_identity_stands_in_the_spec(username: str) -> None:
    """Its row is found by it, and its workflows name its manifest."""
    database = foreign(username=username)
    told = export(database)
    state = read(told)
    database.apply(database.plan(state))
    assert database.users == {ADA: username}
    assert database.plan(state).empty


def test_a_row_whose_id_is_that_of_another_identity_is_not_taken_for_it() -> None:
    """It would be found by that id before the row that bears the name."""
    database = foreign(name="x")
    liar = resource_id(workflow_key("x"))
    database.insert(WorkflowRow(liar, ADA, "y", 1, (row("other", MERGE),)))
    told = export(database)
    state = read(told)
    database.apply(database.plan(state))
    assert {database.workflows[FLOW].name, database.workflows[liar].name} == {"x", "y"}
    assert database.inventory[workflow_key("x")].row_id == FLOW
    assert database.plan(state).empty


def test_what_no_manifest_can_say_is_told_with_its_reason() -> None:
    """Nothing near it is written instead."""
    assert "no job of its workflow" in reason(foreign(row("tile", TILE, UUID(int=9))))
    assert "needs itself" in reason(foreign(row("tile", TILE, TILE)))
    assert "circle" in reason(foreign(row("a", TILE, MERGE), row("b", MERGE, TILE)))
    assert "more digits" in reason(foreign(row("tile", params='{"x":0.1234567890123456789}')))
    assert "more digits" in reason(foreign(row("tile", params='{"x":12345678901234567890}')))
    assert "more digits" in reason(foreign(row("tile", params='{"x":1e999}')))
    assert "nested" in reason(foreign(row("tile", params='{"x":' + "[" * 70 + "]" * 70 + "}")))
    assert "nested" in reason(foreign(row("tile", params="[" * 100_000 + "]" * 100_000)))
    assert "not a JSON object" in reason(foreign(row("tile", params="[]")))
    assert "is empty" in reason(foreign(row("")))
    assert "can't see" in reason(foreign(row("a\u200bb")))


@pytest.mark.parametrize(
    ("jobs", "fix"),
    [
        ([row("tile", TILE, UUID(int=9))], f"take it out of parent_ids_json where id = '{TILE}'"),
        ([row("tile", TILE, TILE)], "mend the row: remove this entry"),
        ([row("tile", params='{"x":1e999}')], f"write it as text, in quotes, where id = '{TILE}'"),
        ([row("tile", params="[]")], f"make it one, such as {{}}, where id = '{TILE}'"),
        ([row("a\u200bb")], "mend the row: remove it"),
    ],
)
def test_whoever_is_told_what_no_manifest_can_say_is_told_what_to_do(jobs: list[JobRow], fix: str) -> None:
    """With the row, which may be one of thousands."""
    assert fix in refusal(foreign(*jobs)).fix


def test_of_a_workflow_with_many_jobs_the_one_is_named_that_no_manifest_can_say() -> None:
    """Its text alone would not lead there."""
    bad = replace(row("merge", MERGE, TILE), job_type="a\tb")

    assert reason(foreign(row("tile"), bad)).endswith("(RC209), in the job 'merge'")


def test_a_workflow_whose_user_can_not_be_said_points_to_the_user() -> None:
    """It is the user's row that wants to be mended."""
    database = foreign()
    database.users[ADA] = "a\nb"
    user_left, left = (one for one in export(database) if isinstance(one, Unwritable))

    assert (user_left.row_id, left.reason) == (ADA, "its user is left out too: User/a-b")
    assert left.fix == "mend the row of the user"


def test_numbers_are_exact() -> None:
    """Integers of 64 bits to the last digit, and larger ones that a double has."""
    params = '{"a":9223372036854775807,"b":-9223372036854775808,"c":100000000000000000000,"d":0.1}'
    text = written(export(foreign(row("tile", params=params))))["Workflow/w"].text
    for line in ("a: 9223372036854775807", "b: -9223372036854775808", "c: 1.0e+20", "d: 0.1"):
        assert line in text


def test_parents_that_are_no_array_are_told() -> None:
    """The column is everybody's."""
    goods = Export([Holding(Kind.WORKFLOW, FLOW, "w", ADA), Holding(Kind.USER, ADA, "ada")], "default")
    assert [one.key.name for one in goods.users()] == ["ada"]
    for parents in ('"x"', "{}", "[1]", "[null]", "[" * 100_000 + "]" * 100_000):
        told = goods.workflow(FLOW, [StoredJob(TILE, "tile", "tiling", "main", parents, "{}")])
        assert isinstance(told, Unwritable)


def test_the_order_in_which_rows_come_changes_no_byte() -> None:
    """Nor which other rows come with them."""
    rows = [
        Holding(Kind.USER, UUID(int=n), name) for n, name in enumerate(["B", "a b", "b", "a.b", "a-b", "A B"])
    ]
    assert assign_keys(rows) == assign_keys(reversed(rows))
    assert len({key.name.lower() for key in assign_keys(rows).values()}) == len(rows)


def test_what_is_managed_keeps_its_identity_its_labels_and_its_protection() -> None:
    """Whatever its row is called by now; nobody else is given that name."""
    owner = Owner(workflow_key("w"), "default", {"study": "a"}, protected=True, jobs=frozenset({TILE}))
    ours = Holding(Kind.WORKFLOW, FLOW, "renamed", ADA, owner)
    theirs = Holding(Kind.WORKFLOW, UUID(int=5), "w", ADA)
    goods = Export([Holding(Kind.USER, ADA, "ada"), ours, theirs], "default")
    list(goods.users())
    assert goods.keys[theirs.place].name == "w-00000000"
    told = goods.workflow(FLOW, [stored(row("tile")), stored(row("stranger", MERGE))])
    assert isinstance(told, Written)
    assert (str(told.key), told.managed, told.left) == ("Workflow/w", True, 1)
    assert "study: a" in told.text
    assert "reconciler/prune: disabled" in told.text
    assert "stranger" not in told.text


def test_rows_of_another_instance_are_not_written() -> None:
    """They are counted; a user of another instance is named by its username."""
    database = settled(manifest(user("ada", "Ada L.")), instance="north")
    ada = next(iter(database.users))
    database.insert(WorkflowRow(FLOW, ada, "w", 1, (row("tile"),)))
    told = written(export(database))
    assert list(told) == ["Workflow/w"]
    assert "user: Ada L." in told["Workflow/w"].text
    assert Export(held(database), "default").elsewhere == 1


def test_only_what_nobody_manages_is_written_when_that_is_asked() -> None:
    """A managed user is named by its manifest all the same."""
    database = settled(manifest(user("ada", "Ada L.")))
    database.insert(WorkflowRow(FLOW, next(iter(database.users)), "w", 1, (row("tile"),)))
    told = written(export(database, unmanaged=True))
    assert list(told) == ["Workflow/w"]
    assert "user: ada\n" in told["Workflow/w"].text


def test_a_workflow_alone_names_its_user_by_username() -> None:
    """No manifest is there that could be named; unless that is what another is called."""
    rows = [
        Holding(Kind.USER, ADA, "bob"),
        Holding(Kind.WORKFLOW, FLOW, "w", ADA),
        Holding(Kind.USER, UUID(int=7), "robert", None, Owner(user_key("bob"), "default")),
    ]
    jobs = [stored(row("tile"))]
    alone = Export(rows[:2], "default", {workflow_key("w")})
    assert list(alone.users()) == []
    told = alone.workflow(FLOW, jobs)
    assert isinstance(told, Written)
    assert "user: bob\n" in told.text
    misled = Export(rows, "default", {workflow_key("w")}).workflow(FLOW, jobs)
    assert isinstance(misled, Unwritable)
    assert "another User manifest" in misled.reason


def test_a_user_and_a_workflow_of_one_id_are_told_apart() -> None:
    """Tables of others may number their rows as they like."""
    database = Database()
    database.insert(UserRow(ADA, "ada"))
    database.insert(WorkflowRow(ADA, ADA, "w", 1, (row("tile", ADA),)))
    assert sorted(written(export(database))) == ["User/ada", "Workflow/w"]


def test_ids_of_new_rows_are_not_those_of_adopted_ones() -> None:
    """A job that is added later gets an id beneath the row that was adopted."""
    database = foreign()
    database.apply(database.plan(read(export(database))))
    more = desired(manifest(user("ada")), manifest(workflow("w", job("tile"), job("new", "tile"))))
    database.apply(database.plan(more))
    assert database.find_job("new") == job_id(FLOW, "new")
    assert ResourceKey(Kind.WORKFLOW, "w") in database.inventory


CALLED = st.one_of(
    st.none(),
    st.sampled_from(["", "w", "W", "w-00000000", "a b", "A B", "a-b", "研究", "x" * 80, "no"]),
    TEXTS,
)
USERNAMES = st.one_of(st.sampled_from(["ada", "Ada", "ada ", "a da", "张三", "user", "w"]), TEXTS)
GUESSED = st.sampled_from(["ada", "w", "W", "a-b", "of nobody", "of nobody else"])
"""Identities whose ids rows have that were not made by us."""

JOB_NAMES = st.one_of(st.sampled_from(["a", "b", "c", "A"]), TEXTS)
PARAMS_TEXTS = st.sampled_from(
    ["{}", '{"x":1.50}', '{"x":[1e3,{"y":null}]}', "[]", '{"x":0.12345678901234567891}']
)


@st.composite
def foreign_databases(draw: st.DrawFn) -> Database:
    """Draw rows that somebody made who never heard of us, with ids that may be those of our identities."""
    database = Database()
    numbers = iter(range(1, 1000))
    names = draw(st.lists(USERNAMES, min_size=1, max_size=4, unique=True))
    for name in names:
        guessed = resource_id(user_key(draw(GUESSED)))
        row_id = UUID(int=next(numbers)) if guessed in database.users else guessed
        database.insert(UserRow(row_id, name))
    for called in draw(
        st.lists(CALLED, max_size=4, unique_by=lambda name: name if name is not None else object())
    ):
        guessed = resource_id(workflow_key(draw(GUESSED)))
        row_id = UUID(int=next(numbers)) if guessed in database.workflows else guessed
        jobs: list[JobRow] = []
        for position, name in enumerate(draw(st.lists(JOB_NAMES, max_size=3, unique=True))):
            parents = draw(st.lists(st.sampled_from([job.id for job in jobs] or [UUID(int=0)]), max_size=2))
            jobs.append(
                JobRow(
                    UUID(int=next(numbers)),
                    name,
                    draw(st.sampled_from(["tiling", "tiling", ""])),
                    draw(st.sampled_from(["main", "b"])),
                    tuple(parents),
                    params_text(json.loads(draw(PARAMS_TEXTS))),
                    draw(st.sampled_from([position, 0])),
                    draw(st.integers(1, 3)),
                    draw(st.sampled_from(JobStatus)),
                )
            )
        user_id = draw(st.sampled_from(sorted(database.users)))
        database.insert(WorkflowRow(row_id, user_id, called, draw(st.integers(1, 3)), tuple(jobs)))
    return database


@given(foreign_databases())
@settings(max_examples=300)
def test_any_database_of_others_is_adopted_but_for_what_is_told(database: Database) -> None:
    """Every row is written or told; what is written is adopted without a conflict, and nothing else moves."""
    before = database.copy()
    told = export(database)
    assert {one.row_id for one in told} == {*database.users, *database.workflows}
    state = read(told)
    plan = database.plan(state)
    assert not plan.held_back
    database.apply(plan)
    again = database.plan(state)
    assert (again.empty, again.held_back) == (True, ())
    assert database.users == before.users
    renamed = {one.row_id for one in told if isinstance(one, Written) and one.called is not None}
    for row_id, flow in before.workflows.items():
        if row_id not in renamed:
            assert database.workflows[row_id] == flow
    for row_id, cell in before.jobs.items():
        assert replace(database.jobs[row_id].row, position=0) == replace(cell.row, position=0)
        assert database.jobs[row_id].row.status == cell.row.status
