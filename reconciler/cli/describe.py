"""`reconciler describe`: one resource, or one job, with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Never

import click

from reconciler.cli import known
from reconciler.cli.grammar import Command
from reconciler.cli.options import BOARD, FOLDER, takes
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.unknown import likely
from reconciler.errors import ReconcilerError, UsageError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report.description import Description, JobDescription
    from reconciler.report.plan_text import Manner
    from reconciler.resources import ResourceKey

_KINDS: Final = {
    "user": "User",
    "users": "User",
    "workflow": "Workflow",
    "workflows": "Workflow",
    "job": "Job",
    "jobs": "Job",
}
_SHAPES: Final = "give KIND/NAME: User/ada, Workflow/cmu-1, Job/cmu-1/tile"


@click.command(
    "describe",
    cls=Command,
    examples="""
        reconciler describe Workflow/cmu-1-nuclei
        reconciler describe workflow cmu-1-nuclei      the same
        reconciler describe user test_user
        reconciler describe job cmu-1-nuclei/tile
        reconciler describe Workflow/cmu-1-nuclei -o wide
        reconciler describe Workflow/cmu-1-nuclei -o json | jq .item.standing
    """,
)
@click.argument(
    "words", nargs=-1, required=True, metavar="KIND/NAME | KIND NAME", shell_complete=known.described
)
@output_option
@takes(*FOLDER, *BOARD)
def command(settings: Settings, words: tuple[str, ...], form: str) -> int:
    """Show all that is known of a user, a workflow or a job.

    How it stands and why, the mistakes of its file with their lines, its jobs with what they wait for, what
    passes changed of it, and what happened to it. A job is named by its workflow: WORKFLOW/JOB.
    """
    from reconciler import app
    from reconciler.daemon.clock import SystemClock

    key, job = _target(words)
    told = app.describe(settings, key)
    if told is None:
        _refuse_unknown(settings, key)
    now, root = SystemClock().now(), app.shown_root(settings, app.source_on_record(settings))
    show(_view_of_job(told, job, now, root) if job else _view(told, now, root), form)
    return 0


def _target(words: Sequence[str]) -> tuple[ResourceKey, str]:
    """Read what is named: a resource, and the name of one of its jobs or ""."""
    from reconciler.resources import Kind, ResourceKey

    kind, _, rest = words[0].partition("/")
    name = "/".join([*([rest] if rest else []), *words[1:]])
    named = _KINDS.get(kind.lower())
    if named is None or not name:
        _refuse_half(kind, words)
    if named != "Job":
        return ResourceKey(Kind(named), name), ""
    workflow, _, job = name.partition("/")
    if not job:
        raise UsageError("a job is named by its workflow", where=name, fix=f"give WORKFLOW/JOB: {name}/tile")
    return ResourceKey(Kind.WORKFLOW, workflow), job


def _refuse_half(kind: str, words: Sequence[str]) -> Never:
    """Refuse a name without a kind, a kind without a name, or a kind that is none."""
    from reconciler.desired.suggest import closest, did_you_mean

    name = "/".join([*words[0].split("/")[1:], *words[1:]])
    if name and kind.lower() not in _KINDS:
        near = closest(kind.lower(), _KINDS)
        fix = f"did you mean {_KINDS[near]}/{name}?" if near else _SHAPES
        raise UsageError(f"there is no kind {kind!r}", where=" ".join(words), fix=fix)
    hint = "" if kind.lower() in _KINDS else did_you_mean(kind.lower(), _KINDS)
    if words == (kind,) and not hint and kind.lower() not in _KINDS:
        raise UsageError(
            f"{kind!r} is named without its kind", fix=f"give KIND/NAME: Workflow/{kind}, User/{kind}"
        )
    raise UsageError(
        "this names nothing",
        where=" ".join(words),
        fix=hint or _SHAPES,
    )


def _refuse_unknown(settings: Settings, key: ResourceKey) -> Never:
    raise ReconcilerError(
        f"there is no {key}", where=f"instance {settings.instance}", fix=likely(settings, key)
    )


def _view(told: Description, now: datetime, root: str) -> View:
    from reconciler.report.description import description_document

    return View(
        lambda paper: _text(told, now, _manner(paper, root)),
        lambda: description_document(told),
        lambda: [str(told.key)],
    )


def _view_of_job(workflow: Description, name: str, now: datetime, root: str) -> View:
    from reconciler.desired.suggest import did_you_mean
    from reconciler.report.description import description_document

    told = workflow.job(name)
    if told is None:
        raise ReconcilerError(
            f"{workflow.key} has no job {name!r}",
            fix=did_you_mean(name, [job.name for job in workflow.jobs])
            or f"`reconciler get jobs -w {workflow.key.name}` lists them",
        )
    return View(
        lambda paper: _text(told, now, _manner(paper, root)),
        lambda: description_document(told),
        lambda: [f"{told.job.workflow}/{told.job.name}"],
    )


def _manner(paper: Paper, root: str) -> Manner:
    from reconciler.report.plan_text import Manner

    return Manner(paper, root, done=True)


def _text(told: Description | JobDescription, now: datetime, manner: Any) -> str:  # noqa: ANN401 - imported when needed
    from reconciler.report.description import Description
    from reconciler.report.description_text import render_description, render_job

    if isinstance(told, Description):
        return render_description(told, now, manner)
    return render_job(told, now, manner)
