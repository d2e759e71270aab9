"""The program as a whole: which commands there are, in which order, and where each is found."""

from __future__ import annotations

from typing import Final

import click

from reconciler import __version__
from reconciler.cli.grammar import NAME, Group, tell_and_end

SECTIONS: Final = {
    "Reconcile": ("run", "apply", "plan", "diff", "validate"),
    "Look": ("status", "get", "describe", "graph", "history", "events"),
    "Steer": ("reconcile", "approve", "suspend", "resume"),
    "Write": ("init", "export", "schema"),
    "Set up": ("doctor", "db", "token", "config", "completion", "version"),
}

_ELSEWHERE: Final = {
    "check": "validate",
    "dump": "export",
    "inspect": "describe",
    "lint": "validate",
    "list": "get",
    "log": "history",
    "logs": "events",
    "ls": "get",
    "migrate": "db upgrade",
    "new": "init",
    "pause": "suspend",
    "ps": "status",
    "serve": "run",
    "settings": "config",
    "show": "describe",
    "start": "run",
    "sync": "reconcile",
    "top": "status --watch",
    "unpause": "resume",
    "upgrade": "db upgrade",
    "watch": "status --watch",
}
"""What kubectl, Terraform, Flux, systemctl and git call what we have by another name."""


def _tell_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    if value and not ctx.resilient_parsing:
        tell_and_end(ctx, f"{NAME} {__version__}\n")


@click.group(
    NAME,
    cls=Group,
    sections=SECTIONS,
    elsewhere=_ELSEWHERE,
    examples="""
        reconciler init              a folder to begin with
        reconciler run --embedded    the daemon; PostgreSQL and Redis come along
        reconciler status            how things stand, in a second terminal
        reconciler doctor            what is in the way, and what to do
    """,
    epilog="`reconciler COMMAND --help` tells more, with examples.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_tell_version,
    help="Show the version.",
)
def program() -> None:
    """Keep PostgreSQL equal to a folder of YAML manifests.

    Users and workflows are declared as YAML; the daemon keeps the rows equal to the files, and shows in
    Redis how things stand.
    """
