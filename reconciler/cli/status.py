"""`reconciler status`: how the instance stands, and by its exit code whether that is well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, takes
from reconciler.cli.output import Form, Paper, View, output_option, show
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report import Board, ResourceStatus, Verdict


@click.command(
    "status",
    cls=Command,
    examples="""
        reconciler status
        reconciler status -o wide            with every resource that is not as it should be
        reconciler status --watch            a screen that is kept up to date; q quits
        reconciler status --daemon           for a health check: the daemon alone, not the manifests
        reconciler status -o json | jq .healthy
    """,
)
@click.option("--daemon", is_flag=True, help="Judge the daemon alone, not manifests and rows.")
@click.option("--watch", is_flag=True, help="Go on: a live screen on a terminal, else what changes.")
@output_option
@takes(*BOARD)
def command(settings: Settings, form: str, *, daemon: bool, watch: bool) -> int:
    """Show how the instance stands; exit 0 when that is healthy, else 1.

    Read from Redis, or else from PostgreSQL; it says which. What is not known is not healthy. With --watch it
    goes on until q or Ctrl-C; where the output is no terminal it is written again whenever something changed,
    with -o json each time as one line.
    """
    if watch:
        from reconciler.cli.status_watch import watch_status

        return watch_status(settings, Form(form), daemon_only=daemon)
    from reconciler import app
    from reconciler.daemon.clock import SystemClock
    from reconciler.report import judge

    board = app.read_board(settings)
    now = SystemClock().now()
    verdict = judge(board, now, daemon_only=daemon)
    show(view(settings, board, verdict, now), form)
    return 0 if verdict.healthy else 1


def view(settings: Settings, board: Board, verdict: Verdict, now: datetime) -> View:
    """Give a status in every form."""
    from reconciler import app
    from reconciler.report.root import Root

    root = Root(app.shown_root(settings, board.sync.source if board.sync else ""))
    return View(
        lambda paper: _text(root.board(board), verdict, now, paper),
        lambda: _document(board, verdict),
        lambda: dict.fromkeys(str(key) for finding in verdict.findings for key in finding.resources),
    )


def _text(board: Board, verdict: Verdict, now: datetime, paper: Paper) -> str:
    from reconciler.report.screen import render_status

    screen = render_status(board, now, verdict, color=paper.coloured, width=paper.width)
    unsettled = [status for _, status in sorted(board.resources.items()) if status.sync != "Synced"]
    if not paper.wide or not unsettled:
        return screen
    return f"{screen}\n\n{_list(unsettled, now, paper)}"


def _list(unsettled: Sequence[ResourceStatus], now: datetime, paper: Paper) -> str:
    from reconciler.report import age
    from reconciler.report.table import Column, table

    layout: tuple[Column[ResourceStatus], ...] = (
        Column("RESOURCE", lambda one: str(one.key)),
        Column("SYNC", lambda one: one.sync),
        Column("REASON", lambda one: one.reason),
        Column("FOR", lambda one: age(one.since, now)),
        Column("GEN", lambda one: str(one.generation or "")),
        Column("PLACE", lambda one: str(one.where or "")),
        Column("MESSAGE", lambda one: one.message),
    )
    return table(unsettled, layout, paper)


def _document(board: Board, verdict: Verdict) -> dict[str, Any]:
    from reconciler.report.wire import VERSION, encode

    told = encode(board)
    told["resources"] = [*told["resources"].values()]
    return {
        "apiVersion": VERSION,
        "kind": "Status",
        "healthy": verdict.healthy,
        "findings": encode(verdict.findings),
        **told,
    }
