"""What every request passes before a route sees it: host, origin, rate, size and time; headers on its way."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.ports import Clock
from reconciler.web.problems import Fault, Problem, answer_with
from reconciler.web.rate import Buckets, Rate

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


_READING: Final = Rate(per_second=2000, at_once=4000)
_WRITING: Final = Rate(per_second=50, at_once=200)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may ask for."""

    body_bytes: int = 1024 * 1024
    body_seconds: float = 10.0
    reading: Rate = _READING
    writing: Rate = _WRITING


@dataclass(frozen=True, slots=True)
class Rules:
    """Under which names we are reached, and how much a client may ask for; `hosts` are in lower case."""

    hosts: frozenset[str] = LOCAL_NAMES
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, hosts: Iterable[str], limits: Limits | None = None) -> Rules:
        """Let in who calls us by one of these names, or by a name of this machine alone."""
        return cls(LOCAL_NAMES | {host.lower() for host in hosts}, limits or Limits())


def _nothing_to_end() -> None:
    pass


def _nobody_counts(_scope: Scope, _status: int, _began: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Ends:
    """Who is told of ends: `farewell` ends what would never end by itself.

    `answered` hears of each request, when its answer begins: its scope, with the route that took it, the
    status, and when it came, in monotonic seconds.
    """

    farewell: Callable[[], None] = _nothing_to_end
    answered: Callable[[Scope, int, float], None] = _nobody_counts


_NO_ENDS: Final = Ends()


class Guard:
    """Stands before the application: ASGI's `app`. `farewell` ends what would never end by itself."""

    def __init__(self, app: ASGIApp, rules: Rules, clock: Clock, ends: Ends = _NO_ENDS) -> None:
        self.farewell = ends.farewell
        self._answered = ends.answered
        self._app = app
        self._rules = rules
        self._clock = clock
        self._reading = Buckets(rules.limits.reading)
        self._writing = Buckets(rules.limits.writing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        out = _Out(send, partial(self._answered, scope), self._clock.monotonic())
        try:
            self._check(scope, Headers(scope=scope))
            await self._app(scope, self._bounded(scope, receive), out.send)
        except Problem as problem:
            if out.begun:
                raise
            await answer_with(problem, problem.fault)(scope, receive, out.send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if _name(host) not in self._rules.hosts:
            raise Problem(
                Fault(421, "HostNotAllowed"),
                "this is not served under that name",
                where=host[:100],
                why="it is not one of the allowed hosts",
                fix="add it to the setting http_hosts, if it is a name of this server",
            )
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise Problem(Fault(400, "BadRequest"), "the address holds a NUL, which nothing here has")
        safe = scope["method"] in SAFE
        if not safe:
            _refuse_other_sites(headers, host)
        self._limit(scope, safe=safe)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._rules.limits.body_bytes:
            raise self._too_large()

    def _limit(self, scope: Scope, *, safe: bool) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        wait = (self._reading if safe else self._writing).take(client, self._clock.monotonic())
        if wait:
            after = str(max(1, math.ceil(wait)))
            fault = Fault(429, "TooManyRequests", headers={"Retry-After": after})
            raise Problem(fault, "too many requests", fix=f"come again in {after} s")

    def _too_large(self) -> Problem:
        most = self._rules.limits.body_bytes
        return Problem(Fault(413, "TooLarge"), "the request is too large", why=f"at most {most:,} bytes")

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Give what reads the body, as far and as long as is allowed."""
        if scope["method"] in SAFE:
            return receive
        limits, taken = self._rules.limits, 0
        deadline = self._clock.monotonic() + limits.body_seconds
        whole = False

        async def bounded() -> Message:
            nonlocal taken, whole
            if whole:  # what is waited for now is that the client goes away
                return await receive()
            left = deadline - self._clock.monotonic()
            try:
                async with asyncio.timeout(max(0.0, left)):
                    message = await receive()
            except TimeoutError:
                fault = Fault(408, "TooSlow", headers={"Connection": "close"})
                why = f"it was not there within {limits.body_seconds:g} s"
                raise Problem(fault, "the request is too slow", why=why) from None
            taken += len(message.get("body", b""))
            if taken > limits.body_bytes:
                raise self._too_large()
            whole = not message.get("more_body", False)
            return message

        return bounded


class _Out:
    """Puts our headers on a response, wherever it comes from, and has it counted."""

    def __init__(self, send: Send, answered: Callable[[int, float], None], came: float) -> None:
        self._send = send
        self._answered = answered
        self._came = came
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self._answered(message["status"], self._came)
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


def _name(host: str) -> str:
    """Give the name of `name:port`, in lower case; "" for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refuse_other_sites(headers: Headers, host: str) -> None:
    """Refuse what a page of another site made a browser send."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if site not in {"none", "same-origin"} or (origin is not None and urlsplit(origin).netloc != host):
        raise Problem(
            Fault(403, "CrossSite"),
            "the request comes from another site",
            where=(origin or site)[:100],
            fix="send it from a page of this server, or from a program",
        )
