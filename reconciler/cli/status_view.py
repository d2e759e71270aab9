"""How an instance stands, in every form in which `reconciler status` shows it, once or again and again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler.cli.output import Paper, View
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report import Board, Verdict


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
    from reconciler.report.layouts import resource_layout
    from reconciler.report.screen import render_status
    from reconciler.report.table import table

    screen = render_status(board, now, verdict, color=paper.coloured, width=paper.width)
    unsettled = [status for _, status in sorted(board.resources.items()) if status.sync != "Synced"]
    if not paper.wide or not unsettled:
        return screen
    return f"{screen}\n\n{table(unsettled, resource_layout(now), paper)}"


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
