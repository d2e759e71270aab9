"""Who may do what: a scope on every route, told before anything of a request but its head is read."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, ClassVar, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from reconciler.ports import Clock
from reconciler.store import tokens
from reconciler.store.pool import Pool
from reconciler.store.tokens import Scope, Token
from reconciler.web.problems import Fault, Problem, documented

LOCAL_SCOPES: Final = frozenset({Scope.READ, Scope.WRITE})
"""What takes no token on this machine alone: to read, and the older service's requests, which had none."""

_REMEMBERED: Final = 5.0
"""Seconds for which a token is believed without being looked up; as long, one that was revoked is too."""
_MOST: Final = 1000
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="reconciler"'}
_THROUGH_A_PROXY: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: a token, or somebody on this machine."""

    name: str
    scopes: frozenset[Scope]


class Door:
    """Lets callers in. `local` says that only this machine can reach us."""

    def __init__(self, pool: Pool, instance: str, clock: Clock, *, local: bool) -> None:
        self._pool = pool
        self._instance = instance
        self._clock = clock
        self._local = local
        self._lock = Lock()
        self._known: dict[bytes, tuple[float, Token | None]] = {}

    async def admit(self, request: Request, scope: Scope) -> Caller:
        """Say who calls.

        Raises:
            Problem: they may not; 401 without a good token, 403 when it lacks the scope.

        """
        given = request.headers.get("authorization")
        if given is None:
            return self._without_token(request, scope)
        kind, _, text = given.partition(" ")
        token = None
        if kind.lower() == "bearer" and text.isascii():
            token = await self._look_up(tokens.digest_of(text.strip()))
        if token is None:
            raise _refusal("the token is not one of this instance", "make one: reconciler token create NAME")
        if token.expires_at is not None and token.expires_at <= self._clock.now():
            raise _refusal("the token has expired", "make a new one: reconciler token create NAME")
        if scope not in token.scopes:
            allowed = ", ".join(token.scopes)
            raise Problem(
                Fault(403, "ScopeMissing"),
                f"the token does not allow to {scope}",
                where=token.name,
                why=f"its scopes are: {allowed}",
                fix=f"use one with the scope {scope}: reconciler token create NAME --scope {scope}",
            )
        return Caller(token.name, frozenset(token.scopes))

    def _without_token(self, request: Request, scope: Scope) -> Caller:
        through = any(name in request.headers for name in _THROUGH_A_PROXY) or not _is_own(request)
        if self._local and scope in LOCAL_SCOPES and not through:
            return Caller("local", LOCAL_SCOPES)
        here = self._local and not through
        why = f"to {scope} takes one" if here else "this is served beyond this machine"
        raise _refusal("a token is needed", "send Authorization: Bearer TOKEN", why)

    async def _look_up(self, digest: bytes) -> Token | None:
        known = self._known.get(digest)
        if known is None or self._clock.monotonic() - known[0] > _REMEMBERED:
            found = await run_in_threadpool(self._fetch, digest)
            with self._lock:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[digest] = self._clock.monotonic(), found
            return found
        return known[1]

    def _fetch(self, digest: bytes) -> Token | None:
        with self._pool.connection() as connection:
            token = tokens.find(connection, self._instance, digest)
            if token is not None:
                tokens.used(connection, token)
            return token


def _is_own(request: Request) -> bool:
    """Whether this machine is asked by a name of its own, as a proxy that serves others does not."""
    name = request.url.hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refusal(what: str, fix: str, why: str = "") -> Problem:
    return Problem(Fault(401, "Unauthorized", headers=_CHALLENGE), what, why=why, fix=fix)


# --- routes ---------------------------------------------------------------------------------------------


class ScopedRoute(APIRoute):
    """A route that says which scope it needs; None lets everybody in."""

    scope: ClassVar[Scope | None] = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - as FastAPI's
        security = [{"token": [self.scope]}] if self.scope else []
        options["openapi_extra"] = {"security": security, **(options.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer a request once its caller was let in; the body is not read before."""
        answer, scope = super().get_route_handler(), self.scope
        if scope is None:
            return answer

        async def guarded(request: Request) -> Response:
            request.state.caller = await request.app.state.edges.door.admit(request, scope)
            return await answer(request)

        return guarded


class _ReadRoute(ScopedRoute):
    scope = Scope.READ


class _ReconcileRoute(ScopedRoute):
    scope = Scope.RECONCILE


class _WriteRoute(ScopedRoute):
    scope = Scope.WRITE


class _ApproveRoute(ScopedRoute):
    scope = Scope.APPROVE


_CLASSES: Final = {
    None: ScopedRoute,
    Scope.READ: _ReadRoute,
    Scope.RECONCILE: _ReconcileRoute,
    Scope.WRITE: _WriteRoute,
    Scope.APPROVE: _ApproveRoute,
}


def routes(scope: Scope | None, tag: str, prefix: str = "") -> APIRouter:
    """Give a router all of whose routes need `scope`; None: everybody may."""
    refusals = documented(400, 401, 403, 429, 503) if scope else documented(400, 429)
    return APIRouter(prefix=prefix, tags=[tag], route_class=_CLASSES[scope], responses=refusals)


async def caller_of(request: Request) -> Caller:
    """Give who was let in."""
    caller: Caller = request.state.caller
    return caller


UsingCaller = Annotated[Caller, Depends(caller_of)]
"""What a route's parameter is annotated with to be given who was let in."""
