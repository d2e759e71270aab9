"""Users, as the older service had them: a request becomes a declaration, an answer is a row."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Query, Response

from reconciler.resources import Kind, ResourceKey
from reconciler.store import stand
from reconciler.store.list import list_users
from reconciler.store.stand import UserRow
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import Caller, UsingCaller, routes
from reconciler.web.asked import After, Search
from reconciler.web.body import json_of
from reconciler.web.declare import Wish, declare, name_of_user
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.models import UsersPage, UserView, Withdrawn
from reconciler.web.problems import Fault, Problem, documented

_TAG: Final = "users and workflows"

read = routes(Scope.READ, _TAG, "/users")
write = routes(Scope.WRITE, _TAG, "/users")

Body = Annotated[dict[str, Any], Depends(json_of)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        pattern=r"^[\x21-\x7e]*$",
        description="The same request under the same key is done once, whatever happens in between.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many to a page.")]


def takes(model: str) -> dict[str, Any]:
    """Say in OpenAPI what a body holds that a route reads by itself."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@write.post(
    "/",
    status_code=201,
    summary="Declare a user",
    responses=documented(400, 409, 413, 415, 422, 504),
    openapi_extra=takes("NewUser"),
)
async def create_user(
    edges: UsingEdges, body: Body, caller: UsingCaller, response: Response, key: IdempotencyKey = ""
) -> UserView:
    """Write a manifest into the folder, and answer once the daemon has made the row of it."""
    username = body.get("username")
    spec = {**body, "username": username}
    name = name_of_user(username) if isinstance(username, str) else "user"
    declaration = declare(Wish(Kind.USER, name, spec, body, key))
    found = await edges.errands.run(
        partial(edges.clerk.take_down, declaration, stand.user_of, f"http:{caller.name}")
    )
    response.headers["Location"] = f"/users/{found.id}"
    return _shown(found)


@read.get("/", summary="List users", responses=documented(400, 422))
def list_all(edges: UsingEdges, limit: Limit = 100, after: After = "", search: Search = "") -> UsersPage:
    """Give the rows by name, a page at a time, whoever declared them."""
    wanted = Wanted(edges.instance, everything=True, search=search, limit=limit, after=after)
    with edges.pool.connection() as connection:
        page = list_users(connection, wanted)
    items = [
        UserView(id=item.id, username=item.username, created_at=item.created_at)
        for item in page
        if item.id is not None and item.created_at is not None
    ]
    return UsersPage(items=items, next=page.next)


@read.get("/{user_id}", summary="Show a user", responses=documented(404, 422))
def show_user(edges: UsingEdges, user_id: UUID) -> UserView:
    """Give one row."""
    return _shown(_found(edges, user_id))


@write.delete(
    "/{user_id}",
    status_code=202,
    summary="Withdraw a user",
    responses=documented(404, 409, 422, 504),
)
async def delete_user(edges: UsingEdges, user_id: UUID, caller: UsingCaller) -> Withdrawn:
    """Remove the manifest that a request wrote. The row goes with the next prune, if pruning is on."""
    return await edges.errands.run(partial(_withdraw, edges, user_id, caller))


def _withdraw(edges: Edges, user_id: UUID, caller: Caller) -> Withdrawn:
    row = _found(edges, user_id)
    with edges.pool.connection() as connection:
        named_by = stand.workflows_of(connection, user_id, 3)
    if named_by:
        raise Problem(
            Fault(409, "StillNamed"),
            "workflows belong to this user",
            where=row.username,
            why=f"among them {', '.join(named_by)}",
            fix="withdraw those first",
        )
    key = ResourceKey(Kind.USER, row.standing.name)
    return Withdrawn(id=row.id, message=edges.clerk.withdraw(key, row.standing, f"http:{caller.name}"))


def _found(edges: Edges, user_id: UUID) -> UserRow:
    with edges.pool.connection() as connection:
        row = stand.user_by_id(connection, user_id)
    if row is None:
        fix = "see GET /users/"
        raise Problem(Fault(404, "NotFound"), "there is no such user", where=str(user_id), fix=fix)
    return row


def _shown(row: UserRow) -> UserView:
    return UserView(id=row.id, username=row.username, created_at=row.created_at)
