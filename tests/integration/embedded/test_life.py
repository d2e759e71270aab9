"""Promises about the life of the servers: as whom they run, and that they end with their owner."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from reconciler import embedded
from reconciler.embedded.binaries import find_postgres
from reconciler.embedded.home import NAME
from tests.integration.embedded.conftest import (
    NOBODY,
    REPOSITORY,
    StartOwner,
    await_end,
    processes_in,
    run_as,
    watch,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def _anybody_may_reach(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _is_used(database_url: str) -> int:
    """Write a row, and count those that are there."""
    with psycopg.connect(database_url) as connection:
        connection.execute("create table if not exists kept (id int)")
        connection.execute("insert into kept values (1)")
        found = connection.execute("select count(*) from kept").fetchone()
        assert found
        return int(found[0])


def test_both_servers_answer_and_listen_on_sockets_only(folder: Path) -> None:
    """PostgreSQL is UTF-8 and UTC, Valkey keeps nothing, and neither has a port."""
    with embedded.start(folder) as servers:
        with psycopg.connect(servers.database_url) as connection:
            settings = {
                name: connection.execute("select current_setting(%s)", [name]).fetchone()
                for name in ("listen_addresses", "server_encoding", "timezone", "fsync")
            }
            assert settings == {
                "listen_addresses": ("",),
                "server_encoding": ("UTF8",),
                "timezone": ("UTC",),
                "fsync": ("on",),
            }
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_data_survives_a_stop_and_nothing_else_does(folder: Path) -> None:
    """The second start finds the rows of the first; in between there is no process and no socket."""
    for expected in (1, 2):
        with embedded.start(folder) as servers:
            assert _is_used(servers.database_url) == expected
        assert processes_in(folder) == {}
        assert not folder.joinpath(NAME, "run").exists()
        assert embedded.find(folder) is None


def test_kill_9_of_the_owner_ends_both_servers_and_loses_nothing(
    folder: Path, start_owner: StartOwner
) -> None:
    """The kernel tells the servers; the next owner waits for them and finds what was committed."""
    for expected in (1, 2, 3):
        owner = start_owner(folder)
        answer = owner.answer()
        assert _is_used(answer["database_url"]) == expected
        handles = watch(answer["servers"].values())
        owner.kill()
        assert embedded.find(folder) is None
        if expected == 1:
            assert await_end(handles)


def test_kill_9_at_any_moment_of_the_first_start_harms_nothing(folder: Path, start_owner: StartOwner) -> None:
    """Killed before the data folder is made, meanwhile, or once it is there: the next start is whole."""
    home = folder / NAME
    moments: tuple[Callable[[], bool], ...] = (
        home.exists,
        lambda: any(home.glob("postgres.new-*/PG_VERSION")),
        lambda: any(home.glob("postgres.new-*/global/pg_control")),
        lambda: home.joinpath("postgres", "postmaster.pid").exists(),
    )
    for has_come in moments:
        owner = start_owner(folder)
        while not has_come():
            assert owner.process.poll() is None
        owner.kill()
    with embedded.start(folder) as servers:
        assert _is_used(servers.database_url) == 1
    assert not list(home.glob("postgres.new-*"))


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_servers(folder: Path) -> None:
    """They have sessions of their own, so that the owner decides when they stop."""
    with embedded.start(folder) as servers:
        assert {os.getsid(pid) for pid in servers.pids.values()} == set(servers.pids.values())


def test_a_killed_server_is_noticed_and_started_again(folder: Path) -> None:
    """Each of them: told of with its signal and its log, back under the same URL, with its data."""
    with embedded.start(folder) as servers:
        assert servers.check() == ()
        assert _is_used(servers.database_url) == 1
        for name, pid in servers.pids.items():
            (handle,) = watch([pid])
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            assert await_end([handle])
            (gone,) = servers.check()
            assert (gone.server, gone.code) == (name, -signal.SIGKILL)
            servers.restart()
            assert servers.check() == ()
        assert _is_used(servers.database_url) == 2
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()


@as_root
def test_an_ordinary_user_runs_them_as_himself(folder: Path, start_owner: StartOwner) -> None:
    """All of it, from the making of the data folder to the end of the owner, without any privilege."""
    os.chown(folder, NOBODY, NOBODY)
    owner = start_owner(folder, run_as(NOBODY))
    answer = owner.answer()
    assert _is_used(answer["database_url"]) == 1
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in answer["servers"].values()} == {NOBODY}
    handles = watch(answer["servers"].values())
    owner.kill()
    assert await_end(handles)
    again = start_owner(folder, run_as(NOBODY))
    assert _is_used(again.answer()["database_url"]) == 2
    assert again.release() == 0


@as_root
@pytest.mark.skipif(not _anybody_may_reach(find_postgres()), reason="the wheels lie among root's own files")
def test_a_user_without_a_name_runs_them_too(folder: Path, start_owner: StartOwner) -> None:
    """Containers are given user ids that no passwd file knows, and PostgreSQL insists on a name."""
    os.chown(folder, 54321, 54321)
    owner = start_owner(folder, run_as(54321))
    assert _is_used(owner.answer()["database_url"]) == 1
    assert owner.release() == 0


@as_root
def test_root_without_user_namespaces_runs_postgres_as_nobody(folder: Path, start_owner: StartOwner) -> None:
    """Even under a folder that only root may enter; and it ends with its owner all the same.

    Afterwards the data serve a root with user namespaces, and then again one without.
    """
    private = folder / "private"
    private.mkdir(mode=0o700)
    refused = (sys.executable, str(REPOSITORY / "tests/integration/embedded/refuse_namespaces.py"))
    for expected, prefix in enumerate((refused, (), refused), start=1):
        owner = start_owner(private, prefix)
        answer = owner.answer()
        assert _is_used(answer["database_url"]) == expected
        uid = Path(f"/proc/{answer['servers']['postgres']}").stat().st_uid
        assert uid == (NOBODY if prefix else 0)
        handles = watch(answer["servers"].values())
        owner.kill()
        assert await_end(handles)


@as_root
def test_another_users_folder_is_refused(folder: Path, start_owner: StartOwner) -> None:
    """Root does not take over what an ordinary user made: that user could not use it any more."""
    os.chown(folder, NOBODY, NOBODY)
    owner = start_owner(folder, run_as(NOBODY))
    owner.answer()
    assert owner.release() == 0
    answer = start_owner(folder).answer()
    assert answer["error"] == "EmbeddedFailed"
    assert f"run as uid {NOBODY}" in answer["text"]
