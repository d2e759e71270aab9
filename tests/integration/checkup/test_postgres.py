"""What is found of a real PostgreSQL: by a role with all rights, with some, and with none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGTERM
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.embedded import shim
from reconciler.errors import StoreRefused, StoreUnavailable
from reconciler.report.checkup.facts import Database
from reconciler.report.checkup.remark import Remark
from reconciler.report.checkup.servers import judge_database
from reconciler.store import migrate
from reconciler.store.checkup import RIGHTS, examine
from reconciler.store.columns import OWNED
from reconciler.store.tables import METADATA
from tests.e2e.daemons import until, workplace
from tests.integration.passes.conftest import user, workflow

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def look(url: str, session_url: str = "") -> Database:
    """Look at a database as `doctor` does."""
    return examine(url, session_url or url, "default", SystemClock())


def execute(url: str, *statements: str) -> None:
    """Do something to a database by hand."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def role(url: str, *grants: str) -> Iterator[str]:
    """Lend a login of its own with these rights: the URL to use it by."""
    name = f"role_{urlsplit(url).path.strip('/')}"
    execute(url, f"create role {name} login", *(f"grant {grant} to {name}" for grant in grants))
    try:
        yield url.replace("://reconciler@", f"://{name}@", 1)
    finally:
        execute(url, f"drop owned by {name}", f"drop role {name}")


def all_rights() -> Iterator[str]:
    """Give, as grants, what the doctor says that the daemon needs, and no more."""
    yield "usage on schema public, reconciler"
    for table, rights in RIGHTS.items():
        schema, name = table.split(".")
        for right in rights:
            columns = f" ({', '.join(OWNED[name])})" if schema == "public" and right == "UPDATE" else ""
            yield f"{right}{columns} on {table}"


def test_a_database_of_ours_is_as_it_should_be(database_url: str) -> None:
    """Schema, triggers and rights; nothing is missing for whoever made them."""
    found = look(database_url)

    assert (found.schema.found, found.schema.missing, found.schema.misfits) == (migrate.HEAD, (), ())
    assert (found.schema.triggers_missing, found.schema.triggers_off) == ((), ())
    assert (found.session.pooled, found.session.local, found.server.standby) == (False, True, False)
    assert found.server.version >= 150_000
    assert 0 < found.server.left < found.server.most
    assert abs(found.server.ahead.total_seconds()) < 1
    assert Path(found.server.data).is_dir()


def test_every_table_of_ours_has_its_rights() -> None:
    """A new one that is forgotten would be a right that nobody grants."""
    ours = {f"{table.schema or 'public'}.{table.name}" for table in METADATA.tables.values()}

    assert ours <= set(RIGHTS)


def test_the_rights_that_are_told_are_enough_and_each_is_missed(database_url: str, tmp_path: Path) -> None:
    """A role that has them, and owns nothing, brings rows to what manifests say."""
    with role(database_url, *all_rights()) as url, workplace(tmp_path, {"DATABASE_URL": url}) as place:
        place.write("all.yaml", "---\n".join((user(), workflow("cmu-1"))))
        assert look(url).schema.missing == ()
        applied = place.command("apply")
        assert (applied.returncode, applied.stderr) == (0, "")
        assert place.command("apply").stdout.startswith("Unchanged")
        place.write("all.yaml", user())
        assert place.command("apply", "--prune").returncode == 0


def test_a_role_without_rights_is_told_table_by_table(database_url: str) -> None:
    """It needs none to be told so."""
    with role(database_url) as url:
        found = look(url).schema

    assert found.found is None
    assert not found.may_create
    missing = {one.table: one.rights for one in found.missing}
    assert missing["schema reconciler"] == ("USAGE",)
    assert missing["public.users"] == ("SELECT", "INSERT (id, username)", "UPDATE (username)", "DELETE")


def remarks(url: str, check: str) -> list[Remark]:
    """Give what the doctor says of one check, where it is not well."""
    return [one for one in judge_database(look(url)) if one.check == check and one.fix]


def test_the_grants_that_are_told_mend_what_they_are_told_of(database_url: str) -> None:
    """Typed as they stand, and nothing more: they give no right on a status."""
    with role(database_url) as url:
        execute(database_url, *(remark.fix for remark in remarks(url, "rights")))
        assert remarks(url, "rights") == []
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update public.jobs set status = 'FAILED'")


def test_the_triggers_that_are_missed_are_put_back_by_what_is_told(database_url: str) -> None:
    """Rows or no rows, and also when what they call is gone."""
    execute(
        database_url,
        "drop trigger reconciler_landed on public.jobs",
        "alter table public.users disable trigger reconciler_edited",
        "drop function reconciler.row_edited() cascade",
        "insert into public.users (id, username) values (gen_random_uuid(), 'ada')",
    )
    told = remarks(database_url, "triggers")
    assert [remark.fix.partition(",")[0] for remark in told] == ["reconciler db upgrade"]
    with role(database_url, *all_rights()) as url, pytest.raises(StoreRefused, match="denies"):
        migrate.put_back_triggers(url)

    assert len(migrate.put_back_triggers(database_url)) == 3
    assert remarks(database_url, "triggers") == []
    assert migrate.put_back_triggers(database_url) == []


@pytest.mark.parametrize(
    "whose", ["role {role}", "database {database}", "role {role} in database {database}"]
)
def test_who_may_not_write_may_again_by_what_is_told(database_url: str, whose: str) -> None:
    """Typed in a session that may not write either."""
    with role(database_url) as url:
        names = {"role": urlsplit(url).username, "database": urlsplit(url).path.strip("/")}
        execute(database_url, f"alter {whose.format(**names)} set default_transaction_read_only = on")
        (told,) = remarks(url, "postgresql")
        execute(database_url, *told.fix.split("; "))
        assert remarks(url, "postgresql") == []


def test_a_right_on_all_but_one_owned_column_is_missed(database_url: str) -> None:
    """The column that is forgotten is the one that somebody edits."""
    grants = [
        grant for grant in all_rights() if not grant.startswith("UPDATE") or " public.users" not in grant
    ]
    with role(database_url, *grants, "update (id) on public.users") as url:
        (missing,) = look(url).schema.missing

    assert (missing.table, missing.rights) == ("public.users", ("UPDATE (username)",))


def test_triggers_that_are_gone_or_off_are_named(database_url: str) -> None:
    """And the others are not."""
    execute(
        database_url,
        "drop trigger reconciler_landed on public.jobs",
        "alter table public.users disable trigger reconciler_edited",
    )
    found = look(database_url).schema

    assert found.triggers_missing == ("reconciler_landed on public.jobs",)
    assert found.triggers_off == ("reconciler_edited on public.users",)


def test_an_empty_database_and_one_with_tables_in_the_way(database_url: str) -> None:
    """Nothing is made or changed by looking."""
    migrate.downgrade(database_url, "base")
    empty = look(database_url).schema
    execute(database_url, "create table public.users (name text)")
    in_the_way = look(database_url).schema

    assert (empty.found, empty.misfits, empty.may_create) == ("", (), True)
    assert any("add column username" in line for line in in_the_way.misfits)


def test_limits_of_the_role_and_readonly_are_seen(database_url: str) -> None:
    """Whatever is nearest decides."""
    with role(database_url) as url:
        login = urlsplit(url).username
        execute(database_url, f"alter role {login} connection limit 5")
        execute(database_url, f"alter role {login} set default_transaction_read_only = on")
        found = look(url).server

    assert found.read_only
    assert found.left <= 5


def test_other_instances_are_seen(database_url: str) -> None:
    """With their source, and whether they live."""
    execute(
        database_url,
        "insert into reconciler.fence values ('default', 1, 'a', 1, now(), '1', 'directory:/srv/a')",
        "insert into reconciler.fence values ('other', 1, 'b', 1, now(), '1', 'directory:/srv/a')",
    )
    found = look(database_url)

    assert found.source == "directory:/srv/a"
    assert [(one.instance, one.source, one.alive) for one in found.neighbours] == [
        ("other", "directory:/srv/a", False)
    ]


def test_a_server_that_is_away_or_refuses_is_an_error(database_url: str) -> None:
    """In the words of every other command."""
    with pytest.raises(StoreUnavailable):
        look("postgresql://127.0.0.1:1/app")
    with pytest.raises(StoreRefused, match="does not exist"):
        look(database_url.replace("/test_", "/no_test_"))
    with pytest.raises(StoreRefused, match="can't be read"):
        look("postgresql://[::1/app")


@pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer here: Debian's package brings one")
def test_a_pooler_in_between_is_found_out(database_url: str, tmp_path: Path) -> None:
    """In transaction mode; and a direct session_url beside it is all that is needed."""
    with pgbouncer(database_url, tmp_path) as pooled:
        assert look(pooled).session.pooled
        assert not look(pooled, database_url).session.pooled


@contextmanager
def pgbouncer(url: str, folder: Path) -> Iterator[str]:
    """Run a PgBouncer in transaction mode in front of a database: its URL."""
    assert PGBOUNCER is not None
    parts = urlsplit(url)
    (host,) = parse_qs(parts.query)["host"]
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = parts.path.strip("/")
    settings = folder / "pgbouncer.ini"
    users = folder / "users.txt"
    users.write_text(f'"{parts.username}" ""\n')
    settings.write_text(
        f"[databases]\n{name} = host={host} port=5432 dbname={name} user={parts.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\nauth_file = {users}\n"
        f"pool_mode = transaction\nunix_socket_dir =\nlogfile = {folder}/pgbouncer.log\n"
    )
    # It refuses root; and the socket's folder admits nobody else.
    footing = "nobody" if os.geteuid() == 0 else "plain"
    shimmed = [sys.executable, "-I", "-S", shim.__file__, str(os.getpid()), footing, str(SIGTERM.value)]
    command = [*shimmed, str(folder), PGBOUNCER, "-q", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: _listens(port))
            yield f"postgresql://{parts.username}@127.0.0.1:{port}/{name}"
        finally:
            server.terminate()
            server.wait(10)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
