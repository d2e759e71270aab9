"""Workflows, as the older service had them: a request becomes a declaration, an answer is a row."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from reconciler.report.graph import GraphJob, Picture, render_mermaid
from reconciler.resources import Cycle, Kind, ResourceKey
from reconciler.store import stand
from reconciler.store.list import list_workflows
from reconciler.store.stand import JobRow, UserRow, WorkflowRow
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import Caller, UsingCaller, routes
from reconciler.web.asked import LABEL, TEXT, After, Search, Word, read_labels
from reconciler.web.declare import Wish, declare, name_of_workflow
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.models import (
    Graph,
    JobView,
    Withdrawn,
    WorkflowCreated,
    WorkflowDetail,
    WorkflowsPage,
    WorkflowView,
)
from reconciler.web.problems import Fault, Problem, documented
from reconciler.web.routes.users import Body, IdempotencyKey, Limit, takes

_TAG: Final = "users and workflows"

read = routes(Scope.READ, _TAG, "/workflows")
write = routes(Scope.WRITE, _TAG, "/workflows")

Username = Annotated[str, Query(max_length=200, pattern=TEXT, description="Those of this username alone.")]
Status = Annotated[list[Word], Query(max_length=10, description="Those with one of these statuses alone.")]
Branch = Annotated[list[Word], Query(max_length=10, description="With a job in one of these branches.")]
Label = Annotated[
    list[Annotated[str, Field(max_length=1300, pattern=LABEL)]],
    Query(max_length=10, description="With all of these: `NAME=VALUE`."),
]


@write.post(
    "/",
    status_code=201,
    summary="Declare a workflow with its jobs",
    responses=documented(400, 404, 409, 413, 415, 422, 504),
    openapi_extra=takes("NewWorkflow"),
)
async def create_workflow(
    edges: UsingEdges, body: Body, caller: UsingCaller, response: Response, key: IdempotencyKey = ""
) -> WorkflowCreated:
    """Write a manifest into the folder, and answer once the daemon has made the rows of it."""
    row = await edges.errands.run(partial(_create, edges, body, caller, key))
    response.headers["Location"] = f"/workflows/{row.id}"
    return WorkflowCreated(workflow_id=row.id, job_count=row.job_count)


def _create(edges: Edges, body: dict[str, Any], caller: Caller, key: str) -> WorkflowRow:
    spec = {name: value for name, value in body.items() if name not in {"user_id", "name"}}
    user = ""
    if "user_id" in body:
        owner = _owner(edges, body["user_id"])
        user = owner.standing.name if owner.standing.instance == edges.instance else owner.username
        spec = {"user": user, **spec}
    name = body.get("name")
    if name is None:
        name = name_of_workflow(user, edges.clock.now(), key)
    declaration = declare(Wish(Kind.WORKFLOW, name, spec, body, key))
    return edges.clerk.take_down(declaration, stand.workflow_of, f"http:{caller.name}")


def _owner(edges: Edges, user_id: object) -> UserRow:
    try:
        wanted = UUID(user_id) if isinstance(user_id, str) else None
    except ValueError:
        wanted = None
    if wanted is None:
        fix = "give the id that POST /users/ answered with"
        raise Problem(Fault(422, "InvalidRequest"), "user_id is not the id of a user", fix=fix)
    with edges.pool.connection() as connection:
        row = stand.user_by_id(connection, wanted)
    if row is None:
        fix = "make it by POST /users/, or see GET /users/"
        raise Problem(Fault(404, "UserNotFound"), "there is no such user", where=str(wanted), fix=fix)
    return row


@read.get("/", summary="List workflows", responses=documented(400, 422))
def list_all(  # noqa: PLR0913, PLR0917 - each is a filter that a query may have
    edges: UsingEdges,
    limit: Limit = 100,
    after: After = "",
    search: Search = "",
    user: Username = "",
    status: Status = [],  # noqa: B006 - FastAPI copies it
    branch: Branch = [],  # noqa: B006
    label: Label = [],  # noqa: B006
) -> WorkflowsPage:
    """Give the rows by name, a page at a time, whoever declared them."""
    wanted = Wanted(
        edges.instance,
        everything=True,
        search=search,
        users=(user,) if user else (),
        statuses=tuple(status),
        branches=tuple(branch),
        labels=read_labels(label),
        limit=limit,
        after=after,
    )
    with edges.pool.connection() as connection:
        page = list_workflows(connection, wanted)
        users = stand.user_ids(connection, {item.user for item in page})
    items = [
        WorkflowView(
            id=item.id,
            user_id=users.get(item.user),
            username=item.user,
            name=item.name,
            status=item.status,
            job_count=sum(item.jobs.values()),
            created_at=item.created_at,
        )
        for item in page
        if item.id is not None and item.created_at is not None
    ]
    return WorkflowsPage(items=items, next=page.next)


@read.get("/{workflow_id}", summary="Show a workflow with its jobs and graph", responses=documented(404, 422))
def show_workflow(edges: UsingEdges, workflow_id: UUID) -> WorkflowDetail:
    """Give one workflow, its jobs in the order of the manifest, and which waits for which."""
    with edges.pool.connection() as connection, connection.transaction():
        row = _found(stand.workflow_by_id(connection, workflow_id), workflow_id)
        owner = stand.user_by_id(connection, row.user_id)
        jobs = stand.jobs_of(connection, workflow_id)
    return WorkflowDetail(
        id=row.id,
        user_id=row.user_id,
        username=owner.username if owner else "",
        name=row.name,
        status=row.status,
        job_count=len(jobs),
        created_at=row.created_at,
        jobs=[_job(job) for job in jobs],
        graph=_graph(row, jobs),
    )


@write.delete(
    "/{workflow_id}",
    status_code=202,
    summary="Withdraw a workflow",
    responses=documented(404, 409, 422, 504),
)
async def delete_workflow(edges: UsingEdges, workflow_id: UUID, caller: UsingCaller) -> Withdrawn:
    """Remove the manifest that a request wrote. The rows go with the next prune, if pruning is on."""
    return await edges.errands.run(partial(_withdraw, edges, workflow_id, caller))


def _withdraw(edges: Edges, workflow_id: UUID, caller: Caller) -> Withdrawn:
    with edges.pool.connection() as connection:
        row = _found(stand.workflow_by_id(connection, workflow_id), workflow_id)
    key = ResourceKey(Kind.WORKFLOW, row.standing.name)
    return Withdrawn(id=row.id, message=edges.clerk.withdraw(key, row.standing, f"http:{caller.name}"))


def _found(row: WorkflowRow | None, workflow_id: UUID) -> WorkflowRow:
    if row is None:
        fix = "see GET /workflows/"
        raise Problem(Fault(404, "NotFound"), "there is no such workflow", where=str(workflow_id), fix=fix)
    return row


def _parents(job: JobRow) -> list[str]:
    """Give the ids of the parents; the column is everybody's, and need not hold what it should."""
    return [str(one) for one in job.parents] if isinstance(job.parents, list) else []


def _job(job: JobRow) -> JobView:
    return JobView(
        id=job.id,
        name=job.name,
        job_type=job.job_type,
        branch_id=job.branch_id,
        parent_ids=_parents(job),
        params=job.params,
        status=job.status,
        created_at=job.created_at,
    )


def _graph(row: WorkflowRow, jobs: list[JobRow]) -> Graph:
    names = {str(job.id): job.name for job in jobs}
    edges = [(parent, str(job.id)) for job in jobs for parent in _parents(job) if parent in names]
    drawn = (
        GraphJob(
            job.name,
            job.job_type,
            job.branch_id,
            tuple(names[one] for one in _parents(job) if one in names),
            job.status,
        )
        for job in jobs
    )
    try:
        mermaid = render_mermaid(Picture.of(row.name or str(row.id), "from the rows", drawn))
    except Cycle:  # rows that somebody else wrote
        mermaid = ""
    return Graph(edges=edges, mermaid=mermaid)
