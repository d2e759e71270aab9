"""Promises about strangers and surroundings: other processes, other starts, other versions, odd paths."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
import redis

from reconciler import embedded
from reconciler.embedded.home import NAME
from reconciler.errors import AlreadyRunning, EmbeddedFailed
from tests.integration.embedded.conftest import StartOwner, await_end, watch

FAST = embedded.Options(durable=False)


def test_of_two_starts_at_once_one_wins_and_is_not_harmed(folder: Path, start_owner: StartOwner) -> None:
    """The loser learns who holds the folder; what the winner announced is what others find."""
    owners = {owner.process.pid: owner for owner in (start_owner(folder), start_owner(folder))}
    answers = {pid: owner.answer() for pid, owner in owners.items()}
    (winner,) = [pid for pid, answer in answers.items() if "error" not in answer]
    (loser,) = [pid for pid in owners if pid != winner]
    assert answers[loser]["error"] == "AlreadyRunning"
    assert f"process {winner} " in answers[loser]["text"]
    found = embedded.find(folder)
    assert found == embedded.Instance(winner, answers[winner]["database_url"], answers[winner]["redis_url"])
    with psycopg.connect(found.database_url) as connection:
        connection.execute("select 1")
    assert owners[winner].release() == 0


def test_a_second_start_in_the_same_process_is_refused_too(folder: Path) -> None:
    """The lock belongs to the first start, not to the process."""
    with embedded.start(folder, FAST) as servers:
        with pytest.raises(AlreadyRunning, match=str(os.getpid())):
            embedded.start(folder, FAST)
        assert servers.check() == ()
        assert embedded.find(folder) == servers.instance


def test_asking_whether_it_runs_never_keeps_it_from_starting(folder: Path) -> None:
    """Other commands look again and again while the daemon starts."""
    (folder / NAME).mkdir(mode=0o700)
    asking = subprocess.Popen(["flock", "--shared", str(folder / NAME / "daemon.lock"), "sleep", "0.05"])
    with embedded.start(folder, FAST):
        pass
    assert asking.wait(5) == 0


def test_what_a_dead_owner_announced_is_not_believed(folder: Path, start_owner: StartOwner) -> None:
    """Not even when its process id lives again in another process."""
    owner = start_owner(folder)
    answer = owner.answer()
    handles = watch(answer["servers"].values())
    owner.kill()
    assert await_end(handles)
    state = folder / NAME / "instance.json"
    state.write_text(state.read_text().replace(str(answer["pid"]), str(os.getpid())))
    (folder / NAME / "daemon.lock").write_text(str(os.getpid()))
    assert embedded.find(folder) is None


@pytest.mark.parametrize("kind", ["a sleeping process", "a PostgreSQL of another folder"])
def test_a_stranger_with_a_recycled_process_id_survives(kind: str, folder: Path, tmp_path: Path) -> None:
    """A pid file that a crash left behind names a process that is somebody else by now."""
    with embedded.start(folder, FAST):
        pass
    with embedded.start(tmp_path, FAST) as others, subprocess.Popen(["sleep", "60"]) as sleeper:
        stranger = sleeper.pid if kind == "a sleeping process" else others.pids["postgres"]
        data = folder / NAME / "postgres"
        stale = others_pid_file(tmp_path).replace(str(others.pids["postgres"]), str(stranger), 1)
        data.joinpath("postmaster.pid").write_text(stale)
        run = folder / NAME / "run"
        run.mkdir(mode=0o700)
        run.joinpath(".s.PGSQL.5432.lock").write_text(stale)
        with embedded.start(folder, FAST) as servers, psycopg.connect(servers.database_url) as connection:
            connection.execute("select 1")
        assert others.check() == ()
        assert sleeper.poll() is None
        sleeper.kill()


def others_pid_file(folder: Path) -> str:
    """What a running PostgreSQL has written."""
    return folder.joinpath(NAME, "postgres", "postmaster.pid").read_text()


@pytest.mark.parametrize("name", ["with spaces and, commas", '切片 ärzte\'s "quoted" %20?#&', "-D"])
def test_any_name_of_a_folder_will_do(name: str, folder: Path) -> None:
    """Quotes, percent signs and other scripts reach the servers, and the URLs, unharmed."""
    odd = folder / name
    odd.mkdir()
    with embedded.start(odd, FAST) as servers:
        assert servers.database_url.isascii()
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("select 1")
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()


def test_a_path_too_long_for_a_socket_is_no_hindrance(folder: Path, start_owner: StartOwner) -> None:
    """The sockets go to a private folder with a short path, reused after a crash and removed at a stop."""
    deep = folder.joinpath(*["deep" * 12] * 3)
    deep.mkdir(parents=True)
    owner = start_owner(deep)
    answer = owner.answer()
    with psycopg.connect(answer["database_url"]) as connection:
        sockets = Path(connection.info.host)
    assert not sockets.is_relative_to(folder)
    assert sockets.stat().st_mode & 0o777 == 0o700
    owner.kill()
    with embedded.start(deep) as servers:
        assert servers.database_url == answer["database_url"]
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()
    assert not sockets.exists()


def test_another_versions_data_are_refused_untouched(folder: Path) -> None:
    """PostgreSQL can't read an older major version's files; the error says what to do."""
    with embedded.start(folder, FAST):
        pass
    version = folder / NAME / "postgres" / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(EmbeddedFailed, match="PostgreSQL 14's") as raised:
        embedded.start(folder, FAST)
    assert "install PostgreSQL 14" in raised.value.fix
    assert version.read_text() == "14\n"


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(folder: Path) -> None:
    """What PostgreSQL says of its broken files stands in the error; Valkey is stopped again."""
    with embedded.start(folder, FAST):
        pass
    folder.joinpath(NAME, "postgres", "global", "pg_control").unlink()
    before = time.monotonic()
    with pytest.raises(EmbeddedFailed, match="pg_control"):
        embedded.start(folder, FAST)
    assert time.monotonic() - before < 10


def test_a_postgres_that_somebody_else_started_there_is_left_alone(folder: Path, tmp_path: Path) -> None:
    """It works in our data folder, but is not ours: the start is refused, and says which process it is."""
    home, other = folder / NAME, tmp_path / NAME
    with embedded.start(tmp_path, FAST) as servers:
        home.mkdir(mode=0o700)
        home.joinpath("postgres").symlink_to(other / "postgres")
        with pytest.raises(EmbeddedFailed, match=f"process {servers.pids['postgres']} "):
            embedded.start(folder, FAST)
        assert servers.check() == ()


def test_a_full_or_forbidden_place_is_told_as_such(folder: Path) -> None:
    """What the operating system refuses comes as our error, with the place."""
    (folder / NAME).write_text("not a folder")
    with pytest.raises(EmbeddedFailed, match=NAME):
        embedded.start(folder, FAST)


def test_a_removed_folder_is_not_found(folder: Path) -> None:
    """Nothing there, or an empty place: no instance, and no error."""
    assert embedded.find(folder) is None
    (folder / NAME).mkdir()
    assert embedded.find(folder) is None
    shutil.rmtree(folder / NAME)


def test_a_folder_removed_under_a_running_daemon_is_left_to_the_next(folder: Path) -> None:
    """The first one neither restarts its servers into the new one's data nor takes its sockets away."""
    with embedded.start(folder, FAST) as first:
        handles = watch(first.pids.values())
        for handle in handles:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        assert await_end(handles)
        shutil.rmtree(folder / NAME)
        with embedded.start(folder, FAST) as second:
            with pytest.raises(EmbeddedFailed, match="removed or replaced"):
                first.restart()
            first.stop()
            assert embedded.find(folder) == second.instance
            assert second.check() == ()
            with psycopg.connect(second.database_url) as connection:
                connection.execute("select 1")


def test_a_folder_without_postgres_is_named(folder: Path) -> None:
    """Whoever names programs of his own learns that they are not there."""
    with pytest.raises(EmbeddedFailed, match="no PostgreSQL there"):
        embedded.start(folder, embedded.Options(postgres=folder))
