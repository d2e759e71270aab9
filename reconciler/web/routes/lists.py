"""Users, workflows, jobs and passes, a page at a time: what `reconciler get` shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Query, Request, Response

from reconciler.report.listing import JobItem, SyncItem, UserItem, WorkflowItem, list_document
from reconciler.resources import JobStatus, WorkflowStatus
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import routes
from reconciler.web.asked import After, Limit, Narrowing, Word
from reconciler.web.edges import UsingEdges
from reconciler.web.problems import documented
from reconciler.web.replies import reply
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


@router.get("/users", summary="Users", responses=answers(_USERS) | documented(422))
def users(
    edges: UsingEdges, request: Request, narrowing: Narrowing, limit: Limit = 50, after: After = ""
) -> Response:
    """List users by name, each with how it stands; a manifest without a row is listed too."""
    wanted = replace(narrowing.wanted, limit=limit, after=after)
    with edges.pool.connection() as connection:
        return reply(request, list_document(list_users(connection, wanted)))


class _OfWorkflows:
    """What narrows workflows besides."""

    def __init__(
        self, narrowing: Narrowing, status: Statuses = (), branch: Branches = (), user: Users = ()
    ) -> None:
        self.wanted = replace(narrowing.wanted, statuses=status, branches=branch, users=user)


class _OfJobs:
    """What narrows jobs besides."""

    def __init__(
        self,
        narrowing: Narrowing,
        status: JobStatuses = (),
        branch: Branches = (),
        user: Users = (),
        workflow: Workflows = (),
    ) -> None:
        self.wanted = replace(
            narrowing.wanted, statuses=status, branches=branch, users=user, workflows=workflow
        )


@router.get("/workflows", summary="Workflows", responses=answers(_WORKFLOWS) | documented(422))
def workflows(
    edges: UsingEdges,
    request: Request,
    narrowing: Annotated[_OfWorkflows, Depends()],
    limit: Limit = 50,
    after: After = "",
) -> Response:
    """List workflows by name, each with how it stands and how many of its jobs have which status."""
    wanted = replace(narrowing.wanted, limit=limit, after=after)
    with edges.pool.connection() as connection:
        return reply(request, list_document(list_workflows(connection, wanted)))


@router.get("/jobs", summary="Jobs", responses=answers(_JOBS) | documented(422))
def jobs(
    edges: UsingEdges,
    request: Request,
    narrowing: Annotated[_OfJobs, Depends()],
    limit: Limit = 50,
    after: After = "",
) -> Response:
    """List jobs by workflow, in the order of the manifest; how they stand is how their workflow does."""
    wanted = replace(narrowing.wanted, limit=limit, after=after)
    with edges.pool.connection() as connection:
        return reply(request, list_document(list_jobs(connection, wanted)))


@router.get("/passes", summary="Passes", responses=answers(_PASSES) | documented(422))
def passes(edges: UsingEdges, request: Request, limit: Limit = 50, after: After = "") -> Response:
    """List the passes that changed something, the latest first."""
    with edges.pool.connection() as connection:
        page = list_syncs(connection, Wanted(edges.instance, limit=limit, after=after))
    return reply(request, list_document(page))
