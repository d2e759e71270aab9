"""`reconciler version`: which version this is, and of what it is made."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from typing import Final

import click

from reconciler import __version__
from reconciler.cli.grammar import Command
from reconciler.cli.output import Paper, View, output_option, show

_LIBRARIES: Final = ("alembic", "apscheduler", "psycopg", "redis", "sqlalchemy", "watchfiles")


@click.command(
    "version",
    cls=Command,
    examples="""
        reconciler version
        reconciler version -o wide    with the libraries that it runs on
    """,
)
@output_option
def command(form: str) -> None:
    """Tell the version."""
    show(View(_text, _document, lambda: [__version__]), form)


def _text(paper: Paper) -> str:
    first = f"reconciler {__version__}"
    if not paper.wide:
        return first
    return "\n".join([first, *(f"{name} {version}" for name, version in _parts())])


def _document() -> dict[str, object]:
    return {
        "apiVersion": "reconciler/v1",
        "kind": "Version",
        "version": __version__,
        "parts": dict(_parts()),
    }


def _parts() -> Iterator[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    yield "python", platform.python_version()
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
