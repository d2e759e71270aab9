"""What is said of a database: where it is without secrets, and why it does not answer without noise."""

from __future__ import annotations

import psycopg
import pytest

from reconciler.store.connect import describe
from reconciler.store.errors import explain

SOCKET = 'connection failed: connection to server on socket "/run/.s.PGSQL.5432"'
HOST = 'connection failed: connection to server at "::1", port 5432'
SEVERAL = "Multiple connection attempts failed. All failures were:\n- host: 'localhost', port: '5432'"
RUNNING = "Is the server running on that host and accepting TCP/IP connections?"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ada:s3cret@db/app?sslmode=require", "postgresql://db:5432/app"),
        ("postgresql://ada:s3cret@db:6432/app", "postgresql://db:6432/app"),
        ("postgresql+psycopg://db/app", "postgresql://db:5432/app"),
        ("postgresql://ada@/app?host=%2Frun%2Fpostgresql", "database app at /run/postgresql"),
        ("host=db dbname=app password=s3cret", "postgresql://db:5432/app"),
    ],
)
def test_a_database_is_named_without_secrets(url: str, told: str) -> None:
    """By where it is and what it is called."""
    assert describe(url) == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{SOCKET} failed: FATAL:  the database is starting up", "the database is starting up"),
        (f"{HOST} failed: Connection refused\n\t{RUNNING}", "Connection refused"),
        (f"{HOST} failed: Connection refused\n\t{RUNNING}\n{SEVERAL}", "Connection refused"),
        ("failed to resolve host 'db'", "failed to resolve host 'db'"),
        ("server closed the connection unexpectedly", "server closed the connection unexpectedly"),
    ],
)
def test_the_reason_stands_alone(said: str, told: str) -> None:
    """Which server it was, and whether it runs, is no part of it."""
    assert explain(psycopg.OperationalError(said)) == told
