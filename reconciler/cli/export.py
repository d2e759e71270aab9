"""`reconciler export`: rows as manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.arguments import KeyType
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, takes
from reconciler.cli.output import Form, Table, View, show
from reconciler.cli.streams import write
from reconciler.cli.terminal import note, progress
from reconciler.cli.unknown import likeliest
from reconciler.errors import ReconcilerError, UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.plan.export import Unwritable, Written
    from reconciler.ports import Progress
    from reconciler.resources import ResourceKey

_STDOUT: Final = "-"
_TOLD: Final = 20
"""How many are told one by one on stderr before they are only counted; `-o json` has them all."""


@click.command(
    "export",
    cls=Command,
    examples="""
        reconciler export > everything.yaml
        reconciler export --out manifests
        reconciler export Workflow/cmu-1-nuclei User/ada
        reconciler export --unmanaged -o name       what there is to adopt
        reconciler export --unmanaged --out manifests/adopted

    To adopt a database that others filled:
        reconciler db upgrade
        reconciler export --unmanaged --out manifests
        reconciler plan
        reconciler apply
    """,
)
@click.argument("keys", nargs=-1, type=KeyType(), metavar="[KIND/NAME]...")
@click.option(
    "--out",
    metavar="DIR",
    default=_STDOUT,
    help="Write a file for each, to users/ and workflows/ in this folder. [default: -, stdout]",
)
@click.option("--unmanaged", is_flag=True, help="Only rows that no instance manages.")
@click.option("--force", is_flag=True, help="Replace files that are there and say something else.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice([*Form], case_sensitive=False),
    metavar="FORM",
    help="List what is exported: table, wide, json, yaml or name; without --out, nothing is written then.",
)
@takes(*DATABASE)
def command(settings: Settings, keys: tuple[ResourceKey, ...], form: str | None, **where: Any) -> int:  # noqa: ANN401
    """Write manifests from rows: those of this instance, and those that nobody manages.

    Equal rows give equal bytes, and what is written plans without a change. A row that a manifest would not
    find by its name is named by its id, in the annotation reconciler/adopt: then applying it gives the row
    the manifest's name. What only manifests hold, comments and annotations, is not in the rows.

    Exits 1 when a row can't be declared by a manifest, or is not there; it says which and why.
    """
    if not where["out"]:
        raise UsageError("the folder has no name", where="--out", fix="name one, or . for this one")
    goods = _gather(settings, keys, unmanaged=where["unmanaged"])
    folder = None if where["out"] == _STDOUT else Path(where["out"])
    files = _place(goods.written, folder) if folder else {}
    if folder:
        _put(goods.written, files, force=where["force"])
    if form or folder:
        table = _table(goods)
        view = View(table.text, lambda: _document(goods, files), goods.names, lambda: table.left_out)
        show(view, form or Form.TABLE)
    else:
        from reconciler.desired.write import write_stream

        write(write_stream(one.text for one in goods.written))
    _tell(goods)
    return 1 if goods.unwritable or goods.missing else 0


@dataclass(frozen=True, slots=True)
class _Goods:
    """What came of an export."""

    written: list[Written]
    unwritable: list[Unwritable]
    missing: list[ResourceKey]
    known: Sequence[ResourceKey]
    elsewhere: int

    def names(self) -> Iterator[str]:
        """Give what is declared, one by one."""
        return (str(one.key) for one in self.written)


def _gather(settings: Settings, keys: Sequence[ResourceKey], *, unmanaged: bool) -> _Goods:
    from reconciler import app
    from reconciler.plan.export import Export, Written
    from reconciler.store.holdings import one_moment, read_holdings

    with app.desk(settings) as connection, one_moment(connection), progress() as told:
        export = Export(
            read_holdings(connection), settings.instance, frozenset(keys) or None, unmanaged=unmanaged
        )
        everything = [*export.users(), *_workflows(export, connection, told)]
    found = {one.key for one in everything}
    return _Goods(
        [one for one in everything if isinstance(one, Written)],
        [one for one in everything if not isinstance(one, Written)],
        [key for key in keys if key not in found],
        sorted(export.keys.values()),
        0 if keys else export.elsewhere,
    )


def _workflows(export: Any, connection: Any, told: Progress | None) -> Iterator[Written | Unwritable]:  # noqa: ANN401
    from reconciler.store.holdings import read_stored_jobs

    wanted = export.workflows
    for done, (row_id, jobs) in enumerate(read_stored_jobs(connection, wanted), 1):
        yield export.workflow(row_id, jobs)
        if told:
            told("write", done, len(wanted))


# --- files --------------------------------------------------------------------------------------------


def _place(written: Sequence[Written], folder: Path) -> dict[ResourceKey, Path]:
    """Say where each goes; a name that would be an editor's leftover to a pass gives way to the row's id."""
    from reconciler.sources.names import is_manifest

    return {
        one.key: folder
        / f"{one.key.kind.lower()}s"
        / (name if is_manifest(name := f"{one.key.name}.yaml") else f"{one.row_id}.yaml")
        for one in written
    }


def _put(written: Sequence[Written], files: Mapping[ResourceKey, Path], *, force: bool) -> None:
    from reconciler.cli.files import differing, write_files
    from reconciler.report.terminal import many

    texts = {files[one.key]: one.text for one in written}
    if not force and (others := differing(texts)):
        listed = ", ".join(map(str, others[:_TOLD])) + (", …" if len(others) > _TOLD else "")
        raise ReconcilerError(
            f"{many(len(others), 'file')} would be replaced, nothing was written",
            where=listed,
            why="they are there, and say something else than the rows",
            fix="name an empty folder with --out, or replace them with --force",
        )
    changed = write_files(texts)
    note(f"{many(len(changed), 'file')} written, {len(texts) - len(changed):,} as they were")


# --- what is told -------------------------------------------------------------------------------------


def _table(goods: _Goods) -> Table[Written]:
    from reconciler.report.cells import Keep
    from reconciler.report.table import Column

    layout: list[Column[Written]] = [
        Column("MANIFEST", lambda one: str(one.key), keep=Keep.ENDS),
        Column("ROW", _state, rank=1, least=16),
        Column("ID", lambda one: str(one.row_id), wide=True),
    ]
    return Table(goods.written, layout)


def _state(one: Written) -> str:
    if one.managed:
        return "managed"
    return (
        "nobody's"
        if one.called is None
        else f"nobody's, called {one.called!r}"
        if one.called
        else "nobody's, no name"
    )


def _document(goods: _Goods, files: Mapping[ResourceKey, Path]) -> dict[str, Any]:
    from reconciler.report.wire import VERSION

    return {
        "apiVersion": VERSION,
        "kind": "Export",
        "items": [
            {
                "key": str(one.key),
                "row_id": str(one.row_id),
                "managed": one.managed,
                "called": one.called,
                "left": one.left,
                "path": str(files[one.key]) if one.key in files else None,
            }
            for one in goods.written
        ],
        "unwritable": [
            {
                "key": str(one.key),
                "row_id": str(one.row_id),
                "called": one.called,
                "reason": one.reason,
                "fix": one.fix,
            }
            for one in goods.unwritable
        ],
        "missing": [str(key) for key in goods.missing],
        "elsewhere": goods.elsewhere,
    }


def _tell(goods: _Goods) -> None:
    """Say on stderr what the manifests don't: what was left out, and what applying them would rename."""
    from reconciler.report.terminal import many

    _some(_renamed(one) for one in goods.written if one.called is not None)
    _some(
        f"{one.key}: left out beneath it: {many(one.left, 'job')} that nobody manages"
        for one in goods.written
        if one.left
    )
    _some(
        f"left out: {one.key}, row {one.row_id}{_called(one)}: {one.reason}; {one.fix}"
        for one in goods.unwritable
    )
    _some(_not_found(key, goods.known) for key in goods.missing)
    if goods.elsewhere:
        note(f"left out: {many(goods.elsewhere, 'row')} of other instances")
    if not (goods.written or goods.unwritable or goods.missing):
        note("there is nothing to export")


def _not_found(key: ResourceKey, known: Sequence[ResourceKey]) -> str:
    names = (one.name for one in known if one.kind == key.kind)
    return f"not found: {key}; {likeliest(key, names, 'reconciler export -o name')}"


def _renamed(one: Written) -> str:
    called = f"is called {one.called!r}" if one.called else "has no name"
    return f"{one.key}: row {one.row_id} {called}; applying the manifest gives it this name"


def _called(one: Unwritable) -> str:
    return f", called {one.called!r}" if one.called is not None else ""


def _some(lines: Iterable[str]) -> None:
    from reconciler.report.terminal import harmless

    rest = iter(lines)
    for line in islice(rest, _TOLD):
        note(harmless(line))
    if more := sum(1 for _ in rest):
        note(f"and {more:,} more: -o json lists them")
