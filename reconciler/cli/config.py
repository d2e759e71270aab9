"""`reconciler config`: every setting, its value, and who said so."""

from __future__ import annotations

import click

from reconciler.cli.grammar import Command
from reconciler.cli.options import EVERYTHING, takes
from reconciler.cli.output import Table, View, output_option, show
from reconciler.settings import OPTIONS, Settings, Shown

_HELP = {option.name: option.help for option in OPTIONS}
_VARIABLES = {option.name: option.environment[0] for option in OPTIONS}


@click.command(
    "config",
    cls=Command,
    examples="""
        reconciler config
        RECONCILER_INTERVAL=5s reconciler config    shows where each word came from
        reconciler config -o wide                   with what each setting is for
    """,
)
@output_option
@takes(*EVERYTHING)
def command(settings: Settings, form: str) -> None:
    """Show each setting, its value, and where it comes from.

    Flags go before the environment, that before reconciler.toml, and that before the defaults. Secrets are
    masked.
    """
    lines = list(settings.shown())
    table = _table(lines)
    names = [one.name for one in lines]
    show(View(table.text, lambda: _document(lines), lambda: names, lambda: table.left_out), form)


def _table(lines: list[Shown]) -> Table[Shown]:
    from reconciler.report.cells import Keep
    from reconciler.report.table import Column

    layout: tuple[Column[Shown], ...] = (
        Column("SETTING", lambda one: one.name),
        Column("VALUE", lambda one: one.value, rank=1, least=24, keep=Keep.ENDS),
        Column("FROM", lambda one: one.origin, rank=2, least=12),
        Column("VARIABLE", lambda one: _VARIABLES[one.name], wide=True),
        Column("MEANING", lambda one: _HELP[one.name], wide=True),
    )
    return Table(lines, layout)


def _document(lines: list[Shown]) -> dict[str, object]:
    from reconciler.report.wire import VERSION, encode

    return {"apiVersion": VERSION, "kind": "Settings", "settings": encode(lines)}
