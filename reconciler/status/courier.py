"""The errands to Redis: each runs in the courier's thread, on one connection, and says how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast
from uuid import uuid4

import redis

from reconciler.ports import Clock
from reconciler.report import InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.status import calls
from reconciler.status.calls import Reply
from reconciler.status.keys import Keys
from reconciler.status.limits import Limits
from reconciler.status.line import Line
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
            replies = [Reply(reply) for reply in call.send(client)]
        reply = replies[1] if len(replies) > 1 else None
        shown = then if reply is Reply.OK else None
        return Landing(replies[0], reply, shown, self.clock.monotonic() - begun)

    def build(self, bulletin: Bulletin, sync: InstanceStatus, before: View | None) -> Landing:
        """Build the view anew beside the one that stands, and put it in its place in one step."""
        begun = self.clock.monotonic()
        resources = {status.key: status for status in bulletin.whole or ()}
        view = View(uuid4().hex, 0, bulletin.replica, sync, resources)
        opening = opening_events(before, bulletin, self.limits.narrow)
        with self.line.asking() as client:
            try:
                self._stage(client, view)
                reply = Reply(calls.unveil(self.keys, self.limits, view, opening).send(client))
                self._drop_the_dead(client)
            except redis.ResponseError:
                # It may be out of memory, of which this takes some.
                with suppress(redis.RedisError):
                    client.unlink(self.keys.staging(view.nonce))
                raise
        shown = view if reply is Reply.OK else None
        return Landing(Reply.OK, reply, shown, self.clock.monotonic() - begun)

    def _stage(self, client: redis.Redis, view: View) -> None:
        staging = self.keys.staging(view.nonce)
        for chunk in _chunks(view.resources.values(), self.limits.chunk):
            with client.pipeline(transaction=False) as pipe:
                pipe.hset(staging, items=calls.flat(calls.packed(chunk)))
                pipe.pexpire(staging, _STAGED_MS)
                pipe.execute()

    def _drop_the_dead(self, client: redis.Redis) -> None:
        """Forget the replicas whose heartbeat has ended; one that comes back names itself anew."""
        members = sorted(cast("set[str]", client.smembers(self.keys.replicas)))
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
