"""`reconciler suspend`: leave a resource, or the whole instance, as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from reconciler.cli.arguments import KeyType, SpanType, named
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.terminal import note
from reconciler.cli.unknown import likely
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.resources import ResourceKey


@click.command(
    "suspend",
    cls=Command,
    examples="""
        reconciler suspend Workflow/cmu-1-nuclei --reason "scanned again" --for 2h
        reconciler suspend --reason "the database moves"    the whole instance
    """,
)
@click.argument("key", type=KeyType(), required=False, metavar="[KIND/NAME]")
@click.option("--reason", required=True, metavar="TEXT", help="Why; `status` shows it.")
@click.option("--for", "lasts", type=SpanType(), help="For how long; without it, until `reconciler resume`.")
@takes(*DATABASE)
def command(settings: Settings, key: ResourceKey | None, reason: str, lasts: timedelta | None) -> None:
    """Leave a resource, or without one the whole instance, as it is.

    Its manifest is still read and checked, but its rows are neither changed nor healed nor pruned.
    """
    from reconciler import app
    from reconciler.settings.values import shown
    from reconciler.store import desk

    subject = desk.Subject(settings.instance, key)
    with app.desk(settings) as connection:
        if not desk.is_known(connection, subject):
            raise UsageError(
                f"there is no {key}",
                where=f"instance {settings.instance}",
                why='it has no row; a manifest is suspended by its annotation reconciler/suspend: "true"',
                fix=likely(settings, key) if key else "",
            )
        desk.suspend(connection, subject, reason, app.whoami(), lasts)
    until = f"for {shown(lasts)}" if lasts else f"until `reconciler resume{f' {key}' if key else ''}`"
    note(f"{named(key, settings)} is suspended {until}")
