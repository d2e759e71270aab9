"""The roles of `deploy/postgresql/roles.sql`: what each may do, and logins that are members of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import psycopg
from psycopg import sql

from reconciler.store.columns import KEYS, OWNED
from reconciler.store.tables import METADATA

FILE: Final = Path(__file__).parents[1] / "deploy" / "postgresql" / "roles.sql"
ROLES: Final = ("reconciler_migrator", "reconciler_daemon", "reconciler_reader", "reconciler_job_writer")

CONSUMERS: Final = ("public.users", "public.workflows", "public.jobs")
BOOKS: Final = (
    *(name for name in METADATA.tables if name.startswith("reconciler.")),
    "reconciler.alembic_version",
)
OF_TABLES: Final = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
OF_COLUMNS: Final = ("select", "insert", "update", "references")

Rights = Mapping[str, frozenset[str]]
"""By privilege the columns to which it is given; `*` stands for the whole table."""

ALL: Final = frozenset({"*"})


def _columns(*names: str) -> frozenset[str]:
    return frozenset(names)


NOTHING: Final[Rights] = MappingProxyType({})
READS: Final[Rights] = {"select": ALL}
KEEPS: Final[Rights] = {"select": ALL, "insert": ALL, "update": ALL, "delete": ALL}
RUNS: Final[Rights] = {"select": ALL, "update": _columns("status", "observed_generation")}

MATRIX: Final[Mapping[str, Mapping[str, Rights]]] = {
    "reconciler_migrator": dict.fromkeys((*CONSUMERS, *BOOKS), dict.fromkeys(OF_TABLES, ALL)),
    "reconciler_daemon": {
        **dict.fromkeys(BOOKS, KEEPS),
        "reconciler.alembic_version": READS,
        "public.users": {
            "select": ALL,
            "insert": _columns("id", "username"),
            "update": _columns("username"),
            "delete": ALL,
        },
        "public.workflows": {
            "select": ALL,
            "insert": _columns("id", "user_id", "name", "generation", "status"),
            "update": _columns("user_id", "name", "generation"),
            "delete": ALL,
        },
        "public.jobs": {
            "select": ALL,
            "insert": _columns(*OWNED["jobs"], "status", "created_at"),
            "update": _columns(*OWNED["jobs"]) - {*KEYS},
            "delete": ALL,
        },
    },
    "reconciler_reader": {**dict.fromkeys((*CONSUMERS, *BOOKS), READS), "reconciler.tokens": NOTHING},
    "reconciler_job_writer": {
        **dict.fromkeys(BOOKS, NOTHING),
        "public.users": READS,
        "public.workflows": RUNS,
        "public.jobs": RUNS,
    },
}


def apply_roles(url: str) -> list[str]:
    """Run the file as whoever the URL names; give the notices that it came with."""
    notices: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        connection.execute(FILE.read_bytes())
    return notices


@contextmanager
def logins(url: str) -> Iterator[Mapping[str, str]]:
    """Make a login for each role; give the URLs by role. They own nothing, and go afterwards."""
    names = {role: f"{role}_login" for role in ROLES}
    with psycopg.connect(url, autocommit=True) as connection:
        for role, name in names.items():
            login = {"name": sql.Identifier(name), "role": sql.Identifier(role)}
            connection.execute(sql.SQL("create role {name} login in role {role}").format(**login))
            if role == "reconciler_migrator":
                connection.execute(sql.SQL("alter role {name} set role = {role}").format(**login))
        try:
            yield {role: _as(url, name) for role, name in names.items()}
        finally:
            for name in names.values():
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def _as(url: str, user: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}@{rest.partition('@')[2]}"
