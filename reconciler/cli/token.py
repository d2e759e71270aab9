"""`reconciler token`: who may do what over HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.arguments import SpanType
from reconciler.cli.grammar import Command, Group
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import Table, View, output_option, show
from reconciler.cli.streams import write
from reconciler.cli.terminal import note
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.store.tokens import Token

_SCOPES: Final = ("read", "reconcile", "write", "approve")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")


@click.group(
    "token",
    cls=Group,
    examples="""
        reconciler token create grafana
        reconciler token create ci --scope read --scope reconcile --for 30d
        reconciler token list
        reconciler token revoke ci
    """,
)
def command() -> None:
    """Make, list or revoke tokens for the HTTP interface."""


@command.command(
    "create",
    cls=Command,
    examples="""
        TOKEN=$(reconciler token create ci --scope read --scope reconcile --for 30d)
        curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/workflows
    """,
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES, case_sensitive=False),
    default=("read",),
    show_default=True,
    help="What it allows: read; reconcile (passes, plans); write (declare and withdraw users and workflows);"
    " approve (also suspend and resume). None includes another; give several times for several.",
)
@click.option("--for", "lasts", type=SpanType(), default="90d", show_default=True, help="For how long.")
@takes(*DATABASE)
def create(settings: Settings, name: str, scopes: tuple[str, ...], lasts: timedelta) -> None:
    """Make a token, and print it: it is shown this once, and only its digest is kept."""
    from reconciler import app
    from reconciler.settings.values import shown
    from reconciler.store import tokens

    if not _NAME.fullmatch(name):
        fix = "take 1 to 63 of A-Z a-z 0-9 . _ @ -, beginning with a letter or digit"
        raise UsageError("this is no name for a token", where=name, fix=fix)
    granted = frozenset(map(tokens.Scope, scopes))
    with app.desk(settings) as connection:
        grant = tokens.Grant(name, granted, app.whoami(), lasts)
        text = tokens.create(connection, settings.instance, grant)
    allowed = ", ".join(scope for scope in _SCOPES if scope in granted)
    note(f"{name} may {allowed}, for {shown(lasts)}; this is the only time that it is shown")
    write(f"{text}\n")


@command.command("list", cls=Command, examples="reconciler token list\nreconciler token list -o json")
@output_option
@takes(*DATABASE)
def list_(settings: Settings, form: str) -> None:
    """List the tokens of the instance: what each allows, until when, and when it was last used."""
    from reconciler import app
    from reconciler.daemon.clock import SystemClock
    from reconciler.store import tokens

    with app.desk(settings) as connection:
        found = tokens.listed(connection, settings.instance)
    now = SystemClock().now()
    names = [token.name for token in found]
    table = _table(found, now)
    show(View(table.text, lambda: _document(found), lambda: names, lambda: table.left_out), form)
    if not found:
        note("there are no tokens")


@command.command("revoke", cls=Command, examples="reconciler token revoke ci")
@click.argument("name")
@takes(*DATABASE)
def revoke(settings: Settings, name: str) -> int:
    """End a token; within seconds nothing answers to it any more."""
    from reconciler import app
    from reconciler.store import tokens

    with app.desk(settings) as connection:
        ended = tokens.revoke(connection, settings.instance, name)
    note(f"{name} is revoked" if ended else f"not found: {name}")
    return 0 if ended else 1


def _table(found: Sequence[Token], now: datetime) -> Table[Token]:
    from reconciler.report import age
    from reconciler.report.table import Column

    layout: tuple[Column[Token], ...] = (
        Column("NAME", lambda one: one.name),
        Column("SCOPES", lambda one: ",".join(one.scopes), rank=2, least=12),
        Column("EXPIRES", lambda one: _until(one, now), rank=1),
        Column(
            "USED", lambda one: f"{age(one.last_used_at, now)} ago" if one.last_used_at else "never", rank=3
        ),
        Column("AGE", lambda one: age(one.created_at, now), wide=True),
        Column("MADE BY", lambda one: one.created_by, wide=True),
    )
    return Table(found, layout)


def _until(token: Token, now: datetime) -> str:
    from reconciler.report import age

    if token.expires_at is None:
        return "never"
    return "expired" if token.expires_at <= now else f"in {age(now, token.expires_at)}"


def _document(found: Sequence[Token]) -> dict[str, object]:
    from reconciler.report.wire import VERSION, encode

    return {"apiVersion": VERSION, "kind": "TokenList", "items": encode(list(found))}
