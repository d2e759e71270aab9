"""Health: whether this lives, whether it can serve, and whether all is well."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reconciler.errors import ReconcilerError
from reconciler.report import Level, judge
from reconciler.store.migrate import require
from reconciler.store.tokens import Scope
from reconciler.web.access import routes
from reconciler.web.edges import Edges, UsingEdges

router = routes(None, "health")
verdict = routes(Scope.READ, "health")

_SILENCE: Final = 10.0
"""Seconds without a beat after which the daemon's pulse has stopped: it beats once a second."""


class Check(BaseModel):
    """One thing that was looked at."""

    name: str
    state: str = Field(description="`ok`, `degraded` or `failed`.")
    message: str = ""


class Health(BaseModel):
    """How things stand. `checks` is there only with `?verbose`."""

    status: str = Field(description="`ok`, `degraded` or `failed`, as the worst check.")
    checks: list[Check] | None = None


_ORDER: Final = ("ok", "degraded", "failed")
_LEVELS: Final = {Level.PROBLEM: "failed", Level.WARNING: "degraded"}
_FAILED: Final[dict[int | str, dict[str, Any]]] = {503: {"model": Health, "description": "It is not well."}}
Verbose = Annotated[str | None, Query(description="Tell every check; its value does not matter.")]


@router.head("/livez", include_in_schema=False)
@router.get("/livez", summary="Whether the daemon lives", responses=_FAILED)
async def livez(edges: UsingEdges, response: Response, verbose: Verbose = None) -> Health:
    """Touch nothing but the daemon's own pulse: 503 says that the process should be started anew."""
    silence = edges.daemon.silent_for
    alive = silence <= _SILENCE
    message = "" if alive else f"the daemon's pulse was last felt {silence:.0f} s ago"
    return _told([Check(name="pulse", state=_word(ok=alive), message=message)], response, verbose)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Whether requests can be served", responses=_FAILED)
def readyz(edges: UsingEdges, response: Response, verbose: Verbose = None) -> Health:
    """Look for PostgreSQL and its tables; without Redis it is degraded, and still 200."""
    return _told([_postgresql(edges), _redis(edges)], response, verbose)


@verdict.head("/healthz", include_in_schema=False)
@verdict.get("/healthz", summary="Whether the daemon is well", responses=_FAILED)
def healthz(edges: UsingEdges, response: Response, verbose: Verbose = None) -> Health:
    """Judge the daemon as `reconciler status --daemon` does: leader, heartbeat, passes, watcher, servers."""
    board = edges.boards.glance()
    findings = judge(board, edges.clock.now(), daemon_only=True).findings
    checks = [Check(name=one.reason, state=_LEVELS[one.level], message=one.message) for one in findings]
    return _told(checks or [Check(name="daemon", state="ok")], response, verbose)


def _told(checks: list[Check], response: Response, verbose: str | None) -> Health:
    worst = max((check.state for check in checks), key=_ORDER.index)
    response.status_code = 503 if worst == "failed" else 200
    return Health(status=worst, checks=checks if verbose is not None else None)


def _word(*, ok: bool) -> str:
    return "ok" if ok else "failed"


def _postgresql(edges: Edges) -> Check:
    try:
        with edges.pool.connection() as connection:
            require(connection, "")
    except ReconcilerError as error:
        return Check(name="postgresql", state="failed", message=f"{error.what}: {error.why}")
    return Check(name="postgresql", state="ok")


def _redis(edges: Edges) -> Check:
    try:
        degraded = edges.boards.glance().degraded
    except ReconcilerError as error:
        return Check(name="status", state="degraded", message=error.what)
    return Check(name="status", state="degraded" if degraded else "ok", message=degraded)
