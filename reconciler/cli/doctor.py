"""`reconciler doctor`: what stands in the way, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import DAEMON, attempts
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.errors import UsageError
from reconciler.report.checkup.remark import CHECKS
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report.checkup.remark import Remark


@click.command(
    "doctor",
    cls=Command,
    examples="""
        reconciler doctor
        reconciler doctor --only postgresql --only rights
        reconciler doctor -o name                       the checks that failed
        reconciler doctor -o json | jq '.remarks[] | select(.grade == "fail") | .fix'
    """,
)
@click.option(
    "--only",
    type=click.Choice([*CHECKS]),
    multiple=True,
    metavar="CHECK",
    help="This check alone; may be given several times.",
)
@output_option
@attempts(*DAEMON)
def command(settings: Settings | UsageError, form: str, only: Sequence[str]) -> int:
    """Look at all that the daemon needs, and say what to do where something is missing.

    This machine, the manifests, PostgreSQL, Redis, and the daemon, as the settings name them; HTTP where a
    daemon that runs here serves it. Nothing is changed. Whatever does not answer is given up after a few
    seconds, and the rest is told all the same. Exits 1 when something fails; a warning is no failure.
    """
    from reconciler import app
    from reconciler.report.checkup.remark import Grade

    remarks = app.examine(settings, only or tuple(CHECKS))
    view = View(
        lambda paper: _text(remarks, paper),
        lambda: _document(remarks),
        lambda: dict.fromkeys(one.check for one in remarks if one.grade is Grade.FAIL),
    )
    show(view, form)
    return 1 if any(one.grade is Grade.FAIL for one in remarks) else 0


def _text(remarks: Sequence[Remark], paper: Paper) -> str:
    from reconciler.report.checkup.text import render

    return render(remarks, color=paper.coloured, width=paper.width)


def _document(remarks: Sequence[Remark]) -> dict[str, Any]:
    from reconciler.report.checkup.remark import Grade
    from reconciler.report.wire import VERSION, encode

    healthy = all(one.grade is not Grade.FAIL for one in remarks)
    return {"apiVersion": VERSION, "kind": "Checkup", "healthy": healthy, "remarks": encode(list(remarks))}
