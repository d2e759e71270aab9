"""The tables: made, compared, mended, taken away; by several at once, and by who may not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from reconciler.errors import PlanOutdated, SchemaMismatch, StoreRefused, UsageError
from reconciler.store import migrate
from reconciler.store.connect import connect
from reconciler.store.election import Candidate, PostgresElection
from tests.builders import desired, job, manifest, user, workflow
from tests.integration.store.conftest import Open, Person, Writer, told

ADA = manifest(user("ada"))


@pytest.fixture
def bare(database_url: str, person: Person) -> str:
    """Give a database without any table of ours or of the consumers."""
    person.does("drop schema reconciler cascade")
    person.does("drop table public.jobs, public.workflows, public.users")
    return database_url


def test_the_tables_are_what_the_code_says(database_url: str) -> None:
    """Right after the upgrade nothing differs, and another upgrade does nothing."""
    assert migrate.compare(database_url) == []
    assert migrate.upgrade(database_url) == (migrate.HEAD, migrate.HEAD)


def test_what_consumers_add_is_no_difference(database_url: str, person: Person) -> None:
    """Columns, indexes, views and tables of their own."""
    person.does("alter table public.jobs add column picked_by text")
    person.does("create index on public.jobs (picked_by)")
    person.does("create view public.waiting as select * from public.jobs where status = 'PENDING'")
    person.does("create table public.notes (job_id uuid references public.jobs)")

    assert migrate.compare(database_url) == []


def test_what_is_missing_is_a_difference(database_url: str, person: Person) -> None:
    """In our books and in the consumers' tables."""
    person.does("alter table reconciler.gates drop column approved_by")
    person.does("alter table public.jobs alter column created_at drop not null")
    person.does("alter table public.workflows drop constraint workflows_name_key")

    differences = "\n".join(migrate.compare(database_url))

    for name in ("approved_by", "created_at", "workflows_name_key"):
        assert name in differences


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("drop table reconciler.suspensions", "there is no table reconciler.suspensions"),
        ("drop index public.jobs_status_idx", "public.jobs has no index jobs_status_idx"),
        ("alter table reconciler.inventory drop digest", "reconciler.inventory has no column digest"),
        (
            "alter table reconciler.passes alter started_at type text",
            "reconciler.passes.started_at is text, and should be timestamp with time zone",
        ),
        (
            "alter table reconciler.fence alter source drop not null",
            "reconciler.fence.source takes null, and should not",
        ),
        (
            "alter table public.jobs drop position cascade",
            "alter table public.jobs add column position integer not null default 0;",
        ),
    ],
)
def test_a_difference_is_told_once_and_in_words(
    database_url: str, person: Person, done: str, told: str
) -> None:
    """Whoever reads it knows tables, not the library that compares them."""
    person.does(done)

    assert migrate.compare(database_url) == [told]


def test_up_and_down_and_up_again(bare: str, person: Person) -> None:
    """An empty database goes back to having nothing of ours."""
    assert migrate.upgrade(bare) == ("", migrate.HEAD)
    migrate.downgrade(bare, "base")
    left = person.rows("select relname from pg_class where relnamespace = 'public'::regnamespace")
    assert left == []
    assert person.rows("select proname from pg_proc where pronamespace = 'reconciler'::regnamespace") == []
    assert migrate.upgrade(bare) == ("", migrate.HEAD)
    assert migrate.compare(bare) == []


def test_a_downgrade_drops_no_rows(database_url: str, writer: Writer) -> None:
    """Refused, with what to do; nothing is half gone, and the writer writes on."""
    writer.run(ADA)
    with pytest.raises(StoreRefused) as refused:
        migrate.downgrade(database_url, "base")

    assert "users" in refused.value.why
    assert "mpty the tables first" in refused.value.fix
    assert migrate.compare(database_url) == []
    assert told(writer.run(ADA, manifest(workflow("w")))) == {}
    with pytest.raises(UsageError):
        migrate.downgrade(database_url, "0000")


def test_records_that_only_this_version_can_keep_apart_are_not_taken_back(
    database_url: str, writer: Writer, person: Person
) -> None:
    """A user and a workflow of one id: named, with what to do; without them the step is taken."""
    writer.run(ADA, manifest(workflow("w")))
    person.does("update reconciler.inventory set row_id = (select id from public.users)")
    with pytest.raises(StoreRefused) as refused:
        migrate.downgrade(database_url, "0004")

    assert "User/ada, Workflow/w" in refused.value.why
    assert refused.value.fix == "stay with this version, or prune one of them first"
    person.does("delete from reconciler.inventory where kind = 'User'")
    migrate.downgrade(database_url, "0004")
    assert migrate.upgrade(database_url) == ("0004", migrate.HEAD)
    assert migrate.compare(database_url) == []


def test_several_replicas_may_upgrade_at_once(bare: str) -> None:
    """One does it, the others find it done."""
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate.upgrade(bare), range(4)))

    assert sorted(done) == [("", migrate.HEAD), *([(migrate.HEAD, migrate.HEAD)] * 3)]


def test_an_upgrade_that_fails_leaves_nothing_behind(bare: str, person: Person) -> None:
    """All steps are one transaction."""
    person.does(
        "create function public.no_ddl() returns event_trigger language plpgsql as"
        " $$ begin raise exception 'no triggers today'; end $$"
    )
    person.does(
        "create event trigger no_ddl on ddl_command_start when tag in ('CREATE TRIGGER')"
        " execute function public.no_ddl()"
    )

    with pytest.raises(StoreRefused) as refused:
        migrate.upgrade(bare)

    assert "no triggers today" in refused.value.why
    tables = "select relname from pg_class where relnamespace = any ('{public,reconciler}'::regnamespace[])"
    assert person.rows(tables) == []


def test_an_upgrade_waits_only_briefly_for_a_table_that_is_in_use(bare: str, person: Person) -> None:
    """Everybody would wait behind it; it is tried again later."""
    migrate.upgrade(bare)
    person.does("drop schema reconciler cascade")
    with psycopg.connect(bare) as busy:
        busy.execute("select count(*) from public.jobs")
        busy.execute("lock table public.jobs in share update exclusive mode")
        with pytest.raises(PlanOutdated):
            migrate.upgrade(bare)
    assert migrate.upgrade(bare) == ("", migrate.HEAD)


@contextmanager
def role(person: Person, url: str, *grants: str) -> Iterator[str]:
    """Give the URL by which a role without rights but these logs in."""
    person.does("drop role if exists visitor")
    person.does("create role visitor login")
    try:
        for grant in grants:
            person.does(f"grant {grant} to visitor")
        yield make_conninfo(url, user="visitor")
    finally:
        person.does("drop owned by visitor")
        person.does("drop role visitor")


def test_a_role_that_may_not_create_tables_is_told_so(bare: str, person: Person) -> None:
    """A stall with the reason: neither an upgrade nor an election goes on."""
    with role(person, bare) as url:
        for attempt in (
            lambda: migrate.upgrade(url),
            PostgresElection(url, Candidate("default", "v", ""), migrates=True).stand,
        ):
            with pytest.raises(StoreRefused) as refused:
                attempt()
            assert refused.value.what == "PostgreSQL denies permission"


def test_a_role_without_ddl_runs_where_the_tables_are_up_to_date(database_url: str, person: Person) -> None:
    """Only who must change tables needs the right to."""
    with role(
        person,
        database_url,
        "usage on schema reconciler",
        "select, insert, update, delete on all tables in schema public, reconciler",
    ) as url:
        assert migrate.upgrade(url) == (migrate.HEAD, migrate.HEAD)
        election = PostgresElection(url, Candidate("default", "v", ""), migrates=True)
        assert election.stand() == 1
        election.resign()


# --- tables that stand already ---------------------------------------------------------------------------

OLDER_SERVICE = """
create type public.job_status as enum ('PENDING', 'QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
create table public.users (id varchar(36) primary key, username varchar(255), created_at timestamp);
create unique index ix_users_username on public.users (username);
create table public.workflows (id varchar(36) primary key,
    user_id varchar(36) not null references public.users (id) on delete cascade,
    name varchar(255), status varchar(20), created_at timestamp not null default now());
create table public.jobs (id varchar(36) primary key,
    workflow_id varchar(36) not null references public.workflows (id), name varchar(255) not null,
    job_type varchar(50) not null, branch_id varchar(50), parent_ids_json text,
    image_path varchar(500) not null, status public.job_status default 'PENDING',
    created_at timestamp default now());
insert into public.users values ('11111111-1111-1111-1111-111111111111', 'ada', '2026-01-01 12:00');
insert into public.workflows (id, user_id, name, status) values ('22222222-2222-2222-2222-222222222222',
    '11111111-1111-1111-1111-111111111111', 'old', 'RUNNING');
insert into public.jobs values
    ('33333333-3333-3333-3333-333333333333', '22222222-2222-2222-2222-222222222222', 'tile',
    'tiling', null, null, '/slides/1.svs', 'SUCCEEDED', '2026-01-02 12:00'),
    ('44444444-4444-4444-4444-444444444444', '22222222-2222-2222-2222-222222222222', 'infer',
    'inference', 'b', '"[\\"33333333-3333-3333-3333-333333333333\\"]"', '/slides/1.svs', 'RUNNING',
    '2026-01-03 12:00');
"""

BARE_TABLES = """
create table public.users (id uuid, username text);
create table public.workflows (id uuid, user_id uuid, name text);
create table public.jobs (id uuid, workflow_id uuid, name text, job_type text, position bigint);
insert into public.users values ('11111111-1111-1111-1111-111111111111', 'ada');
"""

NUMBERED = """
create table public.users (id serial primary key, username text unique not null);
create table public.workflows (id serial primary key, user_id int references public.users, name text);
create table public.jobs (id serial primary key, workflow_id int references public.workflows, name text,
    "order" int not null);
insert into public.users (username) values ('ada');
"""

A_VIEW = """
create table public.everybody (id uuid primary key, username text unique not null);
create view public.users as select * from public.everybody;
"""

ONE_OF_THREE = "create table public.users (id uuid primary key, username text not null unique, email text);"


@dataclass(frozen=True)
class Older:
    """Tables that stand already."""

    tables: str
    fits: bool = False


OLDER = {
    "an older service's": Older(OLDER_SERVICE),
    "without keys and defaults": Older(BARE_TABLES),
    "with numbers for ids": Older(NUMBERED),
    "a view": Older(A_VIEW),
    "one of the three": Older(ONE_OF_THREE),
}


@pytest.mark.parametrize("older", OLDER)
def test_tables_that_do_not_fit_are_refused_with_the_sql_that_mends_them(
    bare: str, person: Person, open_writer: Open, older: str
) -> None:
    """Run as it is, it mends them: no row is lost, the upgrade goes through, and passes work."""
    person.connection.execute(OLDER[older].tables)
    with pytest.raises(SchemaMismatch) as refused:
        migrate.upgrade(bare)
    statements = refused.value.fix.partition("\n")[2]

    person.connection.execute(statements.encode())

    assert migrate.upgrade(bare) == ("", migrate.HEAD)
    assert migrate.compare(bare) == []
    writer = open_writer("default")
    flow = manifest(workflow("new", job("a", x=1), job("b", "a")))
    assert told(writer.run(ADA, flow)) == {}
    assert writer.plan(desired(ADA, flow)).empty
    assert person.value("select count(*) from public.workflows where status = 'PENDING'") == 1
    assert person.value("select count(*) from public.users where created_at is null") == 0


def test_an_older_services_rows_are_kept_and_can_be_adopted(
    bare: str, person: Person, open_writer: Open
) -> None:
    """Ids, statuses and times are what they were; parents are one array, once encoded."""
    person.connection.execute(OLDER_SERVICE)
    with pytest.raises(SchemaMismatch) as refused:
        migrate.upgrade(bare)
    person.connection.execute(refused.value.fix.partition("\n")[2].encode())
    migrate.upgrade(bare)

    kept = person.rows(
        "select name, branch_id, parent_ids_json, status, created_at::text, image_path from public.jobs"
        " order by created_at"
    )
    first = "33333333-3333-3333-3333-333333333333"
    assert [row[:4] + row[5:] for row in kept] == [
        ("tile", "main", [], "SUCCEEDED", "/slides/1.svs"),
        ("infer", "b", [first], "RUNNING", "/slides/1.svs"),
    ]
    flow = workflow("old", job("tile"), job("infer", "tile", job_type="inference", branch_id="b"))
    applied = open_writer("default").run(ADA, manifest(flow))
    assert told(applied) == {}
    assert applied.rows_written == 1, "the second job's position was none"


def test_tables_that_fit_are_taken_as_they_are(bare: str, person: Person) -> None:
    """Whatever their keys are called, and whatever else they have."""
    migrate.upgrade(bare)
    person.does("drop schema reconciler cascade")
    person.does("alter table public.users rename constraint users_username_key to somebodys")
    person.does("alter table public.jobs add column mine text not null default ''")

    assert migrate.upgrade(bare) == ("", migrate.HEAD)
    assert migrate.compare(bare) == []


def test_a_newer_database_is_refused(database_url: str, person: Person) -> None:
    """It is the newer version's to work with."""
    person.does("update reconciler.alembic_version set version_num = '9999'")

    with pytest.raises(SchemaMismatch) as refused:
        migrate.upgrade(database_url)
    assert "newer" in refused.value.fix
    with connect(database_url, "look") as connection:
        assert migrate.current(connection) == "9999"
