"""`reconciler db`: the tables, brought to the schema of this version, back, looked at, or opened."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

import click

from reconciler.cli.grammar import Command, Group
from reconciler.cli.options import takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note, waiting
from reconciler.settings import Settings


@click.group(
    "db",
    cls=Group,
    examples="""
        reconciler db check
        reconciler db upgrade
        reconciler db downgrade base
        reconciler db shell -c "select name, status from workflows"
    """,
)
def command() -> None:
    """Upgrade, downgrade, check or open the tables."""


@command.command("upgrade", cls=Command, examples="reconciler db upgrade --database-url postgresql://host/db")
@takes("database_url", "session_url")
def upgrade(settings: Settings) -> None:
    """Bring the tables to the schema of this version.

    `reconciler run` and `reconciler apply` do so by themselves. Tables of others that stand already and do
    not fit are refused, with the SQL that mends them. Triggers of ours that are gone or switched off are put
    back.
    """
    from reconciler import app
    from reconciler.store import migrate

    url = app.locate(settings).session_url
    with waiting("bringing the tables up to date"):
        before, after = migrate.upgrade(url)
        put_back = migrate.put_back_triggers(url)
    note(f"schema {after} already" if before == after else f"schema {before or 'none'} -> {after}")
    for name in put_back:
        note(f"put back: {name}")


@command.command("downgrade", cls=Command, examples="reconciler db downgrade base")
@click.argument("version")
@takes("database_url", "session_url")
def downgrade(settings: Settings, version: str) -> None:
    """Take the tables back to an older schema, or with "base" to none; refuses to drop rows.

    A daemon that runs meanwhile is no longer the writer, and stalls.
    """
    from reconciler import app
    from reconciler.store import migrate

    with waiting("taking the tables back"):
        migrate.downgrade(app.locate(settings).session_url, version)
    note(f"schema {version}")


@command.command("check", cls=Command, examples="reconciler db check -o json")
@output_option
@takes("database_url", "session_url")
def check(settings: Settings, form: str) -> int:
    """Compare the tables with what this version needs; exit 1 when they are behind, ahead, or differ."""
    from reconciler import app
    from reconciler.store import migrate
    from reconciler.store.connect import connect, describe
    from reconciler.store.errors import translated

    url = app.locate(settings).session_url
    with connect(url, "reconciler check") as connection, translated(describe(url)):
        found = migrate.current(connection)
    differences = migrate.compare(url) if found == migrate.HEAD else []
    view = View(
        lambda paper: _text(found, migrate.HEAD, differences, paper),
        lambda: _document(found, migrate.HEAD, differences),
        lambda: [found] if found else [],
    )
    show(view, form)
    return 0 if found == migrate.HEAD and not differences else 1


@command.command(
    "shell",
    cls=Command,
    context_settings={"ignore_unknown_options": True},
    examples="""
        reconciler db shell
        reconciler db shell -c "select name, status from workflows"
    """,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PSQL ARGUMENT]...")
@takes("database_url", "session_url")
def shell(settings: Settings, arguments: Sequence[str]) -> NoReturn:
    """Open psql on the database, or have it do what its arguments say.

    That is the psql on the PATH, or else the one that came along with the embedded servers.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from reconciler import app
    from reconciler.embedded import find_psql

    address = conninfo_to_dict(app.locate(settings).session_url)
    secret = address.pop("password", None)
    environment = os.environ if secret is None else {**os.environ, "PGPASSWORD": str(secret)}
    # The password goes into the environment: of a process, others may read the arguments alone.
    psql = str(find_psql())
    os.execvpe(psql, ["psql", "-d", make_conninfo("", **address), *arguments], environment)  # noqa: S606


def _text(found: str, needed: str, differences: Sequence[str], paper: Paper) -> str:
    if found != needed:
        return f"schema {found or 'none'}, this version needs {needed}: `reconciler db upgrade`"
    from reconciler.report.terminal import Page, many

    head = f"schema {found}, as this version needs"
    if not differences:
        return head
    page = Page(paper.coloured, paper.width)
    page.put(f"{head}, but for {many(len(differences), 'difference')}:")
    for one in differences:
        page.put(one, indent=2)
    return str(page)


def _document(found: str, needed: str, differences: Sequence[str]) -> dict[str, object]:
    return {
        "apiVersion": "reconciler/v1",
        "kind": "SchemaCheck",
        "current": found,
        "needed": needed,
        "differences": list(differences),
    }
