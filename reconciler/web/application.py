"""The application: every route, behind one guard, on the edges that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Scope

from reconciler import __version__
from reconciler.metrics import Requests
from reconciler.web import problems
from reconciler.web.edges import Edges
from reconciler.web.guard import Ends, Guard, Rules
from reconciler.web.routes import (
    actions,
    beside,
    dashboard,
    events,
    health,
    history,
    hooks,
    lists,
    metrics,
    reference,
    resource,
    standing,
    users,
    workflows,
)

_ROUTERS: Final = (
    users.read,
    users.write,
    workflows.read,
    workflows.write,
    standing.router,
    lists.router,
    resource.router,
    beside.router,
    history.router,
    events.router,
    actions.ask,
    actions.steer,
    health.router,
    health.verdict,
    metrics.router,
    reference.router,
    hooks.router,
    dashboard.router,
)


_ABOUT: Final = """\
`reconciler` keeps PostgreSQL equal to a folder of YAML manifests. This is its HTTP interface.

On this machine alone no token is needed to read, nor for the requests to `/users/` and `/workflows/`. All
else, and everything beyond this machine, takes a token: `reconciler token create`.
"""


def create_app(edges: Edges, rules: Rules) -> FastAPI:
    """Put the application together; `guarded` puts the guard before it.

    Nothing is connected before the application starts up.
    """

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        edges.pool.open()
        try:
            yield
        finally:
            edges.stream.close()
            edges.boards.close()
            edges.pool.close()

    app = FastAPI(
        title="reconciler",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=running,
    )
    app.state.edges = edges
    app.state.rules = rules
    problems.install(app)
    for router in _ROUTERS:
        app.include_router(router)
    every = (route for router in _ROUTERS for route in router.routes)
    app.state.requests = Requests(route.path for route in every if isinstance(route, Route))
    return app


def guarded(app: FastAPI) -> Guard:
    """Give the application with the guard before it: what a server serves."""
    edges: Edges = app.state.edges
    clock, requests = edges.clock, app.state.requests

    def answered(scope: Scope, status: int, began: float) -> None:
        route = getattr(scope.get("route"), "path", "")
        requests.answered(route, scope["method"], status, clock.monotonic() - began)

    return Guard(app, app.state.rules, clock, Ends(edges.stream.close, answered))
