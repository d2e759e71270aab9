"""`reconciler version`: which version this is, and of what it is made."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Final

import click

from reconciler import __version__
from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, attempts
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.errors import UsageError
from reconciler.settings import Settings

_LIBRARIES: Final = ("alembic", "apscheduler", "psycopg", "redis", "sqlalchemy", "watchfiles")


@click.command(
    "version",
    cls=Command,
    examples="""
        reconciler version
        reconciler version -o wide    with libraries, and servers as far as they answer
    """,
)
@output_option
@attempts(*BOARD, "session_url")
def command(settings: Settings | UsageError, form: str) -> None:
    """Tell the version; with -o wide, json or yaml also those of libraries and servers.

    Servers that the settings name are asked, for a second at most; those that don't answer are left out.
    """
    view = View(lambda paper: _text(settings, paper), lambda: _document(settings), lambda: [__version__])
    show(view, form)


def _text(settings: Settings | UsageError, paper: Paper) -> str:
    first = f"reconciler {__version__}"
    if not paper.wide:
        return first
    parts = {**dict(_parts()), **_servers(settings)}
    return "\n".join([first, *(f"{name} {version}" for name, version in parts.items())])


def _document(settings: Settings | UsageError) -> dict[str, object]:
    return {
        "apiVersion": "reconciler/v1",
        "kind": "Version",
        "version": __version__,
        "parts": dict(_parts()),
        "servers": _servers(settings),
    }


def _servers(settings: Settings | UsageError) -> Mapping[str, str]:
    from reconciler import app

    return {} if isinstance(settings, UsageError) else app.server_versions(settings)


def _parts() -> Iterator[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    yield "python", platform.python_version()
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
