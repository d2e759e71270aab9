"""Webhooks of GitHub, GitLab, Gitea, and of anything else that can sign: each asks for a pass."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from reconciler.store import desk
from reconciler.web.access import routes
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.hooks import Delivery, Sender
from reconciler.web.problems import Fault, Problem, documented

router = routes(None, "webhooks")

_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


class Taken(BaseModel):
    """What came of a delivery."""

    message: str


@router.post(
    "/hooks/{sender}",
    status_code=202,
    summary="Ask for a pass, as a forge does after a push",
    responses=documented(400, 401, 404, 408, 409, 413, 415, 429, 503),
    openapi_extra=_BODY,
)
async def deliver(edges: UsingEdges, request: Request, sender: str) -> Taken:
    """Take a delivery that is signed with the setting `hook_secret`; without one there are no webhooks.

    `github`: `X-Hub-Signature-256`; `gitlab`: `X-Gitlab-Token`; `gitea`: `X-Gitea-Signature`; `generic`:
    `X-Reconciler-Signature: t=UNIX_SECONDS,v1=HEX`, the HMAC-SHA256 of the seconds, a full stop and the body.
    """
    if edges.hooks is None or sender not in set(Sender):
        fix = "set hook_secret to take webhooks" if edges.hooks is None else f"there are: {', '.join(Sender)}"
        raise Problem(Fault(404, "NotFound"), "there is no such webhook", where=sender[:100], fix=fix)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        fix = "let the sender send application/json"
        raise Problem(Fault(415, "NotJson"), "the delivery is not JSON", fix=fix)
    client = request.client.host if request.client else ""
    headers = {name.lower(): value for name, value in request.headers.items()}
    delivery = Delivery(Sender(sender), headers, await request.body(), client)
    edges.hooks.accept(delivery)
    if delivery.is_ping:
        return Taken(message="the way is open")
    await run_in_threadpool(_ask, edges, delivery.sender)
    return Taken(message="a pass is asked for")


def _ask(edges: Edges, sender: Sender) -> None:
    with edges.pool.connection() as connection:
        desk.ask(connection, edges.instance, f"hook:{sender}")
