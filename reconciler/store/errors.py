"""The driver's errors, translated once into ours: which pass by themselves, and which say no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from reconciler.errors import (
    PlanOutdated,
    ReconcilerError,
    SchemaMismatch,
    StoreRefused,
    StoreUnavailable,
)

_PASSING_CLASSES: Final = ("08", "53", "57", "58", "XX")
"""Connection lost, resources exhausted, operator intervention, system error: PostgreSQL's error classes."""

_AGAIN_CLASSES: Final = ("25", "40", "55")
"""A transaction that ended otherwise than thought, a deadlock, a lock that was not to be had."""

_ROWS_REFUSED: Final = ("22", "23", "44", "54", "P0")
"""Bad data, a violated constraint, a view's check, a limit, an exception of somebody's trigger."""

_FOREIGN_CODE: Final = re.compile(r"^(?:PL/|SQL )\w+ function", re.MULTILINE)
"""How the context of an error begins that was raised inside a function: none of ours runs while we write."""

_READ_ONLY: Final = "25006"
_LOCK_TIMEOUT: Final = "55P03"
_FOREIGN_KEY: Final = "23503"
_NO_PRIVILEGE: Final = "42501"
_BAD_LOGIN: Final = "28"
_NO_DATABASE: Final = "3D000"
_MISSING: Final = ("42P01", "42703", "42883", "3F000", "42P10")

# A connection that was refused carries no code, only the words of the server.
_SAYS_BAD_LOGIN: Final = re.compile(
    r"authentication failed|no pg_hba\.conf entry|no password supplied|role \"[^\"]*\" does not exist"
)
_SAYS_NO_DATABASE: Final = re.compile(r"database \"[^\"]*\" does not exist")


# What libpq says around the reason for which a server can't be reached; where that is we say ourselves.
_AROUND: Final = re.compile(
    r"(?:connection (?:failed|is bad): )?connection to server (?:on|at) .*? failed: (?:FATAL: +)?"
    r"(.*?)(?: Is the server running .*)?(?: Multiple connection attempts failed\. .*)?"
)


def rows_refused(error: psycopg.Error) -> bool:
    """Whether the database refused single rows: what caused it can be isolated."""
    family = (error.sqlstate or "")[:2]
    if family in _ROWS_REFUSED:
        return True
    inside = _FOREIGN_CODE.search(error.diag.context or "") is not None
    return inside and family not in (*_PASSING_CLASSES, *_AGAIN_CLASSES)


def lock_timed_out(error: psycopg.Error) -> bool:
    """Whether a lock was waited for in vain."""
    return error.sqlstate == _LOCK_TIMEOUT


def referring_table(error: psycopg.Error) -> str:
    """Name the table whose foreign key was violated, "" when it was something else."""
    if error.sqlstate != _FOREIGN_KEY:
        return ""
    return f"{error.diag.schema_name}.{error.diag.table_name}"


def explain(error: psycopg.Error) -> str:
    """Say in one line what PostgreSQL said, with its detail and its code."""
    said = " ".join((error.diag.message_primary or str(error)).split()) or type(error).__name__
    if around := _AROUND.fullmatch(said):
        said = around[1]
    detail = f" ({' '.join(error.diag.message_detail.split())})" if error.diag.message_detail else ""
    code = f" [{error.sqlstate}]" if error.sqlstate else ""
    return f"{said}{detail}{code}"


def translate(error: psycopg.Error, where: str) -> ReconcilerError:
    """Give our error for one of the driver's; `where` names the database without secrets."""
    code = error.sqlstate or _implied_code(error)
    why = explain(error)
    if not code or code[:2] in _PASSING_CLASSES or code == _READ_ONLY:
        return StoreUnavailable("PostgreSQL can't be used at the moment", where=where, why=why)
    if code[:2] in _AGAIN_CLASSES:
        return PlanOutdated("another transaction was in the way", where=where, why=why, fix="try again")
    if code in _MISSING:
        what = "a table or column that this version needs is missing"
        return SchemaMismatch(what, where=where, why=why, fix="run `reconciler db upgrade`")
    return _refusal(code, where, why, " ".join((error.diag.message_hint or "").split()))


def _refusal(code: str, where: str, why: str, hint: str) -> StoreRefused:
    if code == _NO_PRIVILEGE:
        fix = "grant this role what it needs, or use the role that owns the tables"
        return StoreRefused("PostgreSQL denies permission", where=where, why=why, fix=fix)
    if code[:2] == _BAD_LOGIN:
        fix = "check the user and the password in DATABASE_URL"
        return StoreRefused("PostgreSQL refuses the login", where=where, why=why, fix=fix)
    if code == _NO_DATABASE:
        fix = "create the database, or correct its name in DATABASE_URL"
        return StoreRefused("the database does not exist", where=where, why=why, fix=fix)
    return StoreRefused("PostgreSQL refuses the statement", where=where, why=why, fix=hint)


def _implied_code(error: psycopg.Error) -> str:
    said = str(error)
    if _SAYS_BAD_LOGIN.search(said):
        return _BAD_LOGIN
    return _NO_DATABASE if _SAYS_NO_DATABASE.search(said) else ""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Let no error of the driver leave: every one becomes one of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, where) from error
