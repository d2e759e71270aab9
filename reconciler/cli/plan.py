"""`reconciler plan`: what a pass would do, and why, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, FOLDER, POLICY, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note, progress
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report.steps import PlanReport

_CHANGES: Final = 2


@click.command(
    "plan",
    cls=Command,
    examples="""
        reconciler plan
        reconciler plan --prune
        reconciler plan -o wide                   every field of everything
        reconciler plan --detailed-exitcode       2 when something is to be done, 0 when nothing is
        reconciler plan -o json | jq '.steps[].key'
    """,
)
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when there are changes.")
@output_option
@takes(*FOLDER, *DATABASE, *POLICY)
def command(settings: Settings, form: str, *, detailed: bool) -> int:
    """Show what a full pass would do to each resource, field by field, why, and what it would leave.

    Nothing is written. Exits 1 when there are mistakes in the manifests; what is understood is planned all
    the same.
    """
    from reconciler import app
    from reconciler.report.steps import PlanReport
    from reconciler.report.terminal import many

    with progress() as told:
        draft = app.preview(settings, told)
    report = PlanReport.of(draft.plan, draft.actual)
    show(_view(report), form)
    if mistakes := len(draft.desired.diagnostics):
        note(f"{many(mistakes, 'mistake')} in the manifests: `reconciler validate` shows where")
        return 1
    return _CHANGES if detailed and report.changes else 0


def _view(report: PlanReport) -> View:
    return View(
        lambda paper: _text(report, paper),
        lambda: _document(report),
        lambda: (str(step.key) for step in report.changes),
    )


def _text(report: PlanReport, paper: Paper) -> str:
    from reconciler.report.plan_text import render_plan

    return render_plan(report, color=paper.coloured, width=paper.width, wide=paper.wide)


def _document(report: PlanReport) -> dict[str, Any]:
    from reconciler.report import wire

    return {**wire.document(report), "kind": "Plan"}
