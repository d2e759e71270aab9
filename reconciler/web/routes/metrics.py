"""Metrics in Prometheus' form: the daemon's, handed through."""

from __future__ import annotations

from fastapi import Response

from reconciler.metrics import CONTENT_TYPE
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
async def metrics(edges: UsingEdges) -> Response:
    """Give the daemon's metrics in Prometheus' text format."""
    told = await edges.daemon.exposition()
    if not told:
        fault = Fault(503, "NoAnswer", headers={"Retry-After": "5"})
        raise Problem(fault, "the daemon does not tell its metrics", fix="see /livez, and the daemon's log")
    return Response(told, media_type=CONTENT_TYPE)
