"""One user or workflow: how it stands, and its picture."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from fastapi import Request, Response

from reconciler.report.graph import Graph, GraphJob, Picture, draw, dressed, render_svg
from reconciler.report.listing import Page, UserItem, WorkflowItem
from reconciler.report.wire import VERSION, document, encode
from reconciler.resources import Cycle
from reconciler.store.list import list_jobs, list_users, list_workflows
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import routes
from reconciler.web.asked import Name
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.problems import Fault, Problem, documented
from reconciler.web.replies import reply
from reconciler.web.shapes import SHAPES, answers

router = routes(Scope.READ, "resources", "/api/v1")

_PICTURES: Final = 64
"""How many pictures are remembered: of a workflow that is looked at, only statuses change."""
_SVG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "It.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
}
_GONE: Final = documented(404, 422)


@router.get("/users/{name}", summary="A user", responses=answers(SHAPES.whole(UserItem)) | _GONE)
def user(edges: UsingEdges, request: Request, name: Name) -> Response:
    """Give a user, and how it stands."""
    with edges.pool.connection() as connection:
        page = list_users(connection, Wanted(edges.instance, names=(name,)))
    return _only(request, page, f"User/{name}")


@router.get("/workflows/{name}", summary="A workflow", responses=answers(SHAPES.whole(WorkflowItem)) | _GONE)
def workflow(edges: UsingEdges, request: Request, name: Name) -> Response:
    """Give a workflow, how it stands, and how many of its jobs have which status.

    The jobs themselves are in its graph, or in `/jobs?workflow=`.
    """
    with edges.pool.connection() as connection:
        page = list_workflows(connection, Wanted(edges.instance, names=(name,)))
    return _only(request, page, f"Workflow/{name}")


def _only(request: Request, page: Page[UserItem] | Page[WorkflowItem], key: str) -> Response:
    for item in page:
        return reply(request, document(item))
    raise missing(key)


def missing(key: str) -> Problem:
    """Say that there is no such resource."""
    fault = Fault(404, "NotFound")
    return Problem(fault, "there is no such resource", where=key[:200], fix="look at the list of them")


@router.get("/workflows/{name}/graph", summary="Its picture", responses=answers(SHAPES.whole(Graph)) | _GONE)
def graph(edges: UsingEdges, request: Request, name: Name) -> Response:
    """Give the picture of its jobs as numbers: where each box and line is, in pixels, with the statuses.

    Rows that wait for one another in a circle have no picture: 409.
    """
    picture = _picture(edges, name)
    try:
        laid_out = _laid_out(_bare(picture))
    except Cycle as error:
        raise _circular(name, error) from error
    drawn = dressed(laid_out, {job.name: job for job in picture.jobs})
    return reply(request, {"apiVersion": VERSION, "kind": "Graph", **encode(drawn)})


@router.get("/workflows/{name}/graph.svg", summary="Its picture as SVG", responses=_SVG | _GONE)
def graph_svg(edges: UsingEdges, name: Name) -> Response:
    """Give the picture that `reconciler graph -o svg` draws."""
    try:
        return Response(render_svg(_picture(edges, name)), media_type="image/svg+xml")
    except Cycle as error:
        raise _circular(name, error) from error


def _picture(edges: Edges, name: str) -> Picture:
    with edges.pool.connection() as connection:
        jobs = list_jobs(connection, Wanted(edges.instance, workflows=(name,)))
    if not jobs.items:
        raise missing(f"Workflow/{name}")
    drawn = (GraphJob(job.name, job.job_type, job.branch_id, job.needs, job.status) for job in jobs)
    return Picture.of(name, "from the rows", drawn)


def _bare(picture: Picture) -> Picture:
    jobs = tuple(replace(job, status="") for job in picture.jobs)
    return Picture(picture.workflow, picture.source, jobs)


@lru_cache(_PICTURES)
def _laid_out(picture: Picture) -> Graph:
    return draw(picture)


def _circular(name: str, error: Cycle) -> Problem:
    fault = Fault(409, "Cycle")
    return Problem(
        fault,
        "the jobs wait for one another in a circle",
        where=f"Workflow/{name}",
        why=f"the rows say {error}",
    )
