"""`reconciler diff`: what is declared against what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.arguments import KeyType
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, FOLDER, POLICY, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note, progress
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report.diff import Differences
    from reconciler.resources import ResourceKey

_DIFFERS: Final = 1
_FAILED: Final = 2


@click.command(
    "diff",
    cls=Command,
    failed=_FAILED,
    examples="""
        reconciler diff Workflow/cmu-1-nuclei
        reconciler diff                                everything that differs
        reconciler diff User/ada Workflow/cmu-1-nuclei && echo as declared
        reconciler diff -o name                        the names of what differs
        reconciler diff -o json | jq '.items[].jobs'
    """,
)
@click.argument("keys", nargs=-1, type=KeyType(), metavar="[KIND/NAME]...")
@output_option
@takes(*FOLDER, *DATABASE, *POLICY)
def command(settings: Settings, keys: tuple[ResourceKey, ...], form: str) -> int:
    """Show what differs between rows and manifests, as a unified diff of YAML.

    Lines with - are what is there, lines with + what the manifest says instead. Without KIND/NAME everything
    that differs is shown. What has no manifest, or no row, is compared with nothing. Nothing is written.

    Exits 0 when nothing differs, 1 when something does, and 2 when it can't be told, as diff does.
    """
    from reconciler import app
    from reconciler.report.terminal import many

    with progress() as told:
        found = app.compare(settings, keys, told)
    show(_view(found, app.shown_root(settings)), form)
    if found.mistakes:
        note(f"{many(found.mistakes, 'mistake')} in the manifests: `reconciler validate` shows where")
    elif not found.items:
        note("nothing differs")
    missed = found.mistakes and not keys
    return _DIFFERS if missed or any(one.differs for one in found.items) else 0


def _view(found: Differences, root: str) -> View:
    return View(
        lambda paper: _text(found, root, paper),
        lambda: _document(found),
        lambda: (str(one.key) for one in found.items if one.differs),
    )


def _text(found: Differences, root: str, paper: Paper) -> str:
    from reconciler.report.diff_text import render_differences
    from reconciler.report.plan_text import Manner

    return render_differences(found.items, Manner(paper, root))


def _document(found: Differences) -> dict[str, Any]:
    from reconciler.report.wire import document

    return {**document(found), "kind": "DifferenceList"}
