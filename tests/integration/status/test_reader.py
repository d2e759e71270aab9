"""What a command is told: a whole view, the reason why there is none, or what happens just now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from reconciler.errors import StatusUnavailable
from reconciler.report.wire import VERSION
from reconciler.status import BoardReader, RedisBoard
from tests.statuses import instance, key, replica, resource

SYNC = "reconciler:default:sync"
RESOURCES = "reconciler:default:resources"


def _lead(board: RedisBoard) -> None:
    everything = [resource("a"), resource("b")]
    board.publish(instance(), replica(), everything, (), lambda: everything)


def _drop(client: redis.Redis) -> None:
    client.hdel(RESOURCES, "Workflow/a")


def _add(client: redis.Redis) -> None:
    client.hset(RESOURCES, "Workflow/c", "{}")


def _scribble(client: redis.Redis) -> None:
    client.hset(RESOURCES, "Workflow/a", "no json")


def _scribble_bytes(client: redis.Redis) -> None:
    client.hset(RESOURCES, "Workflow/a", b"\xff\xfe")


def _inject(client: redis.Redis) -> None:
    client.hset(SYNC, "source", '"x","epoch":"}')


def _supersede(client: redis.Redis) -> None:
    client.hset(SYNC, "format", "reconciler/v2")


def _usurp(client: redis.Redis) -> None:
    client.delete(SYNC)
    client.set(SYNC, "mine")


def _usurp_heartbeat(client: redis.Redis) -> None:
    client.set("reconciler:default:daemon:one", "mine")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_drop, "it shows 1 of 2 resources"),
        (_add, "it shows 3 of 2 resources"),
        (_scribble, "not a ResourceStatus"),
        (_scribble_bytes, "text that is not UTF-8"),
        (_inject, "not a InstanceStatus"),
        (_supersede, f"its form is reconciler/v2, not {VERSION}"),
        (_usurp, "a key of ours holds something else"),
        (_usurp_heartbeat, "a key of ours holds something else"),
    ],
)
def test_a_view_that_was_tampered_with_is_refused(
    board: RedisBoard,
    reader: BoardReader,
    client: redis.Redis,
    damage: Callable[[redis.Redis], None],
    told: str,
) -> None:
    """Rather no answer than a wrong one; PostgreSQL has another."""
    _lead(board)
    damage(client)
    with pytest.raises(StatusUnavailable, match=told):
        reader.read()


def test_a_reader_finds_redis_again(board: RedisBoard, reader: BoardReader, client: redis.Redis) -> None:
    """A connection that was cut is made anew at the next question."""
    _lead(board)
    assert reader.read()
    client.client_kill_filter(_type="normal", skipme=True)
    board.publish(None, replica(beat=1), (), (), list)
    shown = reader.read()
    assert shown
    assert shown.replicas == (replica(beat=1),)


def test_who_watches_is_told_what_happens_from_now_on(board: RedisBoard, reader: BoardReader) -> None:
    """Not what happened before; and at least once a second that nothing did."""
    _lead(board)
    with reader.watching() as happenings:
        board.publish(None, None, [resource("a", generation=2)], (), list)
        board.publish(None, None, [resource("b", generation=2)], [key("a")], list)
        seen = [event.subject for event in (*next(happenings), *next(happenings))]
        assert seen == ["Workflow/a", "Workflow/b", "Workflow/a"]
        assert next(happenings) == ()
        board.publish(None, None, [resource("b", generation=3)], (), list)
        assert [event.subject for event in next(happenings)] == ["Workflow/b"]


def test_who_watches_is_told_when_redis_fails(
    board: RedisBoard, reader: BoardReader, client: redis.Redis
) -> None:
    """What to do then is the watcher's choice."""
    _lead(board)
    with reader.watching() as happenings:
        client.delete("reconciler:default:events")
        client.set("reconciler:default:events", "mine")
        with pytest.raises(StatusUnavailable):
            next(happenings)


def test_an_empty_stream_can_be_watched(board: RedisBoard, reader: BoardReader) -> None:
    """From its first entry on."""
    with reader.watching() as happenings:
        _lead(board)
        assert next(happenings)[0].subject == "Instance/default"
