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
    return beginning(incomplete, _known(ctx))


def workflows(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the name of a workflow."""
    return beginning(incomplete, _of_kind("Workflow", _known(ctx)))


def listed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the name of what `get` lists, or more of KIND/NAME; jobs are known by their workflow."""
    what, one = ctx.params.get("what") or ("", "")
    if one:
        return keys(ctx, param, incomplete)
    if what == "jobs":
        chosen = ctx.params.get("workflows") or ()
        return beginning(incomplete, [job for workflow in chosen for job in _jobs(ctx, workflow)])
    kind = _KINDS.get(what.removesuffix("s"), "")
    return beginning(incomplete, _of_kind(kind, _known(ctx))) if kind else []


def described(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete what `describe` takes: `Workflow/cmu-1`, `Job/cmu-1/tile`, or a kind and then a name."""
    said = ctx.params.get("words") or ()
    if not said:
        kind, slash, rest = incomplete.partition("/")
        if slash and kind.lower() == "job":
            return beginning(incomplete, (f"{kind}/{name}" for name in _of_jobs(ctx, rest)))
        return beginning(incomplete, [*_KINDS, "job", *_known(ctx)])
    word = str(said[0]).lower().removesuffix("s")
    if len(said) > 1 or (word != "job" and word not in _KINDS):
        return []
    return beginning(
        incomplete, _of_jobs(ctx, incomplete) if word == "job" else _of_kind(_KINDS[word], _known(ctx))
    )


def digests(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the digest of a set that waits for approval."""
    from reconciler import app

    return beginning(incomplete, app.open_digests(_settings(ctx)))


def explained(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete a word that `explain` knows; no server is asked."""
    from reconciler.desired.fields import kinds
    from reconciler.report.glossary import entries
    from reconciler.settings import OPTIONS

    words = {entry.word for entry in entries()} | {option.name for option in OPTIONS}
    return beginning(incomplete, words | {field.path for kind in kinds() for field in kind.walk()})


def statuses(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete a status of a job or a workflow; whoever runs them is free to invent more."""
    from reconciler.resources import JobStatus, WorkflowStatus

    return beginning(incomplete, {*JobStatus, *WorkflowStatus})


def folders(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows folders."""
    return [CompletionItem(incomplete, type="dir")]


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows files."""
    return [CompletionItem(incomplete, type="file")]


def _known(ctx: click.Context) -> Iterable[str]:
    from reconciler import app

    return app.known_keys(_settings(ctx))


def _of_jobs(ctx: click.Context, incomplete: str) -> Iterable[str]:
    """Name workflows while several may be meant, then the jobs of the one that is, as `cmu-1/tile`."""
    workflow, slash, _ = incomplete.partition("/")
    if not slash:
        meant = beginning(incomplete, _of_kind("Workflow", _known(ctx)))
        if len(meant) != 1:
            return [item.value for item in meant]
        workflow = meant[0].value
    return (f"{workflow}/{job}" for job in _jobs(ctx, workflow))


def _jobs(ctx: click.Context, workflow: str) -> Iterable[str]:
    from reconciler import app

    return app.known_jobs(_settings(ctx), workflow)


def _settings(ctx: click.Context) -> Settings:
    """Read the settings, with the flags that stand on the line so far."""
    from reconciler.settings import load_settings

    return load_settings(ctx.params)


def _of_kind(kind: str, known: Iterable[str]) -> Iterable[str]:
    return (key.removeprefix(f"{kind}/") for key in known if key.startswith(f"{kind}/"))


def beginning(incomplete: str, words: Iterable[str]) -> list[CompletionItem[str]]:
    """Give the words that begin so; those that do but for their case only where there are no others.

    Else a shell would take away what was typed: `workflow` and `Workflow/cmu-1` have no beginning in common.
    """
    known = sorted(words)
    start = incomplete.casefold()
    exact = [word for word in known if word.startswith(incomplete)]
    return [CompletionItem(word) for word in exact or known if word.casefold().startswith(start)]
