"""PgBouncer in front of PostgreSQL, lending sessions by the transaction: found out, and got along with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.errors import StoreRefused
from reconciler.store.connect import connect
from reconciler.store.election import Candidate, PostgresElection
from reconciler.store.postgres import PostgresStore
from tests.builders import desired, job, manifest, user, workflow
from tests.e2e.daemons import until
from tests.fakes import HandClock
from tests.integration.store.conftest import Person, Writer, told
from tests.integration.store.wire import wire

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PORT = 6432
ADA = manifest(user("ada"))

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="there is no pgbouncer here")


@contextmanager
def pooler(url: str, folder: Path) -> Iterator[str]:
    """Run PgBouncer in front of a database; give the URL that leads through it."""
    assert PGBOUNCER
    parts = conninfo_to_dict(url)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={parts['host']} port={parts.get('port', 5432)} user={parts['user']}\n"
        f"[pgbouncer]\nlisten_port = {PORT}\nunix_socket_dir = {folder}\nauth_type = any\n"
        "pool_mode = transaction\nmin_pool_size = 0\nserver_reset_query =\n"
    )
    # PgBouncer refuses to be root.
    somebody = {"user": "nobody"} if os.getuid() == 0 else {}
    process = subprocess.Popen([PGBOUNCER, "-q", settings], **somebody)  # type: ignore[call-overload]
    try:
        until((folder / f".s.PGSQL.{PORT}").exists)
        yield make_conninfo(url, host=str(folder), port=PORT)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def pooled(database_url: str) -> Iterator[str]:
    """Give the URL of the test's database by way of a pooler."""
    folder = Path(tempfile.mkdtemp(prefix="reconciler-pooler-"))
    folder.chmod(0o777)
    try:
        with wire(database_url) as line, pooler(line.url, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)


def test_an_election_through_a_pooler_is_refused_with_the_way_out(pooled: str, database_url: str) -> None:
    """Two candidates would both be told that the lock is theirs."""
    for attempt in range(3):
        with pytest.raises(StoreRefused) as refused:
            PostgresElection(pooled, Candidate("default", f"a{attempt}", ""), migrates=False).stand()
        assert "pooler" in refused.value.what
        assert "session_url" in refused.value.fix

    direct = PostgresElection(database_url, Candidate("default", "b", ""), migrates=False)
    assert direct.stand() == 1
    direct.resign()


def test_passes_go_through_a_pooler_while_the_lock_does_not(
    pooled: str, writer: Writer, person: Person
) -> None:
    """The fence protects them, and what they set is gone from the session with their transaction."""
    through = Writer("default", PostgresStore(pooled, "default", HandClock()), writer.epoch)
    flow = manifest(workflow("w", job("a"), job("b", "a")))

    assert told(through.run(ADA, flow)) == {}
    person.does("update jobs set name = 'edited' where name = 'b'")
    assert told(through.run(ADA, flow)) == {}

    assert through.plan(desired(ADA, flow)).empty
    assert person.rows("select name from jobs order by position") == [("a",), ("b",)]
    with connect(pooled, "somebody else") as other:
        assert other.execute("select current_setting('reconciler.writer', true)").fetchone() in {
            ("",),
            (None,),
        }
        assert other.execute("show lock_timeout").fetchone() == ("0",)
    through.store.close()
