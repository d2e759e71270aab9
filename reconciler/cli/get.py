"""`reconciler get`: the rows, each with how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli import known
from reconciler.cli.arguments import LabelType
from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, takes
from reconciler.cli.output import Form, output_option
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.cli.sheets import Sheet
    from reconciler.store.wanted import Wanted

_WHAT: Final = ("users", "workflows", "jobs", "syncs")
_ALSO: Final = {"user": "users", "workflow": "workflows", "job": "jobs", "sync": "syncs", "passes": "syncs"}
_SYNCS_SHOWN: Final = 20
_SYNCS: Final = ("Invalid", "Conflict", "Suspended", "Deferred", "Orphaned", "OutOfSync", "Synced")

_NARROWS: Final = {
    "--workflow": ("workflows", {"jobs"}),
    "--user": ("users", {"workflows", "jobs"}),
    "--status": ("statuses", {"workflows", "jobs"}),
    "--branch": ("branches", {"workflows", "jobs"}),
    "--sync": ("syncs", {"users", "workflows", "jobs"}),
    "--label": ("labels", {"users", "workflows", "jobs"}),
    "--search": ("search", {"users", "workflows", "jobs"}),
    "NAME": ("names", {"users", "workflows", "jobs"}),
}
"""What each option narrows: whoever gives one where it would narrow nothing means something else."""


class _What(click.Choice):  # type: ignore[type-arg]  # older versions of click are not generic
    """What can be listed, in the plural or the singular, or one by KIND/NAME; gives both parts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click calls it
        """Read it."""
        what, slash, name = value.partition("/")
        what = what.lower() if slash else what
        return super().convert(_ALSO.get(what, what), param, ctx), name


@click.command(
    "get",
    cls=Command,
    examples="""
        reconciler get workflows
        reconciler get workflows cmu-1-nuclei -o yaml
        reconciler get Workflow/cmu-1-nuclei
        reconciler get workflows --sync OutOfSync --sync Invalid
        reconciler get workflows --status FAILED --user test_user --limit 50
        reconciler get workflows --search nuclei --watch
        reconciler get jobs -w cmu-1-nuclei -o wide
        reconciler get jobs --status RUNNING --branch nuclei --watch -o json
        reconciler get users -l team=pathology -o name
        reconciler get syncs --limit 5
    """,
)
@click.argument("what", type=_What(_WHAT), metavar="users|workflows|jobs|syncs")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=known.listed)
@click.option(
    "-w",
    "--workflow",
    "workflows",
    multiple=True,
    metavar="NAME",
    help="Jobs of this workflow alone.",
    shell_complete=known.workflows,
)
@click.option("--user", "users", multiple=True, metavar="USERNAME", help="What belongs to this user alone.")
@click.option(
    "--sync",
    "syncs",
    multiple=True,
    type=click.Choice(_SYNCS, case_sensitive=False),
    metavar="SYNC",
    shell_complete=lambda _ctx, _param, incomplete: known.beginning(incomplete, _SYNCS),
    help=f"Those that stand so alone: {', '.join(_SYNCS)}.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="STATUS",
    shell_complete=known.statuses,
    help="Rows of this status alone, as RUNNING.",
)
@click.option(
    "--branch",
    "branches",
    multiple=True,
    metavar="BRANCH",
    help="Jobs of this branch alone, or workflows that have such jobs.",
)
@click.option(
    "-l",
    "--label",
    "labels",
    multiple=True,
    type=LabelType(),
    help="Those with this label alone; given again, with all of them.",
)
@click.option("--search", metavar="TEXT", default="", help="Those with this in their name.")
@click.option(
    "-A", "--all", "everything", is_flag=True, help="Rows of every instance, and rows that nobody manages."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    help="So many at most.  [default: all; 20 syncs]",
)
@click.option("--after", metavar="CURSOR", default="", help="Go on from `next` of an earlier answer.")
@click.option("--watch", is_flag=True, help="Go on, and show rows as they change; Ctrl-C ends that.")
@output_option
@takes(*BOARD)
def command(settings: Settings, what: tuple[str, str], form: str, *, watch: bool, **narrowing: Any) -> int:  # noqa: ANN401
    """List rows, and how each stands.

    Users, workflows and jobs of this instance; a manifest that has no row yet is listed too. syncs are the
    passes that changed something, the latest first. With --watch -o json each change is a line of its own.
    Exits 1 when something that is named, NAME, WORKFLOW or USERNAME, is not there; it says what was
    perhaps meant.
    """
    from reconciler.daemon.clock import SystemClock

    kind, name = what
    narrowing["names"] = _names(kind, name, narrowing["names"])
    wanted = _wanted(settings, kind, narrowing)
    if watch:
        from reconciler.cli.watch import watch_rows

        return watch_rows(settings, lambda now: _sheet(kind, wanted, now), Form(form))
    from reconciler.cli.listing import list_rows

    return list_rows(settings, _sheet(kind, wanted, SystemClock().now()), Form(form))


def _names(what: str, first: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names asked for, each by itself or as KIND/NAME; a job's name may hold a slash of its own."""
    if first and what not in {"users", "workflows"}:
        raise UsageError(
            f"{what} have no name of the form KIND/NAME",
            where=first,
            fix="name jobs within their workflow: `reconciler get jobs -w WORKFLOW NAME`",
        )
    if not first:
        return names
    bare = []
    for name in names:
        kind, slash, rest = name.partition("/")
        if slash and _ALSO.get(kind.lower(), kind.lower()) != what:
            raise UsageError(
                "two kinds at once are not listed", where=name, fix="list them one after the other"
            )
        bare.append(rest if slash else name)
    return (first, *bare)


def _wanted(settings: Settings, what: str, narrowing: dict[str, Any]) -> Wanted:
    from reconciler.store.wanted import Wanted

    for option, (name, meaningful) in _NARROWS.items():
        if narrowing[name] and what not in meaningful:
            raise UsageError(
                f"{what} are not narrowed by {option}",
                where=f"get {what}",
                why="passes are listed by time alone" if what == "syncs" else "",
                fix=f"leave {option} away, or list {' or '.join(sorted(meaningful))}",
            )
    labels = dict(narrowing.pop("labels"))
    statuses = tuple(status.upper() for status in narrowing.pop("statuses"))
    limit = narrowing.pop("limit") or (_SYNCS_SHOWN if what == "syncs" else None)
    return Wanted(settings.instance, labels=labels, statuses=statuses, limit=limit, **narrowing)


def _sheet(what: str, wanted: Wanted, now: Any) -> Sheet[Any]:  # noqa: ANN401 - a datetime, imported when it is needed
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
