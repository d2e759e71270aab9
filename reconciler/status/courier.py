"""The errands to Redis: each runs in the courier's thread, on one connection, and says how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import uuid4

import redis

from reconciler.ports import Clock
from reconciler.report import InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.status import calls
from reconciler.status.calls import Reply
from reconciler.status.keys import Keys
from reconciler.status.limits import Limits
from reconciler.status.line import Line, shaped
from reconciler.status.news import Bulletin, View, opening_events

_STAGED_MS: Final = 60_000
"""How long an unfinished view is kept when nobody comes back to finish it."""


@dataclass(frozen=True, slots=True)
class Landing:
    """How an errand went: what became of the heartbeat and the view, and how long it took.

    `view` is None when it was not asked for; `shown` is the view as it stands now, when it is ours.
    """

    heartbeat: Reply
    view: Reply | None
    shown: View | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Courier:
    """Goes to Redis for one instance. Every errand raises StatusUnavailable when Redis fails it."""

    line: Line
    keys: Keys
    limits: Limits
    clock: Clock

    def tell(self, bulletin: Bulletin, view: View | None) -> Landing:
        """Take the heartbeat there, and the news, which only a view that is still ours can take in."""
        begun = self.clock.monotonic()
        call, then = calls.publish(self.keys, self.limits, bulletin, view)
        with self.line.asking() as client:
            heartbeat, *rest = [Reply(reply) for reply in shaped(call.send(client), list)]
        reply = rest[0] if rest else None
        shown = then if reply is Reply.OK else None
        return Landing(heartbeat, reply, shown, self.clock.monotonic() - begun)

    def build(self, bulletin: Bulletin, sync: InstanceStatus, before: View | None) -> Landing:
        """Build the view anew beside the one that stands, and put it in its place in one step."""
        begun = self.clock.monotonic()
        resources = {status.key: status for status in bulletin.whole or ()}
        view = View(uuid4().hex, 0, bulletin.replica, sync, resources)
        unveil = calls.unveil(
            self.keys, self.limits, view, opening_events(before, bulletin, self.limits.narrow)
        )
        for chunk in _chunks(resources.values(), self.limits.chunk):
            items = calls.flat(calls.packed(chunk))
            with self.line.asking() as client, self._tidied(client, view):
                self._stage(client, view, items)
        with self.line.asking() as client, self._tidied(client, view):
            reply = Reply(unveil.send(client))
            self._drop_the_dead(client)
        shown = view if reply is Reply.OK else None
        return Landing(Reply.OK, reply, shown, self.clock.monotonic() - begun)

    def _stage(self, client: redis.Redis, view: View, items: list[str]) -> None:
        staging = self.keys.staging(view.nonce)
        with client.pipeline(transaction=False) as pipe:
            pipe.hset(staging, items=items)
            pipe.pexpire(staging, _STAGED_MS)
            pipe.execute()

    @contextmanager
    def _tidied(self, client: redis.Redis, view: View) -> Iterator[None]:
        """Take away what was staged if Redis refuses the rest: it may be out of memory."""
        try:
            yield
        except redis.ResponseError:
            with suppress(redis.RedisError):
                client.unlink(self.keys.staging(view.nonce))
            raise

    def _drop_the_dead(self, client: redis.Redis) -> None:
        """Forget the replicas whose heartbeat has ended; one that comes back names itself anew."""
        members = sorted(shaped(client.smembers(self.keys.replicas), set))
        with client.pipeline(transaction=False) as pipe:
            for member in members:
                pipe.exists(self.keys.daemon_of(member))
            living = pipe.execute()
        if dead := [member for member, lives in zip(members, living, strict=True) if not lives]:
            client.srem(self.keys.replicas, *dead)

    def part(self, replica: ReplicaStatus) -> Landing:
        """Take the heartbeat down."""
        begun = self.clock.monotonic()
        with self.line.asking() as client:
            calls.withdrawal(self.keys, replica).send(client)
        return Landing(Reply.OK, None, None, self.clock.monotonic() - begun)


def _chunks(statuses: Iterable[ResourceStatus], size: int) -> Iterator[list[ResourceStatus]]:
    rest = iter(statuses)
    while chunk := list(islice(rest, size)):
        yield chunk
