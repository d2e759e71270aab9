"""`reconciler reconcile`: ask the daemon for a pass, and wait for its answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from reconciler.cli.arguments import KeyType, SpanType
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import output_option, show
from reconciler.cli.terminal import note, note_put_off, waiting
from reconciler.cli.unknown import is_unknown, likely
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.resources import ResourceKey


@click.command(
    "reconcile",
    cls=Command,
    examples="""
        reconciler reconcile
        reconciler reconcile Workflow/cmu-1-nuclei --timeout 5s
        reconciler reconcile --force Workflow/cmu-1-nuclei
    """,
)
@click.argument("keys", nargs=-1, type=KeyType(), metavar="[KIND/NAME]...")
@click.option(
    "--force",
    multiple=True,
    type=KeyType(),
    help="Alter this workflow although jobs of it are queued or running.",
)
@click.option("--timeout", type=SpanType(), default="30s", show_default=True, help="How long to wait.")
@output_option
@takes(*DATABASE, "session_url")
def command(
    settings: Settings,
    keys: tuple[ResourceKey, ...],
    force: tuple[ResourceKey, ...],
    timeout: timedelta,
    form: str,
) -> int:
    """Ask the daemon for a full pass now, wait until it has ended, and show how it went.

    With KIND/NAME, these alone decide what is shown and the exit code, which is 1 when something that the
    manifests ask for could not be done, and when there was no answer in time.

    The pass looks at everything all the same. Who asks may do so because an event was lost: where the
    manifest of a resource stands now, whether a second file claims it, and that no file does, can only be
    found by looking at all of them. To change nothing but a part, use `reconciler apply --target`.
    """
    from reconciler import app
    from reconciler.cli.answer import Reply

    _refuse_users(force)
    with waiting("waiting for the pass of the daemon"):
        answer = app.ask(settings, timeout, frozenset(force), note_put_off)
    root = app.shown_root(settings, app.source_on_record(settings))
    reply = Reply.about(answer, keys, _managed(settings, keys), root) if keys else Reply.whole(answer, root)
    show(reply.view(), form)
    for key in reply.unknown:
        if is_unknown(settings, key):
            note(f"there is no {key}; {likely(settings, key)}")
    return 0 if reply.complete else 1


def _refuse_users(force: Iterable[ResourceKey]) -> None:
    for key in force:
        if key.kind != "Workflow":
            raise UsageError(
                "only a workflow has jobs in flight",
                where=f"--force {key}",
                fix="leave --force away: a user is never deferred",
            )


def _managed(settings: Settings, keys: Iterable[ResourceKey]) -> frozenset[ResourceKey]:
    """Say which of these resources have a row that the instance manages."""
    from reconciler import app
    from reconciler.resources import Kind, ResourceKey
    from reconciler.store.list import list_users, list_workflows
    from reconciler.store.wanted import Wanted

    wanted = Wanted(settings.instance, names=tuple(key.name for key in keys))
    with app.desk(settings) as connection:
        users = [ResourceKey(Kind.USER, one.name) for one in list_users(connection, wanted) if one.id]
        flows = [ResourceKey(Kind.WORKFLOW, one.name) for one in list_workflows(connection, wanted) if one.id]
    return frozenset([*users, *flows])
