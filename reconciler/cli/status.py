"""`reconciler status`: how the instance stands, and by its exit code whether that is well."""

from __future__ import annotations

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, takes
from reconciler.cli.output import Form, output_option, show
from reconciler.settings import Settings


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
    from reconciler.cli.status_view import view
    from reconciler.daemon.clock import SystemClock
    from reconciler.report import judge

    board = app.read_board(settings)
    now = SystemClock().now()
    verdict = judge(board, now, daemon_only=daemon)
    show(view(settings, board, verdict, now), form)
    return 0 if verdict.healthy else 1
