"""The program as a whole: which commands there are, in which order, and where each is found."""

from __future__ import annotations

from typing import Final

import click

from reconciler import __version__
from reconciler.cli.grammar import Group

NAME: Final = "reconciler"

SECTIONS: Final = {
    "Reconcile": ("run", "apply", "plan", "validate"),
    "Look": ("status", "get", "graph"),
    "Steer": ("reconcile", "approve", "suspend", "resume"),
    "Set up": ("db", "config", "schema", "version"),
}


@click.group(
    NAME,
    cls=Group,
    sections=SECTIONS,
    epilog="`reconciler COMMAND --help` tells more, with examples.",
)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
def program() -> None:
    """Keep PostgreSQL equal to a folder of YAML manifests.

    Users and workflows are declared as YAML; the daemon keeps the rows equal to the files, and shows in
    Redis how things stand.
    """
