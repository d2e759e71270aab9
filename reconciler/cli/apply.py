"""`reconciler apply`: one pass, then the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, FOLDER, POLICY, takes
from reconciler.cli.output import output_option, show
from reconciler.cli.selecting import takes_selection
from reconciler.cli.terminal import note, note_put_off, progress
from reconciler.errors import UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.plan import Selection


@click.command(
    "apply",
    cls=Command,
    examples="""
        reconciler apply
        reconciler apply --prune --max-prune 10%
        reconciler apply --target Workflow/cmu-1-nuclei
        reconciler plan --out monday.plan && reconciler apply --plan monday.plan
        reconciler apply --manifests study-7 --instance study-7 -o json
    """,
)
@click.option(
    "--plan",
    "plan",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Do exactly what this plan says, which `reconciler plan --out FILE` saved.",
)
@takes_selection
@output_option
@takes(*FOLDER, *BOARD, "session_url", *POLICY)
def command(settings: Settings, form: str, plan: Path | None, selection: Selection | None) -> int:
    """Run one full pass, then exit.

    Beside a live daemon of the same instance it hands the pass to that one and waits; then the daemon's
    settings hold, not these. Exits 1 when something that the manifests ask for could not be done.

    With --target or --label nothing else is changed. With --plan a saved plan is carried out, all of it or
    nothing: when a row that it touches or the manifest of it has moved since, it is refused, and each
    resource named with what moved. What else has moved does not matter, nor does a status. What the plan was
    made with (--prune, the budgets) holds for it; the budgets count anew. Beside a live daemon it is the
    daemon that carries out the plan, or the part.
    """
    from reconciler import app
    from reconciler.cli.answer import Reply

    if plan is not None and selection is not None:
        why = "a saved plan is carried out as it stands"
        raise UsageError(
            "--plan goes with no --target and no --label", why=why, fix="narrow `plan --out` instead"
        )
    with progress() as told:
        saved = app.load_plan(plan) if plan else None
        ran = app.apply(settings, told, selection, saved, note_put_off)
    if ran.by_daemon:
        note(f"the daemon of this instance {'carried it out' if plan or selection else 'ran the pass'}")
    reply = Reply.whole(ran.answer, app.shown_root(settings))
    show(reply.view(), form)
    return 0 if reply.complete else 1
