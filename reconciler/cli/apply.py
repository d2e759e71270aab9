"""`reconciler apply`: one pass, then the end."""

from __future__ import annotations

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, FOLDER, POLICY, takes
from reconciler.cli.output import output_option, show
from reconciler.cli.terminal import note, progress
from reconciler.settings import Settings


@click.command(
    "apply",
    cls=Command,
    examples="""
        reconciler apply
        reconciler apply --prune --max-prune 10%
        reconciler apply --manifests study-7 --instance study-7 -o json
    """,
)
@output_option
@takes(*FOLDER, *BOARD, "session_url", *POLICY)
def command(settings: Settings, form: str) -> int:
    """Run one full pass, then exit.

    Beside a live daemon of the same instance it hands the pass to that one and waits; then the daemon's
    settings hold, not these. Exits 1 when something that the manifests ask for could not be done.
    """
    from reconciler import app
    from reconciler.cli.answer import Reply
    from reconciler.report import SyncResult
    from reconciler.report.answer import Answer

    with progress() as told:
        result = app.apply(settings, told)
    if isinstance(result, Answer):
        note("the daemon of this instance ran the pass")
    reply = Reply.whole(Answer.of(result) if isinstance(result, SyncResult) else result)
    show(reply.view(), form)
    return 0 if reply.complete else 1
