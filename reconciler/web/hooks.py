"""Webhooks: whether a delivery is what it says it is, once. All that one can do is ask for a pass."""

from __future__ import annotations

import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from reconciler.ports import Clock
from reconciler.web.problems import Fault, Problem
from reconciler.web.rate import Buckets, Rate

GENERIC_SIGNATURE: Final = "x-reconciler-signature"
"""`t=UNIX_SECONDS,v1=HEX`, the latter the HMAC-SHA256 of the seconds, a full stop, and the body."""

_WINDOW: Final = 300.0
"""Seconds by which the clock of a sender may be off."""
_REMEMBERED: Final = 86_400.0
_MOST: Final = 10_000
_DELIVERIES: Final = Rate(per_second=2, at_once=60)
_FAILURES: Final = Rate(per_second=1, at_once=20)


class Sender(StrEnum):
    """Who sends."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    GENERIC = "generic"


_EVENTS: Final = {
    Sender.GITHUB: "x-github-event",
    Sender.GITLAB: "x-gitlab-event",
    Sender.GITEA: "x-gitea-event",
}
_NUMBERS: Final = {
    Sender.GITHUB: "x-github-delivery",
    Sender.GITLAB: "x-gitlab-event-uuid",
    Sender.GITEA: "x-gitea-delivery",
}
_PING: Final = "ping"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came, and from which address; the names of headers are in lower case."""

    sender: Sender
    headers: Mapping[str, str]
    body: bytes
    client: str

    @property
    def is_ping(self) -> bool:
        """Whether it only tries the way."""
        return self.headers.get(_EVENTS.get(self.sender, ""), "") == _PING


class Hooks:
    """Judges deliveries by one secret, which every sender knows; what came once is remembered for a day."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._deliveries = Buckets(_DELIVERIES)
        self._failures = Buckets(_FAILURES)
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def accept(self, delivery: Delivery) -> None:
        """Take a delivery for what it says it is.

        Raises:
            Problem: it is not signed, or not as it should be: 401; it came before: 409; it is no JSON object:
                400; there are too many: 429.

        """
        now = self._clock.monotonic()
        if not self._is_signed(delivery):
            self._limit(self._failures, delivery.client, now)
            fix = "give sender and daemon the same secret: hook_secret"
            raise Problem(Fault(401, "BadSignature"), "the delivery is not signed as it should be", fix=fix)
        self._limit(self._deliveries, delivery.sender, now)
        _refuse_nonsense(delivery.body)
        self._refuse_replayed(delivery, now)

    def _is_signed(self, delivery: Delivery) -> bool:
        headers, body = delivery.headers, delivery.body
        match delivery.sender:
            case Sender.GITHUB:
                return _equal(f"sha256={self._sign(body)}", headers.get("x-hub-signature-256", ""))
            case Sender.GITEA:
                return _equal(self._sign(body), headers.get("x-gitea-signature", ""))
            case Sender.GITLAB:
                return _equal(self._secret.decode(), headers.get("x-gitlab-token", ""))
            case Sender.GENERIC:
                return self._is_signed_and_timed(headers.get(GENERIC_SIGNATURE, ""), body)

    def _is_signed_and_timed(self, signature: str, body: bytes) -> bool:
        parts = dict(part.strip().partition("=")[::2] for part in signature.split(",")[:4])
        seconds = parts.get("t", "")
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):  # noqa: PLR2004 - so far off
            return False
        if not _equal(self._sign(seconds.encode() + b"." + body), parts.get("v1", "")):
            return False
        return abs(self._clock.now().timestamp() - int(seconds)) <= _WINDOW

    def _sign(self, content: bytes) -> str:
        return hmac.new(self._secret, content, sha256).hexdigest()

    def _limit(self, buckets: Buckets, client: str, now: float) -> None:
        if wait := buckets.take(client, now):
            after = str(max(1, round(wait)))
            fault = Fault(429, "TooManyRequests", headers={"Retry-After": after})
            raise Problem(fault, "too many deliveries", fix=f"come again in {after} s")

    def _refuse_replayed(self, delivery: Delivery, now: float) -> None:
        """Refuse what came before: by its number, and by what is signed of it, since the number is not."""
        signed = delivery.headers.get(GENERIC_SIGNATURE, "").encode() + delivery.body
        number = delivery.headers.get(_NUMBERS.get(delivery.sender, ""), "")
        marks = [sha256(delivery.sender.encode() + b"\0" + signed).digest()]
        marks += [sha256(f"{delivery.sender} {number}".encode()).digest()] if number else []
        while self._seen and (len(self._seen) > _MOST or next(iter(self._seen.values())) < now - _REMEMBERED):
            self._seen.popitem(last=False)
        if not delivery.is_ping and any(mark in self._seen for mark in marks):
            raise Problem(Fault(409, "Replayed"), "the delivery came before", where=number[:100])
        self._seen.update((mark, now) for mark in marks)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))


def _refuse_nonsense(body: bytes) -> None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        why = "it is nested too deeply" if deep else "it is not JSON"
        raise Problem(Fault(400, "NotJson"), "the delivery can't be read", why=why) from None
    if not isinstance(told, dict):
        raise Problem(Fault(400, "NotJson"), "the delivery can't be read", why="it is JSON, but no object")
