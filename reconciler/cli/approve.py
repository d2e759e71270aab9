"""`reconciler approve`: a person's word for exactly one set of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import known
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.store.desk import OpenGate


@click.command(
    "approve",
    cls=Command,
    examples="""
        reconciler approve                     what waits, with every row
        reconciler approve 3f9a1c              the one whose digest begins so
        reconciler approve -o name             the digests
    """,
)
@click.argument("digest", required=False, shell_complete=known.digests)
@output_option
@takes(*DATABASE)
def command(settings: Settings, digest: str | None, form: str) -> None:
    """Approve a set that a pass may not touch without a person's word; without DIGEST, list what waits.

    An approval is for exactly these rows in these generations, is good for 24 hours, and is used up by the
    pass that acts on it.
    """
    from reconciler import app
    from reconciler.daemon.clock import SystemClock
    from reconciler.store import desk

    with app.desk(settings) as connection:
        if digest is None:
            gates = desk.gates(connection, settings.instance)
        else:
            gates = [desk.approve(connection, settings.instance, digest, app.whoami())]
            note(
                f"approved: {gates[0].digest}; the daemon's next pass acts on it, or `reconciler apply`,"
                " or `apply --plan` of its plan"
            )
    now = SystemClock().now()
    view = View(
        lambda paper: _text(gates, now, paper), lambda: _document(gates), lambda: (g.digest for g in gates)
    )
    show(view, form)


def _text(gates: Sequence[OpenGate], now: datetime, paper: Paper) -> str:
    from reconciler.report import age
    from reconciler.report.terminal import Page, Style, many

    if not gates:
        note("nothing waits for approval")
        return ""
    page = Page(paper.coloured, paper.width)
    for place, gate in enumerate(gates):
        if place:
            page.skip()
        page.put_beside(
            gate.digest, Style.BOLD, f"{gate.kind}, {many(len(gate.subjects), 'resource')}", Style.PLAIN
        )
        page.put(_waits(gate, age(gate.proposed_at, now)), indent=2)
        for subject in gate.subjects:
            key, row_id, generation = subject.rsplit(" ", 2)
            told = f"generation {generation}{f'  {row_id}' if paper.wide else ''}"
            page.put_beside(key, Style.PLAIN, told, Style.PLAIN, indent=4)
    return str(page)


def _waits(gate: OpenGate, since: str) -> str:
    until = f" until {gate.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if gate.expires_at else ""
    if gate.approved_at is None:
        return f"proposed {since} ago, waits{until} for `reconciler approve {gate.digest}`"
    return f"approved by {gate.approved_by}{until}; waits for the pass that uses it"


def _document(gates: Sequence[OpenGate]) -> dict[str, object]:
    from reconciler.report.wire import VERSION, encode

    return {"apiVersion": VERSION, "kind": "GateList", "items": encode(list(gates))}
