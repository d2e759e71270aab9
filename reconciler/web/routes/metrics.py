"""Metrics in Prometheus' form: the daemon's, handed through, and those of what is asked here."""

from __future__ import annotations

from fastapi import Request, Response

from reconciler.metrics import CONTENT_TYPE, Requests
from reconciler.store.tokens import Scope
from reconciler.web.access import routes
from reconciler.web.edges import UsingEdges
from reconciler.web.problems import Fault, Problem

router = routes(Scope.READ, "health")


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(edges: UsingEdges, request: Request) -> Response:
    """Give the daemon's metrics in Prometheus' text format, and those of HTTP."""
    told = await edges.daemon.exposition()
    if not told:
        fault = Fault(503, "NoAnswer", headers={"Retry-After": "5"})
        raise Problem(fault, "the daemon does not tell its metrics", fix="see /livez, and the daemon's log")
    requests: Requests = request.app.state.requests
    return Response(told + requests.exposition(), media_type=CONTENT_TYPE)
