"""`reconciler history`: what passes changed, field by field, when, and for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.arguments import KeyType, SpanType
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import Form, Paper, View, output_option, show
from reconciler.cli.terminal import note
from reconciler.cli.unknown import is_unknown, likely
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report.history import HistoryItem
    from reconciler.report.listing import Page
    from reconciler.resources import ResourceKey


@click.command(
    "history",
    cls=Command,
    examples="""
        reconciler history
        reconciler history Workflow/cmu-1-nuclei
        reconciler history --since 1h --limit 100
        reconciler history Workflow/cmu-1-nuclei -o wide     every field in full
        reconciler history -o json | jq '.items[] | {at, key, action}'
    """,
)
@click.argument("key", type=KeyType(), required=False, metavar="[KIND/NAME]")
@click.option("--since", "span", type=SpanType(), help="Of this last while alone.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    default=20,
    show_default=True,
    help="So many at most.",
)
@click.option("--after", metavar="CURSOR", default="", help="Go on from `next` of an earlier answer.")
@click.option("-A", "--all", "everything", is_flag=True, help="Of every instance.")
@output_option
@takes(*DATABASE)
def command(
    settings: Settings,
    key: ResourceKey | None,
    span: timedelta | None,
    form: str,
    **narrowing: Any,  # noqa: ANN401 - as Past takes it
) -> int:
    """Show what passes changed, the latest first: of one resource, or of all.

    Each change with the fields that differed, the pass that made it, what asked for that pass, and who. A
    creation tells no fields: they stand in the manifest. Changes are kept as long as `history_keep` says.
    Exits 1 when there is no such resource, and no change of one is on record.
    """
    from reconciler import app
    from reconciler.daemon.clock import SystemClock
    from reconciler.store.history import Past, list_history
    from reconciler.store.identity import source_of

    now = SystemClock().now()
    since = now - span if span else None
    past = Past(settings.instance, key=key, since=since, **narrowing)
    with app.desk(settings) as connection:
        page = list_history(connection, past)
        root = app.shown_root(settings, source_of(connection, settings.instance))
    show(_view(page, now, root), form)
    if Form(form) in {Form.TABLE, Form.WIDE}:
        _tell(page)
    if key and not page and is_unknown(settings, key):
        note(f"there is no {key}; {likely(settings, key)}")
        return 1
    return 0


def _view(page: Page[HistoryItem], now: datetime, root: str) -> View:
    from reconciler.report.listing import list_document

    return View(
        lambda paper: _text(page, now, root, paper),
        lambda: list_document(page),
        lambda: dict.fromkeys(str(item.key) for item in page),
    )


def _tell(page: Page[HistoryItem]) -> None:
    if not page:
        note("no change is on record")
    elif page.next:
        note(f"the latest {len(page)}; --limit shows more")


def _text(page: Page[HistoryItem], now: datetime, root: str, paper: Paper) -> str:
    from reconciler.report.history import render_history
    from reconciler.report.plan_text import Manner

    manner = Manner(paper, root, done=True)
    return render_history(page.items, now, manner)
