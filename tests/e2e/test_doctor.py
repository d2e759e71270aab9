"""`reconciler doctor`, with everything there and with everything gone."""

from __future__ import annotations

import re
import socket
import time
from contextlib import closing

import psycopg

from tests.e2e.conftest import Shell, Type
from tests.e2e.daemons import until
from tests.integration.passes.conftest import user


def test_beside_a_healthy_daemon_nothing_fails(shell: Shell) -> None:
    """Every check is made, and what is well needs no cure."""
    shell.write("all.yaml", user())
    with shell.daemon():
        until(lambda: shell("status").code == 0)
        told = shell("doctor", "--no-http", "-o", "json")

    assert told.code == 0
    grades = {one["check"]: one["grade"] for one in told.document["remarks"]}
    assert set(grades.values()) <= {"ok", "warn"}
    assert {"python", "manifests", "postgresql", "rights", "redis", "clock", "daemon", "http"} <= set(grades)
    assert all(one["fix"] for one in told.document["remarks"] if one["grade"] == "warn")


def test_beside_a_daemon_it_is_the_address_of_that_one_that_is_judged(shell: Shell, inside: Type) -> None:
    """Whoever has the default address is of no account then, and an address that is asked for still is."""
    shell.write("all.yaml", user())

    def remarks(*flags: str) -> list[tuple[str, str]]:
        told = inside("doctor", "--only", "http", *flags, "-o", "json")
        return [(one["grade"], one["text"]) for one in told.document["remarks"]]

    with shell.daemon("--http", "127.0.0.1:0"), socket.create_server(("127.0.0.1", 0)) as taken:
        url, (daemon,) = shell.place.http(), shell.place.daemons
        served = ("ok", f"{url} is served by the daemon, process {daemon.pid}")
        until(lambda: inside("status").code == 0)
        assert remarks() == [served]
        assert remarks("--no-http") == [served]
        assert remarks("--http", url.removeprefix("http://")) == [served]
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert remarks("--http", address)[0] == served
        assert [grade for grade, _ in remarks("--http", address)] == ["ok", "fail"]


def test_with_everything_down_each_is_told_with_its_cure(shell: Shell) -> None:
    """One check does not wait for another, and no secret is shown."""
    shell.place.environment |= {
        "DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/app",
        "REDIS_URL": "redis://:hunter2@127.0.0.1:1",
    }
    told = shell("doctor", "-o", "json")

    remarks = told.document["remarks"]
    failed = {one["check"] for one in remarks if one["grade"] == "fail"}
    assert told.code == 1
    assert {"manifests", "postgresql", "redis"} <= failed
    assert next(one["grade"] for one in remarks if one["check"] == "rights") == "unknown"
    assert "hunter2" not in told.out + told.err


def test_what_does_not_answer_is_given_up(shell: Shell) -> None:
    """A server that takes the connection and says nothing holds up nobody for long."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        port = mute.getsockname()[1]
        shell.place.environment |= {
            "DATABASE_URL": f"postgresql://127.0.0.1:{port}/app",
            "REDIS_URL": f"redis://127.0.0.1:{port}",
        }
        began = time.monotonic()
        told = shell("doctor")

    assert told.code == 1
    assert "fail     postgresql" in told.out
    assert "fail     redis" in told.out
    assert "ok       python" in told.out
    assert time.monotonic() - began < 20


def test_a_single_check_is_made_alone(shell: Shell) -> None:
    """By its name; a misspelt one is guessed."""
    told = shell("doctor", "--only", "rights", "--only", "clock", "-o", "json")

    assert (told.code, {one["check"] for one in told.document["remarks"]}) == (0, {"rights", "clock"})
    wrong = shell("doctor", "--only", "right")
    assert (wrong.code, "did you mean rights?" in wrong.err) == (2, True)


def test_wrong_settings_keep_nothing_from_being_told(shell: Shell) -> None:
    """They are the first thing to mend."""
    shell.place.environment["RECONCILER_INTERVAL"] = "soon"
    told = shell("doctor")

    assert told.code == 1
    assert "interval can't be read (RECONCILER_INTERVAL)" in " ".join(told.out.split())
    assert "ok       python" in told.out
    assert shell("doctor", "-o", "name").out == "settings\n"


def test_the_version_tells_of_servers_that_answer(shell: Shell) -> None:
    """And leaves out those that don't."""
    told = shell("version", "-o", "json").document["servers"]
    assert set(told) == {"postgresql", "schema", "redis"}
    assert re.fullmatch(r"\d+\.\d+", told["postgresql"])
    assert re.fullmatch(r"(Redis|Valkey) [\d.]+", told["redis"])

    shell.place.environment |= {"REDIS_URL": "redis://127.0.0.1:1", "RECONCILER_SESSION_URL": ""}
    assert set(shell("version", "-o", "json").document["servers"]) == {"postgresql", "schema"}
    shell.place.environment["DATABASE_URL"] = "postgresql://127.0.0.1:1/app"
    nothing = shell("version", "-o", "json")
    assert (nothing.code, nothing.document["servers"]) == (0, {})


def test_without_tables_the_schema_is_what_to_look_at(shell: Shell) -> None:
    """PostgreSQL itself is well, and says so two lines above."""
    del shell.place.environment["REDIS_URL"]
    with psycopg.connect(shell.place.environment["DATABASE_URL"]) as person:
        person.execute("drop schema reconciler cascade")
    told = shell("doctor", "--only", "postgresql", "--only", "daemon")

    assert "ok       postgresql" in told.out
    assert "unknown  daemon        not looked at: see schema" in told.out
