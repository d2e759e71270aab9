"""Connections that requests share, while PostgreSQL is there and while it is not."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from reconciler import telemetry
from reconciler.errors import StoreUnavailable
from reconciler.store.pool import Pool
from tests.e2e.daemons import until
from tests.integration.store.wire import Wire


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give what is logged, as JSON."""
    stream = io.StringIO()
    telemetry.configure("json", stream=stream)
    yield stream
    telemetry.reset()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder where a PostgreSQL may come to be reached; its path is short, as sockets need it."""
    made = Path(tempfile.mkdtemp(prefix="reconciler-pool-"))
    yield made
    shutil.rmtree(made)


def _told(log: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_postgresql_that_is_away_is_told_once_and_again_when_it_is_back(
    database_url: str, folder: Path, log: io.StringIO
) -> None:
    """In one line each, however often it is tried meanwhile, and without a word of the library's."""
    pool = Pool(make_conninfo(database_url, host=str(folder)), "test")
    pool.open()
    with closing(pool):
        until(lambda: _told(log))
        with pytest.raises(StoreUnavailable), pool.connection():
            pass
        (away,) = _told(log)
        assert (away["level"], away["message"]) == ("warning", "PostgreSQL is away")
        assert "No such file" in away["why"]
        with closing(Wire(database_url, folder)):
            until(lambda: len(_told(log)) == 2)
            with pool.connection() as connection:
                assert connection.execute("select 1").fetchone() == (1,)
        assert [one["message"] for one in _told(log)] == ["PostgreSQL is away", "PostgreSQL is back"]
