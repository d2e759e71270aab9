"""`reconciler plan`: what a pass would do, and why, without doing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, FOLDER, POLICY, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.selecting import takes_selection
from reconciler.cli.terminal import note, progress
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.plan import Selection
    from reconciler.reconcile import Draft
    from reconciler.report.steps import PlanReport

_CHANGES: Final = 2


@click.command(
    "plan",
    cls=Command,
    examples="""
        reconciler plan
        reconciler plan --prune
        reconciler plan --target Workflow/cmu-1-nuclei
        reconciler plan -l study=nuclei-density
        reconciler plan -o wide                   every field of everything
        reconciler plan --out monday.plan         to be read, and carried out by `apply --plan`
        reconciler plan --show monday.plan        what a saved plan says
        reconciler plan --detailed-exitcode       2 when something is to be done, 0 when nothing is
        reconciler plan -o json | jq '.steps[].key'
    """,
)
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when there are changes.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Save the plan in this file, readable for you alone, for `reconciler apply --plan FILE`.",
)
@click.option(
    "--show",
    "saved",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Show the plan that is saved in this file, and make none.",
)
@takes_selection
@output_option
@takes(*FOLDER, *DATABASE, *POLICY)
def command(
    settings: Settings, form: str, selection: Selection | None, *, detailed: bool, **files: Path | None
) -> int:
    """Show what a full pass would do to each resource, field by field, why, and what it would leave.

    Nothing is written. With --target or --label it is a part: nothing else would be changed, and nothing
    pruned that is not named. Exits 1 when there are mistakes in the manifests; what is understood is planned
    all the same.
    """
    from reconciler import app
    from reconciler.report.steps import PlanReport

    if (saved := files["saved"]) is not None:
        return _show_saved(settings, saved, form, detailed=detailed)
    with progress() as told:
        draft = app.preview(settings, told, selection)
    report = PlanReport.of(draft.plan, draft.actual, draft.part)
    show(_view(report, app.shown_root(settings)), form)
    if (out := files["out"]) is not None:
        app.save_plan(app.keep_plan(settings, draft), out)
        note(f"saved: `reconciler apply --plan {out}` carries it out")
        if report.gates:
            note("`apply --plan` leaves what waits for approval, and does it once that is given")
    if _mistaken(draft):
        return 1
    return _CHANGES if detailed and report.changes else 0


def _show_saved(settings: Settings, path: Path, form: str, *, detailed: bool) -> int:
    from reconciler import app

    saved = app.load_plan(path)
    where = f"instance {saved.origin.instance}, database {saved.origin.database}"
    note(f"made at {saved.made_at:%Y-%m-%d %H:%M} UTC for {where}")
    show(_view(saved.report, app.shown_root(settings)), form)
    return _CHANGES if detailed and saved.report.changes else 0


def _mistaken(draft: Draft) -> bool:
    """Whether there are mistakes, told to whoever waits; those beside what was asked for are only told."""
    from reconciler.report.terminal import many

    if mistakes := len(draft.desired.diagnostics):
        note(f"{many(mistakes, 'mistake')} in the manifests: `reconciler validate` shows where")
    if draft.part is not None:
        return not draft.part.keys.isdisjoint(draft.desired.refused)
    return mistakes > 0


def _view(report: PlanReport, root: str) -> View:
    return View(
        lambda paper: _text(report, root, paper),
        lambda: _document(report),
        lambda: (str(step.key) for step in report.changes),
    )


def _text(report: PlanReport, root: str, paper: Paper) -> str:
    from reconciler.report.plan_text import Manner, render_plan

    return render_plan(report, Manner(paper, root))


def _document(report: PlanReport) -> dict[str, Any]:
    from reconciler.report import wire

    return {**wire.document(report), "kind": "Plan"}
