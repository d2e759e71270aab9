"""`reconciler completion`: what makes a shell complete commands, options, and names that there are."""

from __future__ import annotations

from typing import Final

import click

from reconciler.cli.grammar import COMPLETE, NAME, Command
from reconciler.cli.streams import write

_SHELLS: Final = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Command,
    examples="""
        eval "$(reconciler completion bash)"                  in ~/.bashrc
        eval "$(reconciler completion zsh)"                   in ~/.zshrc, after compinit
        reconciler completion fish > ~/.config/fish/completions/reconciler.fish
        reconciler completion bash > /etc/bash_completion.d/reconciler     for everybody
    """,
)
@click.argument("shell", type=click.Choice(_SHELLS), metavar="bash|zsh|fish")
def command(shell: str) -> None:
    """Print the script that makes a shell complete what is typed after `reconciler`.

    Besides commands, options and their choices it completes the names of users, workflows, jobs and sets that
    wait for approval, as they are at that moment: from PostgreSQL, or else from the manifests.
    The shell has to find `reconciler` by that name: in a clone, after `. .venv/bin/activate`.
    """
    from click.shell_completion import get_completion_class

    from reconciler.cli import shells

    shells.prepare()
    known = get_completion_class(shell)
    context = click.get_current_context()
    if known is not None:
        write(known(context.find_root().command, {}, NAME, COMPLETE).source())
