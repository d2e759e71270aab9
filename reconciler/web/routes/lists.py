"""Users, workflows, jobs and passes, a page at a time: what `reconciler get` shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response

from reconciler.report.listing import JobItem, Page, SyncItem, UserItem, WorkflowItem, list_document
from reconciler.resources import JobStatus, WorkflowStatus
from reconciler.store.connect import Connection
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import routes
from reconciler.web.asked import Leaf, Narrowing, Paging, Word
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.problems import documented
from reconciler.web.shapes import SHAPES, answers

router = routes(Scope.READ, "resources", "/api/v1")

_USERS: Final = SHAPES.document("UserList", items=tuple[UserItem, ...], next=str)
_WORKFLOWS: Final = SHAPES.document("WorkflowList", items=tuple[WorkflowItem, ...], next=str)
_JOBS: Final = SHAPES.document("JobList", items=tuple[JobItem, ...], next=str)
_PASSES: Final = SHAPES.document("SyncList", items=tuple[SyncItem, ...], next=str)

Branches = Annotated[tuple[Word, ...], Query(alias="branch", description="Those of this branch alone.")]
Users = Annotated[tuple[Word, ...], Query(alias="user", description="Those of this username alone.")]
Workflows = Annotated[tuple[Word, ...], Query(alias="workflow", description="Those of this workflow alone.")]
Statuses = Annotated[
    tuple[Word, ...],
    Query(alias="status", description=f"Those whose row says so: {', '.join(WorkflowStatus)}."),
]
JobStatuses = Annotated[
    tuple[Word, ...],
    Query(alias="status", description=f"Those whose row says so: {', '.join(JobStatus)}."),
]


async def _of_workflows(
    narrowing: Narrowing, status: Statuses = (), branch: Branches = (), user: Users = ()
) -> Wanted:
    """Read what narrows workflows besides."""
    return replace(narrowing, statuses=status, branches=branch, users=user)


async def _of_jobs(
    narrowing: Narrowing,
    status: JobStatuses = (),
    branch: Branches = (),
    user: Users = (),
    workflow: Workflows = (),
) -> Wanted:
    """Read what narrows jobs besides."""
    return replace(narrowing, statuses=status, branches=branch, users=user, workflows=workflow)


OfWorkflows = Annotated[Wanted, Depends(_of_workflows)]
OfJobs = Annotated[Wanted, Depends(_of_jobs)]


@router.get("/users", summary="Users", responses=answers(_USERS) | documented(422))
async def users(edges: UsingEdges, request: Request, wanted: Narrowing, paging: Paging) -> Response:
    """List users by name, each with how it stands; a manifest without a row is listed too."""
    return await _page(edges, request, list_users, _of(wanted, paging))


@router.get("/workflows", summary="Workflows", responses=answers(_WORKFLOWS) | documented(422))
async def workflows(edges: UsingEdges, request: Request, wanted: OfWorkflows, paging: Paging) -> Response:
    """List workflows by name, each with how it stands and how many of its jobs have which status."""
    return await _page(edges, request, list_workflows, _of(wanted, paging))


@router.get("/jobs", summary="Jobs", responses=answers(_JOBS) | documented(422))
async def jobs(edges: UsingEdges, request: Request, wanted: OfJobs, paging: Paging) -> Response:
    """List jobs by workflow, in the order of the manifest; how they stand is how their workflow does."""
    return await _page(edges, request, list_jobs, _of(wanted, paging))


@router.get("/passes", summary="Passes", responses=answers(_PASSES) | documented(422))
async def passes(edges: UsingEdges, request: Request, paging: Paging) -> Response:
    """List the passes that changed something, the latest first."""
    return await _page(edges, request, list_syncs, _of(Wanted(edges.instance), paging))


def _of(wanted: Wanted, paging: Leaf) -> Wanted:
    return replace(wanted, limit=paging.limit, after=paging.after)


async def _page(
    edges: Edges, request: Request, read: Callable[[Connection, Wanted], Page[Any]], wanted: Wanted
) -> Response:
    def make() -> dict[str, Any]:
        with edges.pool.connection() as connection:
            return list_document(read(connection, wanted))

    return await edges.pages.answer(request, make)
