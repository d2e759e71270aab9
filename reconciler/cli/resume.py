"""`reconciler resume`: end a suspension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.arguments import KeyType, named
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.terminal import note
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.resources import ResourceKey


@click.command(
    "resume",
    cls=Command,
    examples="""
        reconciler resume Workflow/cmu-1-nuclei
        reconciler resume    the whole instance
    """,
)
@click.argument("key", type=KeyType(), required=False, metavar="[KIND/NAME]")
@takes(*DATABASE)
def command(settings: Settings, key: ResourceKey | None) -> int:
    """End the suspension of a resource, or without one of the whole instance.

    The daemon runs a pass at once. Exits 1 when nothing was suspended. What an annotation suspends is
    resumed in its manifest.
    """
    from reconciler import app
    from reconciler.store import desk

    with app.desk(settings) as connection:
        ended = desk.resume(connection, desk.Subject(settings.instance, key))
    note(f"{named(key, settings)} {'is resumed' if ended else 'was not suspended by command'}")
    return 0 if ended else 1
