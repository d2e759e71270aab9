"""The daemon and the commands as members of the roles that `deploy/postgresql/roles.sql` makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.e2e.daemons import Workplace, until, workplace
from tests.integration.passes.conftest import user, workflow
from tests.roles import apply_roles, logins

TILE = "name: tile, job_type: tiling"
BRANCHES = "select name, branch_id from jobs order by position"


@dataclass(frozen=True, slots=True)
class Divided:
    """A workplace whose daemon is a member of its role, and the addresses of the others."""

    place: Workplace
    owner: str
    urls: Mapping[str, str]

    def become(self, role: str) -> None:
        """Run commands as a member of this role from now on."""
        self.place.environment["DATABASE_URL"] = self.urls[role]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database, as its owner."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Do something by hand, as the owner."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def divided(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Divided]:
    """Give a database with its roles."""
    apply_roles(database_url)
    with logins(database_url) as urls, workplace(tmp_path, {"REDIS_URL": redis_url}) as place:
        made = Divided(place, database_url, urls)
        made.become("reconciler_daemon")
        yield made


def test_the_daemon_does_all_its_work_in_its_role(divided: Divided) -> None:
    """It creates, updates, heals, makes again, defers and prunes; it answers, and tells how things stand."""
    place = divided.place
    place.write("users.yaml", user())
    place.write("w.yaml", workflow("cmu-1", TILE))
    place.start("--prune", "--prune-delay", "200ms", "--max-prune", "100%")
    until(lambda: divided.rows(BRANCHES) == [("tile", "main")])

    place.write("w.yaml", workflow("cmu-1", TILE, "name: infer, job_type: i, needs: [tile]"))
    until(lambda: divided.rows(BRANCHES) == [("tile", "main"), ("infer", "main")])

    divided.execute("update jobs set branch_id = 'x'")
    until(lambda: divided.rows(BRANCHES) == [("tile", "main"), ("infer", "main")])
    divided.execute("delete from jobs; delete from workflows")
    until(lambda: len(divided.rows(BRANCHES)) == 2)

    with psycopg.connect(divided.urls["reconciler_job_writer"], autocommit=True) as scheduler:
        scheduler.execute("update jobs set status = 'RUNNING' where name = 'tile'")
        place.write("w.yaml", workflow("cmu-1", "name: other, job_type: o"))
        until(lambda: divided.rows("select 1 from reconciler.statuses where sync = 'Deferred'"))
        scheduler.execute("update jobs set status = 'SUCCEEDED' where name = 'tile'")
    until(lambda: divided.rows(BRANCHES) == [("other", "main")])

    for command in (
        ["status"],
        ["reconcile"],
        ["suspend", "User/ada", "--reason", "a holiday"],
        ["resume", "User/ada"],
        ["db", "check"],
        ["doctor", "--no-http"],
    ):
        ended = place.command(*command)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    (place.manifests / "w.yaml").unlink()
    until(lambda: divided.rows(BRANCHES) == [])
    assert "denied" not in place.logs()


def test_the_daemon_changes_no_table(divided: Divided) -> None:
    """On a schema that is behind it stalls and says what to do; a deployment has its migrator."""
    divided.execute("update reconciler.alembic_version set version_num = '0001'")
    divided.place.start()
    until(lambda: "StoreRefused" in divided.place.logs())
    assert "denied" in divided.place.logs()


def test_a_reader_sees_how_things_stand_and_writes_nothing(divided: Divided) -> None:
    """Without Redis too: every command that shows, and none that does."""
    place = divided.place
    place.write("users.yaml", user())
    place.write("w.yaml", workflow("cmu-1", TILE))
    assert place.command("apply").returncode == 0
    del place.environment["REDIS_URL"]
    divided.become("reconciler_reader")
    for command in (["get", "workflows"], ["get", "syncs"], ["plan"], ["db", "check"]):
        ended = place.command(*command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    for command in (["apply"], ["reconcile"]):
        refused = place.command(*command)
        assert refused.returncode == 1
        assert "permission denied" in refused.stderr
