"""The driver's errors, translated once into ours: which pass by themselves, and which say no."""

from __future__ import annotations

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

_ROWS_REFUSED: Final = ("22", "23", "54", "44")
"""Bad data, a violated constraint, a limit, a view's check: the fault of single rows, not of the database."""

_READ_ONLY: Final = "25006"
_NO_PRIVILEGE: Final = "42501"
_BAD_LOGIN: Final = "28"
_NO_DATABASE: Final = "3D000"
_MISSING: Final = ("42P01", "42703", "42883", "3F000", "42P10")
_AGAIN: Final = ("40001", "40P01", "55P03", "25P03", "57014")


def rows_refused(error: psycopg.Error) -> bool:
    """Whether the database refused single rows: what caused it can be isolated."""
    return (error.sqlstate or "")[:2] in _ROWS_REFUSED


def explain(error: psycopg.Error) -> str:
    """Say in one line what PostgreSQL said, with its detail and its code."""
    said = error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
    detail = f" ({' '.join(error.diag.message_detail.split())})" if error.diag.message_detail else ""
    code = f" [{error.sqlstate}]" if error.sqlstate else ""
    return f"{said}{detail}{code}"


def translate(error: psycopg.Error, where: str) -> ReconcilerError:
    """Give our error for one of the driver's; `where` names the database without secrets."""
    code = error.sqlstate or ""
    why = explain(error)
    if not code or code[:2] in _PASSING_CLASSES or code == _READ_ONLY:
        return StoreUnavailable("PostgreSQL can't be used at the moment", where=where, why=why)
    if code in _AGAIN:
        return PlanOutdated("another transaction was in the way", where=where, why=why)
    if code in _MISSING:
        what = "a table or column that this version needs is missing"
        return SchemaMismatch(what, where=where, why=why, fix="run `reconciler db upgrade`")
    if code == _NO_PRIVILEGE:
        fix = "grant this role what it needs, or use the role that owns the tables"
        return StoreRefused("PostgreSQL denies permission", where=where, why=why, fix=fix)
    if code[:2] == _BAD_LOGIN:
        fix = "check the user and the password in DATABASE_URL"
        return StoreRefused("PostgreSQL refuses the login", where=where, why=why, fix=fix)
    if code == _NO_DATABASE:
        fix = "create the database, or correct its name in DATABASE_URL"
        return StoreRefused("the database does not exist", where=where, why=why, fix=fix)
    return StoreRefused("PostgreSQL refuses the statement", where=where, why=why)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Let no error of the driver leave: every one becomes one of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, where) from error
