"""The rights of `deploy/postgresql/roles.sql`, table by table and column by column, against a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest
from psycopg import sql

from reconciler.store import migrate
from tests.roles import BOOKS, CONSUMERS, MATRIX, OF_COLUMNS, OF_TABLES, ROLES, apply_roles, logins
from tests.services import Services


@pytest.fixture
def empty(services: Services) -> Iterator[str]:
    """Give a database without a table."""
    with services.database("template0") as url:
        yield url


def _granted(url: str) -> dict[tuple[str, str, str], set[str]]:
    """Give what PostgreSQL says: by role, table and privilege the columns, or `*`."""
    found: dict[tuple[str, str, str], set[str]] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        of_tables = connection.execute(
            """
            select r, t, p from unnest(%s::text[]) r, unnest(%s::text[]) t, unnest(%s::text[]) p
            where has_table_privilege(r, t, p)""",
            [list(ROLES), [*CONSUMERS, *BOOKS], list(OF_TABLES)],
        )
        for role, table, privilege in of_tables.fetchall():
            found.setdefault((role, table, privilege), set()).add("*")
        of_columns = connection.execute(
            """
            select r, t, p, a.attname from unnest(%s::text[]) r, unnest(%s::text[]) t, unnest(%s::text[]) p
                join pg_attribute a on a.attnum > 0 and not a.attisdropped
            where a.attrelid = t::regclass and has_column_privilege(r, t, a.attname, p)
                and not has_table_privilege(r, t, p)""",
            [list(ROLES), [*CONSUMERS, *BOOKS], list(OF_COLUMNS)],
        )
        for role, table, privilege, column in of_columns.fetchall():
            found.setdefault((role, table, privilege), set()).add(column)
    return found


def _written() -> dict[tuple[str, str, str], set[str]]:
    return {
        (role, table, privilege): set(columns)
        for role, tables in MATRIX.items()
        for table, rights in tables.items()
        for privilege, columns in rights.items()
    }


def test_a_fresh_database_comes_to_the_matrix(empty: str) -> None:
    """The file, the upgrade as the migrator, the file, as its first lines say; once more changes nothing."""
    told = apply_roles(empty)
    assert any("there are no tables yet" in notice for notice in told)
    with logins(empty) as urls:
        migrate.upgrade(urls["reconciler_migrator"])
    apply_roles(empty)
    assert _granted(empty) == _written()
    apply_roles(empty)
    assert _granted(empty) == _written()


def test_a_database_that_was_upgraded_by_a_superuser_comes_to_the_same(database_url: str) -> None:
    """Owners are mended, and so are rights that somebody gave too freely."""
    apply_roles(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("grant all on all tables in schema public, reconciler to reconciler_daemon")
        connection.execute("grant all on all tables in schema reconciler to public")
    apply_roles(database_url)
    assert _granted(database_url) == _written()


def test_everything_of_ours_belongs_to_the_migrator(database_url: str) -> None:
    """Tables, sequences and functions: nobody else could change them."""
    apply_roles(database_url)
    with psycopg.connect(database_url) as connection:
        owners = connection.execute(
            """
            select relowner::regrole::text from pg_class
                where relnamespace = 'reconciler'::regnamespace or oid::regclass::text = any (%s)
            union select proowner::regrole::text from pg_proc where pronamespace = 'reconciler'::regnamespace
            union select nspowner::regrole::text from pg_namespace where nspname = 'reconciler'""",
            [["users", "workflows", "jobs"]],
        )
        assert owners.fetchall() == [("reconciler_migrator",)]


def test_nobody_but_the_migrator_makes_anything_or_calls_our_functions(database_url: str) -> None:
    """Neither in our schema nor in `public`; what triggers call they call as the owner."""
    apply_roles(database_url)
    with psycopg.connect(database_url) as connection:
        rights = connection.execute(
            """
            select r, has_schema_privilege(r, 'reconciler', 'usage'),
                has_schema_privilege(r, 'reconciler', 'create'),
                has_schema_privilege(r, 'public', 'create'),
                has_database_privilege(r, current_database(), 'create'),
                (select count(*) from pg_proc p where p.pronamespace = 'reconciler'::regnamespace
                    and has_function_privilege(r, p.oid, 'execute'))
            from unnest(%s::text[]) r order by r""",
            [[*ROLES[1:], "pg_monitor"]],
        )
        assert rights.fetchall() == [
            ("pg_monitor", False, False, False, False, 0),
            ("reconciler_daemon", True, False, False, False, 0),
            ("reconciler_job_writer", False, False, False, False, 0),
            ("reconciler_reader", True, False, False, False, 0),
        ]


def test_what_a_later_upgrade_adds_serves_the_daemon_at_once_and_nobody_else(database_url: str) -> None:
    """A new version shall not wait for an administrator, and a new secret not be read by everybody."""
    apply_roles(database_url)
    with logins(database_url) as urls, psycopg.connect(urls["reconciler_migrator"]) as connection:
        connection.execute("create table reconciler.novelty (id bigserial primary key)")
        connection.execute("create function reconciler.new() returns int language sql as 'select 1'")
        told = connection.execute(
            """
            select r, has_table_privilege(r, 'reconciler.novelty', 'select, insert, update, delete'),
                has_sequence_privilege(r, 'reconciler.novelty_id_seq', 'usage'),
                has_function_privilege(r, 'reconciler.new()', 'execute')
            from unnest(%s::text[]) r order by r""",
            [list(ROLES[1:])],
        )
        assert told.fetchall() == [
            ("reconciler_daemon", True, True, False),
            ("reconciler_job_writer", False, False, False),
            ("reconciler_reader", False, False, False),
        ]
        connection.rollback()


def test_tables_that_somebody_owns_stay_theirs(database_url: str) -> None:
    """It is said, with the two ways out; the rights on them are given all the same."""
    apply_roles(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create role legacy")
        connection.execute("alter table public.users owner to legacy")
        try:
            assert any("users belongs to legacy" in notice for notice in apply_roles(database_url))
            allowed = connection.execute(
                "select has_column_privilege('reconciler_daemon', 'public.users', 'username', 'update')"
            )
            assert allowed.fetchone() == (True,)
        finally:
            connection.execute("alter table public.users owner to reconciler_migrator")
            connection.execute("drop role legacy")


def test_what_everybody_may_is_told_for_these_roles_may_it_too(database_url: str) -> None:
    """Databases from before PostgreSQL 15 let everybody make tables; a grant to all reaches every column."""
    assert not any("everybody" in notice for notice in apply_roles(database_url))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("grant create on schema public to public")
        connection.execute("grant update on public.jobs to public")
        connection.execute("grant select (username) on public.users to public")
    told = [notice for notice in apply_roles(database_url) if "everybody" in notice]

    assert told == [
        "everybody may create in the schema public",
        "everybody may select on users",
        "everybody may update on jobs",
    ]


def test_a_schema_public_that_is_closed_to_everybody_shuts_out_none_of_them(database_url: str) -> None:
    """Each has its right by itself."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("revoke all on schema public from public")
    apply_roles(database_url)
    with logins(database_url) as urls:
        for role in ROLES:
            with psycopg.connect(urls[role]) as connection:
                connection.execute("select count(*) from public.jobs")
        with psycopg.connect(urls["reconciler_job_writer"]) as connection:
            connection.execute("update public.jobs set status = 'RUNNING'")


def test_it_may_be_run_by_who_owns_the_database_and_may_make_roles(empty: str) -> None:
    """Where PostgreSQL is rented nobody is superuser. Roles that are there already must be theirs to give."""
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("create role renter login createrole")
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} owner to renter").format(name))
        connection.execute("alter schema public owner to renter")
        for role in ROLES:
            connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))
    renter = f"postgresql://renter@{empty.partition('@')[2]}"
    apply_roles(renter)
    with logins(empty) as urls:
        migrate.upgrade(urls["reconciler_migrator"])
    apply_roles(renter)
    assert _granted(empty) == _written()


def test_a_schedulers_status_fires_the_triggers_without_a_right_on_our_schema(database_url: str) -> None:
    """A workflow that waits for its job hears that it has landed; what manifests own it can't touch."""
    apply_roles(database_url)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(_ROWS)
        owner.execute("listen reconciler")
        with logins(database_url) as urls:
            with psycopg.connect(urls["reconciler_job_writer"], autocommit=True) as scheduler:
                scheduler.execute("update jobs set status = 'SUCCEEDED', observed_generation = 1")
                for refused in (
                    "update jobs set branch_id = 'x'",
                    "update workflows set name = 'x'",
                    "insert into users (id, username) values (gen_random_uuid(), 'eve')",
                    "delete from jobs",
                    "truncate jobs",
                    "select from reconciler.inventory",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        scheduler.execute(refused.encode())
            (note,) = owner.notifies(timeout=10, stop_after=1)
            assert note.payload == "status default 00000000-0000-0000-0000-00000000000b"


_ROWS: Final = """
insert into users (id, username) values ('00000000-0000-0000-0000-00000000000a', 'ada');
insert into workflows (id, user_id, name)
values ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000a', 'w');
insert into jobs (id, workflow_id, name, job_type, status) values
('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000b', 'tile', 't', 'RUNNING');
insert into reconciler.statuses (instance, kind, name, sync, row_id, status) values
('default', 'Workflow', 'w', 'Deferred', '00000000-0000-0000-0000-00000000000b', '{}')
"""
