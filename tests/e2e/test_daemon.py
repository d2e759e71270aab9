"""The journey of the README: save, break, mend, drift, delete, each as a user would see it."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.daemons import PATIENCE, Workplace, kill, until, workplace
from tests.integration.passes.conftest import user
from tests.integration.passes.conftest import workflow as spell

TILE = "name: tile, job_type: tiling"
INFER = "name: 推理任务, job_type: inference, needs: [tile]"
JOBS = "select name, branch_id from jobs order by position"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """Give a folder in which `reconciler run --embedded` may be run."""
    with workplace(tmp_path) as made:
        yield made


@pytest.fixture
def served(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Workplace]:
    """Give a folder whose daemons use a PostgreSQL and a Redis that outlive them."""
    with workplace(tmp_path, {"DATABASE_URL": database_url, "REDIS_URL": redis_url}) as made:
        yield made


def test_a_greeting_that_can_not_be_written_ends_no_daemon(served: Workplace) -> None:
    """The disk with its output is full; its rows are not on that disk."""
    served.write("users.yaml", user())
    served.environment["RECONCILER_NO_HTTP"] = "true"
    with Path("/dev/full").open("w") as full:
        daemon = served.begin("run", into=full)
        until(lambda: served.rows("select username from users"))
        served.write("more.yaml", user("bob"))
        until(lambda: len(served.rows("select username from users")) == 2)
        daemon.terminate()

        assert daemon.wait(30) == 0


def test_a_time_zone_without_a_name_is_needed_for_cron_alone(served: Workplace) -> None:
    """`TZ=CET-1CEST` is a time zone to the C library; an interval goes by none."""
    served.environment |= {"TZ": "CET-1CEST", "RECONCILER_NO_HTTP": "true"}
    served.write("users.yaml", user())
    refused = served.command("run", "--cron", "0 6 * * 1")
    served.start()
    until(lambda: served.rows("select username from users"))

    assert (refused.returncode, refused.stderr.splitlines()[:2]) == (
        2,
        ["error: the time zone of this machine can't be read", "  where: TZ=CET-1CEST"],
    )
    assert "UTC is taken" in served.logs()


def test_the_whole_journey_of_a_manifest(served: Workplace) -> None:
    """Saved it has rows; broken it keeps them and is shown; drift goes; absence is told, not acted on."""
    served.write("users.yaml", user())
    served.write("w.yaml", spell("cmu-1", TILE))
    served.start()
    until(lambda: served.rows(JOBS) == [("tile", "main")])

    served.write("w.yaml", spell("cmu-1", TILE, INFER))
    until(lambda: served.rows(JOBS) == [("tile", "main"), ("推理任务", "main")])
    assert until(lambda: served.command("status").returncode == 0)

    served.write("w.yaml", spell("cmu-1", TILE, "name: merge, job_type: m, needs: [tlie]"))
    broken = until(
        lambda: (said := served.command("status")).returncode == 1 and "w.yaml:" in said.stdout and said
    )
    assert "w.yaml:8:42" in broken.stdout
    assert served.rows(JOBS) == [("tile", "main"), ("推理任务", "main")]

    served.write("w.yaml", spell("cmu-1", TILE, INFER))
    until(lambda: served.command("status").returncode == 0)

    served.execute("update jobs set branch_id = 'x' where name = 'tile'")
    until(lambda: served.rows(JOBS)[0] == ("tile", "main"))

    (served.manifests / "w.yaml").unlink()
    orphaned = until(lambda: "Orphaned" in (said := served.command("status")).stdout and said)
    assert "Workflow/cmu-1" in orphaned.stdout
    assert len(served.rows(JOBS)) == 2


def test_a_removed_manifest_is_pruned_after_its_delay(served: Workplace) -> None:
    """With pruning on, in the daemon, absence must last: then the rows go."""
    served.write("users.yaml", user())
    served.write("w.yaml", spell("cmu-1", TILE))
    served.start("--prune", "--prune-delay", "200ms")
    until(lambda: served.rows(JOBS))

    (served.manifests / "w.yaml").unlink()

    until(lambda: served.rows("select action from reconciler.history where action = 'pruned'"))
    assert served.rows(JOBS) == []


def test_the_embedded_servers_come_and_go_with_the_daemon(place: Workplace) -> None:
    """Started, it needs nothing else; stopped, it leaves no process, and the rows are there the next time."""
    place.write("all.yaml", user() + "---\n" + spell("cmu-1", TILE))
    first = place.start("--embedded")
    until(lambda: place.rows(JOBS))
    (before,) = place.rows("select id, created_at from jobs")

    first.terminate()
    assert first.wait(PATIENCE) == 0
    assert not _processes_in(place.folder)

    place.start("--embedded")
    assert until(lambda: place.rows("select id, created_at from jobs")) == [before]


def test_killed_at_any_time_it_converges_when_started_again(place: Workplace) -> None:
    """P3: after kill -9 at random moments there is one copy of everything, as the manifests say."""
    for number in range(30):
        place.write(f"w{number}.yaml", spell(f"w{number}", TILE, INFER))
    place.write("users.yaml", user())
    chance = random.Random(20261123)  # noqa: S311 - the moments shall be the same in every run
    for attempt in range(6):
        daemon = place.start("--embedded")
        place.write(f"w{attempt}.yaml", spell(f"w{attempt}", TILE, INFER, f"name: m{attempt}, job_type: m"))
        with pytest.raises(Exception, match="timed out"):
            daemon.wait(0.3 + chance.random())
        kill(daemon)
    place.start("--embedded")

    until(lambda: place.rows("select count(*) from jobs") == [(66,)])
    assert place.rows("select count(*), count(distinct created_at), count(distinct id) from jobs") == [
        (66, 66, 66)
    ]
    assert place.rows("select count(*) from reconciler.inventory") == [(31,)]
    actions = place.rows("select name, count(*) from reconciler.history where action = 'created' group by 1")
    assert {count for _, count in actions} == {1}


def test_of_two_replicas_one_writes_and_the_other_takes_over(served: Workplace) -> None:
    """Killed, the writer is followed by the replica that stood by, and both are shown."""
    served.write("all.yaml", user() + "---\n" + spell("cmu-1", TILE))
    first = served.start("--replica", "one")
    until(lambda: served.rows(JOBS))
    served.start("--replica", "two")
    roles = until(lambda: len(found := _roles(served)) == 2 and found)
    assert roles == {"one": "leader", "two": "standby"}

    kill(first)
    until(lambda: served.rows("select holder from reconciler.fence") == [("two",)])
    served.write("all.yaml", user() + "---\n" + spell("cmu-1", TILE, INFER))

    until(lambda: len(served.rows(JOBS)) == 2)


def test_settings_are_taken_over_while_it_runs_and_a_broken_file_is_refused(served: Workplace) -> None:
    """An orphan is pruned once `reconciler.toml` says so; a mistake in it changes nothing, and shows."""
    settings = served.folder / "reconciler.toml"
    settings.write_text('prune = false\nprune_delay = "1s"\n')
    served.write("ada.yaml", user())
    served.write("cmu.yaml", spell("cmu-1", TILE))
    daemon = served.start()
    until(lambda: served.rows(JOBS))
    (served.manifests / "cmu.yaml").unlink()
    until(lambda: served.rows("select from reconciler.inventory where orphaned"))

    settings.write_text('prune = true\nprune_delay = "0s"\nstatus_ttl = "40s"\n')
    daemon.send_signal(signal.SIGHUP)
    until(lambda: served.rows(JOBS) == [])
    noted = "select status ->> 'notes' from reconciler.replicas"
    until(lambda: "wait for a restart: status_ttl" in str(served.rows(noted)))

    settings.write_text("prune = maybe\n")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "the settings were refused" in str(served.rows(noted)))
    assert "stay in force" in served.logs()
    assert daemon.poll() is None


def test_a_user_that_is_renamed_keeps_its_row(served: Workplace) -> None:
    """At once: its workflow does not wait for the schedule, twice."""
    served.write("all.yaml", user() + "---\n" + spell("cmu-1", TILE))
    served.start("--interval", "1h")
    until(lambda: served.rows(JOBS))
    before = served.rows("select id, username from users")

    renamed = user("lovelace") + "spec: {username: ada}\n"
    served.write("all.yaml", renamed + "---\n" + spell("cmu-1", TILE, user="lovelace"))

    known = "select name from reconciler.inventory order by kind, name"
    until(lambda: served.rows(known) == [("lovelace",), ("cmu-1",)])
    assert served.rows("select id, username from users") == before


def test_it_drains_on_sigterm_and_looks_again_on_sighup(served: Workplace) -> None:
    """SIGHUP asks for a full pass; SIGTERM ends it with 0, and its lock is free."""
    served.write("all.yaml", user() + "---\n" + spell("cmu-1", TILE))
    daemon = served.start()
    until(lambda: served.rows(JOBS))
    asked = "select status -> 'last_pass' ->> 'trigger' from reconciler.instances"
    daemon.send_signal(signal.SIGHUP)
    until(lambda: served.rows(asked) == [("signal",)])

    daemon.terminate()

    assert daemon.wait(PATIENCE) == 0
    locks = (
        "select count(*) from pg_locks where locktype = 'advisory' and database = "
        "(select oid from pg_database where datname = current_database())"
    )
    assert served.rows(locks) == [(0,)]


def _roles(place: Workplace) -> dict[str, str]:
    said = place.command("status", "-o", "json").stdout
    replicas = json.loads(said).get("replicas", []) if said.startswith("{") else []
    return {replica["replica"]: replica["role"] for replica in replicas}


def _processes_in(folder: Path) -> list[str]:
    """List the processes whose command line or working folder lies in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes().decode(errors="replace")
            cwd = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in said or cwd.startswith(str(folder)):
            found.append(said)
    return found
