"""Names that there are at this moment, to complete a word of the command line.

Nothing that goes wrong here is told: whoever presses Tab is in the midst of a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click
from click.shell_completion import CompletionItem

from reconciler.settings import Settings

_KINDS: Final = {"user": "User", "workflow": "Workflow"}


def keys(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete `Workflow/cmu-1`."""
    return _beginning(incomplete, _known(ctx))


def workflows(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the name of a workflow."""
    return _beginning(incomplete, _of_kind("Workflow", _known(ctx)))


def listed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the name of what `get` lists, or more of KIND/NAME; jobs are not known by name."""
    what, one = ctx.params.get("what") or ("", "")
    if one:
        return keys(ctx, param, incomplete)
    kind = _KINDS.get(what.removesuffix("s"), "")
    return _beginning(incomplete, _of_kind(kind, _known(ctx))) if kind else []


def described(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete what `describe` is asked for: `Workflow/cmu-1`, or a kind and then a name."""
    said = ctx.params.get("words") or ()
    if not said:
        return _beginning(incomplete, [*_KINDS, *_known(ctx)])
    kind = _KINDS.get(str(said[0]).lower().removesuffix("s"), "")
    return _beginning(incomplete, _of_kind(kind, _known(ctx))) if kind and len(said) == 1 else []


def digests(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the digest of a set that waits for approval."""
    from reconciler import app

    return _beginning(incomplete, app.open_digests(_settings(ctx)))


def explained(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete a word that `explain` knows; no server is asked."""
    from reconciler.desired.fields import kinds
    from reconciler.report.glossary import entries
    from reconciler.settings import OPTIONS

    words = {entry.word for entry in entries()} | {option.name for option in OPTIONS}
    return _beginning(incomplete, words | {field.path for kind in kinds() for field in kind.walk()})


def folders(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows folders."""
    return [CompletionItem(incomplete, type="dir")]


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows files."""
    return [CompletionItem(incomplete, type="file")]


def _known(ctx: click.Context) -> Iterable[str]:
    from reconciler import app

    return app.known_keys(_settings(ctx))


def _settings(ctx: click.Context) -> Settings:
    """Read the settings, with the flags that stand on the line so far."""
    from reconciler.settings import load_settings

    return load_settings(ctx.params)


def _of_kind(kind: str, known: Iterable[str]) -> Iterable[str]:
    return (key.removeprefix(f"{kind}/") for key in known if key.startswith(f"{kind}/"))


def _beginning(incomplete: str, words: Iterable[str]) -> list[CompletionItem[str]]:
    start = incomplete.casefold()
    return [CompletionItem(word) for word in sorted(words) if word.casefold().startswith(start)]
