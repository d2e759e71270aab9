"""The daemon and its servers: absent, late, lost, or already somebody's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from reconciler import embedded
from tests.e2e.daemons import PATIENCE, Workplace, until, workplace
from tests.integration.passes.conftest import user, workflow

MANIFEST = user() + "---\n" + workflow("cmu-1")
JOBS = "select name from jobs"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """Give a folder without any server."""
    with workplace(tmp_path) as made:
        yield made


def test_it_starts_before_postgresql_is_there_and_says_so(tmp_path: Path) -> None:
    """Alive but not ready, it goes on by itself once the server answers."""
    servers = tmp_path / "servers"
    servers.mkdir()
    with embedded.start(servers) as found:
        url = found.database_url
    with workplace(tmp_path, {"DATABASE_URL": url}) as place:
        place.write("all.yaml", MANIFEST)
        daemon = place.start()
        until(lambda: "StoreUnavailable" in place.logs())
        assert daemon.poll() is None

        with embedded.start(servers):
            until(lambda: place.rows(JOBS) == [("tile",)])
            daemon.terminate()
            assert daemon.wait(PATIENCE) == 0


def test_redis_is_a_view(place: Workplace, database_url: str, redis_url: str) -> None:
    """P6: flushed it is rebuilt whole; away, the status comes from PostgreSQL and says so."""
    place.environment |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    place.write("all.yaml", MANIFEST)
    place.start()
    until(lambda: place.rows(JOBS))
    with redis.Redis.from_url(redis_url) as client:
        until(lambda: client.hlen("reconciler:default:resources") == 2)
        client.flushall()
        place.write("b.yaml", user("bob"))
        until(lambda: client.hlen("reconciler:default:resources") == 3)

    place.environment["REDIS_URL"] = f"unix://{place.folder}/nobody.sock"
    said = place.command("status")

    assert said.returncode == 0, said.stdout
    assert "read from postgresql" in said.stdout
    assert "nobody.sock" in said.stdout


def test_a_second_embedded_daemon_in_one_folder_is_refused(place: Workplace) -> None:
    """It says who holds the folder, harms nothing, and ends with 1."""
    place.write("all.yaml", MANIFEST)
    first = place.start("--embedded")
    until(lambda: place.rows(JOBS))

    second = place.start("--embedded")

    assert second.wait(PATIENCE) == 1
    assert str(first.pid) in (place.folder / "daemon-1.log").read_text()
    assert first.poll() is None
    assert place.rows(JOBS) == [("tile",)]


def test_without_a_database_it_refuses_to_run(place: Workplace) -> None:
    """A lost secret must not become a healthy empty database: wrong usage, and what to do."""
    said = place.command("run")

    assert said.returncode == 2
    assert "DATABASE_URL" in said.stderr
    assert "--embedded" in said.stderr


def test_where_nothing_runs_the_status_is_not_healthy(place: Workplace) -> None:
    """P7: who knows nothing does not say healthy; it says what is missing."""
    said = place.command("status")

    assert said.returncode == 1
    assert "no PostgreSQL to talk to" in said.stderr


def test_whoever_asks_for_a_pass_that_stalls_is_told(place: Workplace, database_url: str) -> None:
    """A request does not end in silence because the manifests folder has become a file."""
    place.environment |= {"DATABASE_URL": database_url}
    place.write("all.yaml", MANIFEST)
    place.start()
    until(lambda: place.rows(JOBS))
    place.manifests.rename(place.folder / "elsewhere")
    place.manifests.write_text("no folder any more")

    said = place.command("reconcile")

    assert said.returncode == 1
    assert "Stalled" in said.stdout
    assert "not a folder" in said.stdout


def test_two_databases_to_choose_from_are_refused(place: Workplace) -> None:
    """A DATABASE_URL that happens to be set must not be what `make run` writes to, nor be passed over."""
    place.environment["DATABASE_URL"] = "postgresql://nobody@/nowhere"

    said = place.command("run", "--embedded")

    assert said.returncode == 2
    assert "DATABASE_URL" in said.stderr


def test_a_killed_embedded_postgresql_is_brought_back(place: Workplace) -> None:
    """The daemon restarts it, and goes on under the same address."""
    place.write("all.yaml", MANIFEST)
    place.start("--embedded")
    until(lambda: place.rows(JOBS))
    (before,) = place.rows("select pg_postmaster_start_time()")
    place.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
    postmaster = int((place.folder / ".reconciler/postgres/postmaster.pid").read_text().split()[0])

    os.kill(postmaster, signal.SIGKILL)

    until(lambda: place.rows("select pg_postmaster_start_time()") not in ([], [before]))
    place.write("b.yaml", user("bob"))
    until(lambda: place.rows("select count(*) from users") == [(2,)])


def test_apply_beside_a_live_daemon_hands_it_the_pass(place: Workplace, database_url: str) -> None:
    """Only one writes: the command waits for the daemon's pass, and tells how it went."""
    place.environment |= {"DATABASE_URL": database_url}
    place.write("all.yaml", MANIFEST)
    place.start()
    until(lambda: place.rows(JOBS))
    (epoch,) = place.rows("select epoch from reconciler.fence")

    said = place.command("apply")

    assert said.returncode == 0, said.stderr
    assert place.rows("select epoch from reconciler.fence") == [epoch]


def test_apply_alone_runs_one_pass(place: Workplace, database_url: str) -> None:
    """Without a daemon the command is the writer, brings the tables up to date, and steps down."""
    place.environment |= {"DATABASE_URL": database_url}
    place.write("all.yaml", MANIFEST)

    said = place.command("apply")

    assert said.returncode == 0, said.stderr
    assert place.rows(JOBS) == [("tile",)]
    assert place.command("apply").returncode == 0
    assert place.rows("select count(*) from reconciler.passes") == [(1,)]
