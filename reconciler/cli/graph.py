"""`reconciler graph`: a workflow's jobs as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from reconciler.cli import known
from reconciler.cli.grammar import Command
from reconciler.cli.options import DATABASE, FOLDER, takes
from reconciler.cli.output import Form, paper_of
from reconciler.cli.streams import write
from reconciler.cli.terminal import note, progress
from reconciler.errors import ReconcilerError, StoreUnavailable
from reconciler.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.report.graph import Picture

_FORMS: Final = ("text", "svg", "mermaid", "dot")


@click.command(
    "graph",
    cls=Command,
    examples="""
        reconciler graph cmu-1-nuclei
        reconciler graph cmu-1-nuclei -o svg > cmu-1-nuclei.svg
        reconciler graph cmu-1-nuclei -o mermaid      for a page on GitHub or GitLab
        reconciler graph cmu-1-nuclei -o dot | dot -Tpdf > cmu-1-nuclei.pdf
        reconciler graph cmu-1-nuclei --declared      before a pass has made the rows
    """,
)
@click.argument("workflow", shell_complete=known.workflows)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(_FORMS, case_sensitive=False),
    default=_FORMS[0],
    help="How it is drawn: text, svg, mermaid or dot.",
    metavar="FORM",
)
@click.option("--declared", is_flag=True, help="As the manifests say, whatever the rows are.")
@takes(*FOLDER, *DATABASE)
def command(settings: Settings, workflow: str, form: str, *, declared: bool) -> int:
    """Draw the jobs of a workflow: which wait for which, branch by branch.

    From the rows, each job with its status; with --declared, or where there is no PostgreSQL to talk to, from
    the manifests. Text is a drawing where it fits into the terminal, else a list, layer by layer.
    """
    from reconciler.resources import Cycle

    picture = None if declared else _from_rows(settings, workflow)
    try:
        write(f"{_drawn(picture or _from_manifests(settings, workflow), form)}\n")
    except Cycle as error:
        raise ReconcilerError(
            "the jobs wait for one another in a circle",
            where=workflow,
            why=f"the rows say {error}",
            fix="take one of the steps out of parent_ids_json, or let a pass put the rows back",
        ) from error
    return 0


def _drawn(picture: Picture, form: str) -> str:
    from reconciler.report import graph

    match form:
        case "svg":
            return graph.render_svg(picture)
        case "mermaid":
            return graph.render_mermaid(picture)
        case "dot":
            return graph.render_dot(picture)
        case _:
            return graph.render_text(picture, paper_of(Form.TABLE))


def _from_rows(settings: Settings, name: str) -> Picture | None:
    """Read the rows; None when there is no PostgreSQL that they could be in."""
    from reconciler import app

    try:
        app.locate(settings)
    except StoreUnavailable:
        note("no PostgreSQL to talk to: drawn from the manifests")
        return None
    from reconciler.report.graph import GraphJob, Picture
    from reconciler.resources import Kind
    from reconciler.store.list import list_jobs
    from reconciler.store.wanted import Wanted

    with app.desk(settings) as connection:
        jobs = list(list_jobs(connection, Wanted(settings.instance, workflows=(name,))))
    if not jobs:
        known = app.names(settings, Kind.WORKFLOW, name)
        raise _unknown(name, known, f"the rows of the instance {settings.instance}")
    drawn = (GraphJob(job.name, job.job_type, job.branch_id, job.needs, job.status) for job in jobs)
    return Picture.of(name, "from the rows", drawn)


def _from_manifests(settings: Settings, name: str) -> Picture:
    from reconciler import app
    from reconciler.report.graph import GraphJob, Picture
    from reconciler.resources import Kind, ResourceKey, Workflow

    with progress() as told:
        desired = app.validate(settings, progress=told).desired
    key = ResourceKey(Kind.WORKFLOW, name)
    if key in desired.refused:
        refusal = desired.refused[key].diagnostic
        fix = "`reconciler validate` shows it"
        raise ReconcilerError(
            "the manifest has a mistake", where=str(refusal.where), why=refusal.summary, fix=fix
        )
    resource = desired.manifests[key].resource if key in desired.manifests else None
    if not isinstance(resource, Workflow):
        known = [one.name for one in desired.manifests if one.kind is Kind.WORKFLOW]
        raise _unknown(name, known, str(settings.manifests))
    return Picture.of(name, "from the manifests", map(GraphJob.declared, resource.jobs))


def _unknown(name: str, known: Iterable[str], where: str) -> ReconcilerError:
    from reconciler.desired.suggest import did_you_mean

    fix = (
        did_you_mean(name, known) or "`reconciler get workflows` lists the rows, --declared draws a manifest"
    )
    return ReconcilerError(f"there is no workflow {name!r} with jobs", where=where, fix=fix)
