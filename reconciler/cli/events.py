"""`reconciler events`: what happened, and with --watch what happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.arguments import KeyType
from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, takes
from reconciler.cli.output import Form, Table, View, output_option, paper_of, show
from reconciler.cli.streams import write
from reconciler.cli.terminal import note
from reconciler.cli.unknown import is_unknown, likely
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.app import Following
    from reconciler.report.event import Event, EventLog
    from reconciler.report.root import Root
    from reconciler.resources import ResourceKey

_PLACES: Final = {
    "redis": "following Redis: what happens is shown at once",
    "postgresql": "following PostgreSQL, looked at every second",
    "nowhere": "waiting for PostgreSQL",
}


@click.command(
    "events",
    cls=Command,
    examples="""
        reconciler events
        reconciler events --watch
        reconciler events Workflow/cmu-1-nuclei --limit 100
        reconciler events --watch -o json | jq -r .subject
    """,
)
@click.argument("key", type=KeyType(), required=False, metavar="[KIND/NAME]")
@click.option("--watch", is_flag=True, help="Go on, and show what happens; Ctrl-C ends that.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    metavar="NUMBER",
    default=20,
    show_default=True,
    help="So many of the past.",
)
@output_option
@takes(*BOARD)
def command(settings: Settings, key: ResourceKey | None, form: str, limit: int, *, watch: bool) -> int:
    """Show what happened, the latest last: resources that came to stand otherwise, passes, conditions.

    Read from Redis, or else from PostgreSQL, which knows less; it says which. With --watch -o json each event
    is a line of its own. What changed, field by field, is shown by `reconciler history`. Exits 1 when there
    is no such resource, and nothing that happened to one is on record.
    """
    from reconciler import app
    from reconciler.daemon.clock import SystemClock

    if watch:
        return _watch(settings, app.Following(limit, key, _tell_place), Form(form))
    log = app.read_events(settings, limit, key)
    if log.degraded:
        note(f"read from {log.read_from}: {log.degraded}")
    show(_view(settings, log, SystemClock().now(), Form(form)), form)
    if not log.items and Form(form) in {Form.TABLE, Form.WIDE}:
        note("nothing is on record")
    if key and not log.items and is_unknown(settings, key):
        note(f"there is no {key}; {likely(settings, key)}")
        return 1
    return 0


def _tell_place(place: str, why: str) -> None:
    note(f"{_PLACES[place]}{f': {why}' if why else ''}")


def _watch(settings: Settings, following: Following, form: Form) -> int:
    from reconciler import app
    from reconciler.report.layouts import event_layout
    from reconciler.report.table import Grid

    if form is Form.YAML:
        raise UsageError("events that go on are no YAML document", where="-o yaml", fix="give -o json")
    laid, root = Grid(event_layout(), paper_of(form)), _root(settings, form)
    for events in app.follow_events(settings, following):
        if not events:
            continue
        laid.paper = paper_of(form)
        told = form in {Form.JSON, Form.NAME}
        lines = _lines(events, form) if told else laid.lines(map(root.event, events))
        write("".join(f"{line}\n" for line in lines))
    return 0


def _root(settings: Settings, form: Form) -> Root:
    """Give what leads from here to the manifests, where places are shown; for others nobody is asked."""
    from reconciler import app
    from reconciler.report.root import Root

    return Root(app.shown_root(settings, app.source_on_record(settings)) if form is Form.WIDE else "")


def _lines(events: Iterable[Event], form: Form) -> Iterator[str]:
    from reconciler.report.wire import dumps

    for event in events:
        yield dumps(event) if form is Form.JSON else event.subject


def _view(settings: Settings, log: EventLog, now: datetime, form: Form) -> View:
    from reconciler.report.event import log_document
    from reconciler.report.layouts import event_layout

    table = Table(map(_root(settings, form).event, log.items), event_layout(now))
    return View(
        table.text,
        lambda: log_document(log),
        lambda: dict.fromkeys(event.subject for event in log.items),
        lambda: table.left_out,
    )
