"""The program as a whole: which commands there are, in which order, and where each is found."""

from __future__ import annotations

from typing import Final

import click

from reconciler import __version__
from reconciler.cli.grammar import NAME, Group, tell_and_end

SECTIONS: Final = {
    "Reconcile": ("run", "apply", "plan", "diff", "validate"),
    "Look": ("status", "get", "describe", "graph", "history", "events", "explain"),
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
    "lookup": "explain",
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


_WRITE: Final = "write a manifest into the folder; `reconciler init` writes examples"
_EDIT: Final = "edit its manifest: `reconciler describe` says where it stands"
_REMOVE: Final = "take its manifest away; `reconciler plan --prune` shows what would go with it"
_REVERT: Final = "bring the manifest back as it was, with git; `reconciler history` shows what passes changed"

_INSTEAD: Final = {
    "add": _WRITE,
    "create": _WRITE,
    "delete": _REMOVE,
    "destroy": _REMOVE,
    "edit": _EDIT,
    "patch": _EDIT,
    "remove": _REMOVE,
    "revert": _REVERT,
    "rm": _REMOVE,
    "rollback": _REVERT,
    "set": _EDIT,
    "undo": _REVERT,
    "update": _EDIT,
}
"""What others do by a command is done here by a file."""


def _tell_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    if value and not ctx.resilient_parsing:
        tell_and_end(ctx, f"{NAME} {__version__}\n")


@click.group(
    NAME,
    cls=Group,
    sections=SECTIONS,
    elsewhere=_ELSEWHERE,
    instead=_INSTEAD,
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
