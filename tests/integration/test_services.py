"""Promises of the fixtures: every test finds its own database and an empty Redis."""

from __future__ import annotations

import psycopg
import pytest
import redis


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_gets_a_database_of_its_own(run: int, database_url: str) -> None:
    """A table that one test makes is not there for the next."""
    with psycopg.connect(database_url) as connection:
        connection.execute("create table mine ()")
    assert run


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_gets_an_empty_redis(run: int, redis_url: str) -> None:
    """A key that one test sets is not there for the next."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("run", run)
