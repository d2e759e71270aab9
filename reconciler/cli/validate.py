"""`reconciler validate`: every mistake in the manifests, without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler import __version__
from reconciler.cli.grammar import Command
from reconciler.cli.options import FOLDER, takes
from reconciler.cli.output import Form, Paper, View, show, show_document
from reconciler.cli.streams import write
from reconciler.cli.terminal import note, progress
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.app import Validation
    from reconciler.report.diagnostics import Diagnostics


_TEXT: Final = "text"
_GITHUB: Final = "github"
_SARIF: Final = "sarif"
_FORMS: Final = (_TEXT, *Form, _GITHUB, _SARIF)


@click.command(
    "validate",
    cls=Command,
    examples="""
        reconciler validate
        reconciler validate study-7 users.yaml
        envsubst < study.yaml.in | reconciler validate -
        reconciler validate -o json | jq '.diagnostics[].where'
        reconciler validate -o name      the files that have mistakes
        reconciler validate -o sarif > reconciler.sarif

    A step of a GitHub workflow that marks the lines of a pull request, from the
    top of the repository:
        - run: reconciler validate -o github
    """,
)
@click.argument(
    "paths",
    nargs=-1,
    metavar="[PATH]...",
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(_FORMS, case_sensitive=False),
    default=_TEXT,
    metavar="FORM",
    help="How it is shown: text, json, yaml, name, github (annotations of a run) or sarif (2.1.0).",
)
@takes(*FOLDER)
def command(settings: Settings, paths: tuple[Path, ...], form: str) -> int:
    """Check manifests: files, folders, - for stdin; by default the folder of the settings.

    Needs neither PostgreSQL nor Redis. All mistakes are told in one run, each with its place and, where one
    can be had, the cure. Exits 1 when there is a mistake; warnings alone exit 0.
    """
    from reconciler import app
    from reconciler.report.diagnostics import Diagnostics

    with progress() as told:
        validation = app.validate(settings, paths, told)
    told_of = sorted((*validation.desired.diagnostics, *validation.warnings), key=lambda one: one.where)
    found = Diagnostics.of(told_of)
    _show(validation, found, form)
    return 0 if _valid(validation, found) else 1


def _show(validation: Validation, found: Diagnostics, form: str) -> None:
    gaps = () if found.errors else validation.desired.gaps
    if form == _GITHUB:
        from reconciler.report.github import render_github

        write(render_github(found.diagnostics, gaps))
    elif form == _SARIF:
        from reconciler.report.sarif import to_sarif

        show_document(to_sarif(found.diagnostics, __version__, gaps), Form.JSON)
    else:
        view = View(
            lambda paper: _text(validation, found, paper),
            lambda: _document(validation, found),
            lambda: _files_with_errors(found),
        )
        show(view, Form.TABLE if form == _TEXT else form)
        if found.diagnostics and form == _TEXT and sys.stdout.isatty():
            note(f"`reconciler explain {found.diagnostics[0].code}` tells more of a code")


def _valid(validation: Validation, found: Diagnostics) -> bool:
    """Whether everything was read and understood; a folder without a manifest is likely not the one meant."""
    return not found.errors and not validation.desired.gaps


def _text(validation: Validation, found: Diagnostics, paper: Paper) -> str:
    from reconciler.report.diagnostics import render_text
    from reconciler.report.terminal import Page, Style

    page = Page(paper.coloured, paper.width)
    if not found.errors:
        for gap in validation.desired.gaps:
            page.put(gap, Style.RED)
    valid = _valid(validation, found)
    page.put(f"{_read(validation)}: {'valid' if valid else 'not valid'}", Style.GREEN if valid else Style.RED)
    mistakes = render_text(found.diagnostics, color=paper.coloured, width=paper.width)
    return f"{mistakes}{page}"


def _read(validation: Validation) -> str:
    resources = len(validation.desired.manifests) + len(validation.desired.refused)
    return f"{_many(validation.files, 'file')}, {_many(resources, 'resource')}"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _document(validation: Validation, found: Diagnostics) -> dict[str, Any]:
    from reconciler.report.diagnostics import to_json

    document = to_json(found.diagnostics)
    document["kind"] = "Validation"
    return {
        **document,
        "valid": _valid(validation, found),
        "read": validation.files,
        "resources": len(validation.desired.manifests) + len(validation.desired.refused),
        "gaps": list(validation.desired.gaps),
    }


def _files_with_errors(found: Diagnostics) -> Iterator[str]:
    from reconciler.desired import Severity

    yield from dict.fromkeys(one.where.path for one in found.diagnostics if one.severity is Severity.ERROR)
