"""Promises about one server: it is not started beside what is left of a former one, and it can be ended."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import ClassVar

import psycopg

from reconciler.embedded.binaries import find_postgres
from reconciler.embedded.footing import choose_footing
from reconciler.embedded.home import make_socket_folder, open_home
from reconciler.embedded.postgres import Postgres
from reconciler.embedded.process import Program, Spawner, end, run
from reconciler.embedded.server import launch
from tests.integration.embedded.conftest import StartOwner


class ImpatientPostgres(Postgres):
    """Waits less before it takes harder means."""

    ladder: ClassVar = ((signal.SIGINT, 0.2), (signal.SIGQUIT, 0.2), (signal.SIGKILL, 10.0))


def test_a_stuck_server_of_a_dead_owner_is_ended_before_the_next_starts(
    folder: Path, start_owner: StartOwner
) -> None:
    """Stopped (SIGSTOP), it hears neither the kernel's signal nor gentle ones; its data stay whole."""
    owner = start_owner(folder)
    answer = owner.answer()
    with psycopg.connect(answer["database_url"]) as connection:
        connection.execute("create table kept ()")
    os.kill(answer["servers"]["postgres"], signal.SIGSTOP)
    owner.kill()
    home = open_home(folder)
    with Spawner() as spawner:
        footing = choose_footing(spawner, home, find_postgres() / "postgres")
        recipe = ImpatientPostgres(find_postgres(), home, make_socket_folder(home), footing, durable=True)
        server = launch(recipe, spawner)
        server.await_ready()
        with psycopg.connect(recipe.url) as connection:
            connection.execute("select from kept")
        server.stop()


def test_a_program_deaf_to_gentle_signals_is_killed(tmp_path: Path) -> None:
    """The ladder goes on to the next signal when the time of the last one is over."""
    log = tmp_path / "log"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('ready', 'w'); signal.pause()"
    with Spawner() as spawner:
        child = spawner.spawn(Program((sys.executable, "-c", deaf), tmp_path, log))
        while not tmp_path.joinpath("ready").exists():
            assert child.poll() is None
        assert end(child, ((signal.SIGTERM, 0.05), (signal.SIGKILL, 10.0)))
        assert child.returncode == -signal.SIGKILL


def test_a_program_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """Every wait has an end."""
    with Spawner() as spawner:
        forever = Program((sys.executable, "-c", "import signal; signal.pause()"), tmp_path, tmp_path / "log")
        assert run(spawner, forever, 0.05) == -signal.SIGKILL


def test_secrets_in_our_environment_do_not_reach_a_program(tmp_path: Path) -> None:
    """Nor do the settings that PostgreSQL's programs would obey."""
    os.environ["PGDATA"] = os.environ["RECONCILER_SECRET"] = "s3cret"
    try:
        with Spawner() as spawner:
            show = Program(("/usr/bin/env",), tmp_path, tmp_path / "log")
            assert run(spawner, show, 10.0) == 0
    finally:
        del os.environ["PGDATA"], os.environ["RECONCILER_SECRET"]
    shown = tmp_path.joinpath("log").read_text()
    assert "s3cret" not in shown
    assert "TZ=UTC" in shown
