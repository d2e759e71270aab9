"""`reconciler get`: the rows, each with how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.cli.sheets import Sheet
    from reconciler.report.listing import Page
    from reconciler.store.wanted import Wanted

_T = TypeVar("_T")

_WHAT: Final = {
    **dict.fromkeys(("users", "user"), "users"),
    **dict.fromkeys(("workflows", "workflow"), "workflows"),
    **dict.fromkeys(("jobs", "job"), "jobs"),
    **dict.fromkeys(("syncs", "sync", "passes"), "syncs"),
}
_SYNCS_SHOWN: Final = 20
_SYNCS: Final = ("Invalid", "Conflict", "Suspended", "Deferred", "Orphaned", "OutOfSync", "Synced")


@click.command(
    "get",
    cls=Command,
    examples="""
        reconciler get workflows
        reconciler get workflows cmu-1-nuclei -o yaml
        reconciler get workflows --sync OutOfSync --sync Invalid
        reconciler get jobs -w cmu-1-nuclei -o wide
        reconciler get users -l team=pathology -o name
        reconciler get syncs --limit 5
    """,
)
@click.argument("what", type=click.Choice([*_WHAT]), metavar="users|workflows|jobs|syncs")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-w", "--workflow", "workflows", multiple=True, metavar="NAME", help="Jobs of this workflow alone."
)
@click.option(
    "--sync",
    "syncs",
    multiple=True,
    type=click.Choice(_SYNCS, case_sensitive=False),
    metavar="SYNC",
    help=f"Those that stand so alone: {', '.join(_SYNCS)}.",
)
@click.option(
    "-l", "--label", "labels", multiple=True, metavar="NAME=VALUE", help="Those with this label alone."
)
@click.option(
    "-A", "--all", "everything", is_flag=True, help="Rows of every instance, and rows that nobody manages."
)
@click.option("--limit", type=click.IntRange(1, 100_000), help="So many at most.  [default: all; 20 syncs]")
@output_option
@takes(*DATABASE)
def command(settings: Settings, what: str, form: str, limit: int | None, **narrowing: Any) -> int:  # noqa: ANN401
    """List rows, and how each stands.

    Users, workflows and jobs of this instance; a manifest that has no row yet is listed too. syncs are the
    passes that changed something, the latest first.
    """
    from reconciler import app
    from reconciler.daemon.clock import SystemClock
    from reconciler.store.wanted import Wanted

    labels = dict(map(_label, narrowing.pop("labels")))
    if _WHAT[what] == "syncs":
        limit = limit or _SYNCS_SHOWN
    wanted = Wanted(settings.instance, labels=labels, limit=limit, **narrowing)
    sheet = _sheet(_WHAT[what], wanted, SystemClock().now())
    _refuse_idle(_WHAT[what], wanted)
    with app.desk(settings) as connection:
        page = sheet.read(connection)
    show(_view(sheet, page), form)
    return _tell_missing(sheet, page.items, wanted)


def _label(text: str) -> tuple[str, str]:
    label, separator, value = text.partition("=")
    if not separator or not label:
        raise UsageError("a label can't be read", where=text, fix="give NAME=VALUE")
    return label, value


def _refuse_idle(what: str, wanted: Wanted) -> None:
    """Refuse what would narrow nothing: whoever said it means something else."""
    if wanted.workflows and what != "jobs":
        raise UsageError(
            "only jobs are listed by workflow", where="--workflow", fix="name them: get workflows NAME"
        )
    if what == "syncs" and (wanted.names or wanted.syncs or wanted.labels):
        raise UsageError("passes are listed by time alone", fix="leave names, --sync and --label away")


def _sheet(what: str, wanted: Wanted, now: datetime) -> Sheet[Any]:
    from reconciler.cli import sheets

    match what:
        case "users":
            return sheets.users(wanted, now)
        case "workflows":
            return sheets.workflows(wanted, now)
        case "jobs":
            return sheets.jobs(wanted, now)
        case _:
            return sheets.syncs(wanted, now)


def _view(sheet: Sheet[_T], page: Page[_T]) -> View:
    from reconciler.report.listing import list_document

    return View(
        lambda paper: _text(sheet, page.items, paper),
        lambda: list_document(page),
        lambda: map(sheet.name, page.items),
    )


def _text(sheet: Sheet[_T], rows: Sequence[_T], paper: Paper) -> str:
    from reconciler.report.table import table

    if not rows:
        note("nothing found")
        return ""
    return table(rows, sheet.layout, color=paper.coloured, wide=paper.wide)


def _tell_missing(sheet: Sheet[_T], rows: Sequence[_T], wanted: Wanted) -> int:
    """Name what was asked for by name and is not there."""
    if sheet.known_as is None:
        return 0
    missing = set(wanted.names) - {sheet.known_as(row) for row in rows}
    for name in sorted(missing):
        note(f"not found: {name}")
    return 1 if missing else 0
