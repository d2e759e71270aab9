"""What stands in Redis, and what is written there: no more than changed, and all of it when it is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import redis

from reconciler.plan import Reason, Sync
from reconciler.report import ResourceStatus
from reconciler.status import BoardReader, Limits, RedisBoard
from reconciler.status.calls import Reply
from reconciler.status.courier import Courier
from reconciler.status.keys import Keys
from reconciler.status.line import Line
from reconciler.status.news import Bulletin
from tests.fakes import NOON, HandClock
from tests.integration.status.conftest import MakeBoard
from tests.statuses import instance, key, replica, resource, resources, standby


def lead(board: RedisBoard, *statuses: ResourceStatus, number: int = 1, epoch: int = 1) -> None:
    """Publish all of these as changed."""
    board.publish(instance(epoch=epoch, number=number), replica(epoch=epoch), statuses, (), lambda: statuses)
    assert not board.problem


def unasked() -> Iterable[ResourceStatus]:
    """Fail: nobody should want to know everything."""
    raise AssertionError("asked for every resource without need")


@contextmanager
def overheard(client: redis.Redis) -> Iterator[list[str]]:
    """Listen to what Redis does, scripts included; complete when the block has ended."""
    heard: list[str] = []
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]
        yield heard
        client.ping()
        for command in monitor.listen():
            if command["command"] == "PING":
                return
            heard.append(command["command"])


def writes(heard: list[str]) -> list[str]:
    """Give the writing commands, without the values."""
    words = (command.split(" ") for command in heard)
    return [" ".join(w[:2]) for w in words if w[0] in {"HSET", "HDEL", "DEL", "UNLINK", "XADD", "RENAME"}]


def test_the_keys_stand_beneath_the_instances_name(board: RedisBoard, client: redis.Redis) -> None:
    """As documented, each of its type; only the heartbeat expires."""
    lead(board, resource("a"))
    kinds = {name: client.type(name) for name in client.keys("*")}
    assert kinds == {
        "reconciler:default:daemon:one": "hash",
        "reconciler:default:replicas": "set",
        "reconciler:default:sync": "hash",
        "reconciler:default:resources": "hash",
        "reconciler:default:events": "stream",
    }
    expiring = [name for name in kinds if client.ttl(name) != -1]
    assert expiring == ["reconciler:default:daemon:one"]
    assert 25 < client.ttl("reconciler:default:daemon:one") <= 30


def test_fields_can_be_read_by_themselves(board: RedisBoard, client: redis.Redis) -> None:
    """Each is JSON, so that a script needs no more than HGET."""
    lead(board, resource("a"))
    assert client.hget("reconciler:default:sync", "last_applied") == '"a1b2"'
    assert client.hget("reconciler:default:sync", "epoch") == "1"
    assert client.hget("reconciler:default:daemon:one", "role") == '"leader"'
    shown = json.loads(str(client.hget("reconciler:default:resources", "Workflow/a")))
    assert (shown["sync"], shown["reason"]) == ("Synced", "Applied")


@pytest.mark.parametrize(
    "name", ["a b", "a:b", "a:daemon:b", "推理", "*", "a\nb", "a\0b", "\ud800", "..", "x" * 500]
)
def test_keys_stay_well_formed_whatever_the_names_hold(
    make_board: MakeBoard, client: redis.Redis, redis_url: str, name: str
) -> None:
    """A name can neither break a key nor reach into another instance's."""
    board = make_board(name)
    board.publish(instance(), replica(name), [resource(name)], (), lambda: [resource(name)])
    assert not board.problem
    keys = [str(stored) for stored in client.keys("*")]
    assert all(stored.isascii() and stored.isprintable() and " " not in stored for stored in keys)
    assert {stored.count(":") for stored in keys} == {2, 3}
    reader = BoardReader(redis_url, name, HandClock())
    shown = reader.read()
    reader.close()
    assert shown
    assert len(shown.replicas) == len(shown.resources) == 1
    other = make_board("other")
    assert other.read() is None


def test_a_heartbeat_alone_writes_its_own_hash_only(board: RedisBoard, client: redis.Redis) -> None:
    """However many resources there are."""
    lead(board, *resources(50))
    with overheard(client) as heard:
        board.publish(None, replica(beat=5), (), (), unasked)
    assert writes(heard) == ["HSET reconciler:default:daemon:one"]


def test_only_what_changed_is_written(board: RedisBoard, client: redis.Redis) -> None:
    """One resource of many, and of the instance only the fields that differ."""
    lead(board, *resources(50))
    before = client.hgetall("reconciler:default:sync")
    with overheard(client) as heard:
        board.publish(
            instance(number=2),
            replica(beat=1),
            [resource("cmu-7", message="new"), resource("cmu-8")],
            [key("cmu-9"), key("never-there")],
            unasked,
        )
    hashes = [
        command for command in heard if command.startswith(("HSET", "HDEL")) and ":daemon:" not in command
    ]
    assert [command.split()[:3] for command in hashes if ":resources" in command] == [
        ["HSET", "reconciler:default:resources", "Workflow/cmu-7"],
        ["HDEL", "reconciler:default:resources", "Workflow/cmu-9"],
    ]
    after = client.hgetall("reconciler:default:sync")
    differing = {name for name in after if after[name] != before.get(name)} - {"written_at"}
    assert differing == {"mark", "count", "last_pass", "last_applied_at"}
    (told,) = [command for command in hashes if ":sync last" in command]
    assert "diagnostics" not in told


def test_what_is_told_twice_is_written_once(board: RedisBoard, client: redis.Redis) -> None:
    """Whoever calls need not compare."""
    lead(board, resource("a"))
    with overheard(client) as heard:
        lead(board, resource("a"))
    assert writes(heard) == ["HSET reconciler:default:daemon:one"]


def _flush(client: redis.Redis) -> None:
    client.flushall()


def _lose(name: str) -> Callable[[redis.Redis], None]:
    def lose(client: redis.Redis) -> None:
        client.delete(f"reconciler:default:{name}")

    return lose


def _usurp(name: str) -> Callable[[redis.Redis], None]:
    def usurp(client: redis.Redis) -> None:
        client.delete(f"reconciler:default:{name}")
        client.rpush(f"reconciler:default:{name}", "mine")

    return usurp


def _lose_one(client: redis.Redis) -> None:
    client.hdel("reconciler:default:resources", "Workflow/cmu-1")


def _forget_scripts(client: redis.Redis) -> None:
    client.script_flush()
    client.delete("reconciler:default:sync")


@pytest.mark.parametrize(
    "damage",
    [
        _flush,
        _lose("sync"),
        _lose("resources"),
        _usurp("sync"),
        _usurp("resources"),
        _usurp("events"),
        _usurp("replicas"),
        _usurp("daemon:one"),
        _lose_one,
        _forget_scripts,
    ],
    ids=lambda damage: damage.__qualname__.split(".")[0],
)
def test_what_was_lost_is_built_anew_by_the_next_publication(
    board: RedisBoard, client: redis.Redis, damage: Callable[[redis.Redis], None]
) -> None:
    """Also by a heartbeat, and also what somebody put in our key's place is replaced."""
    everything = resources(20)
    lead(board, *everything)
    damage(client)
    board.publish(None, replica(beat=1), (), (), lambda: everything)
    assert not board.problem
    shown = board.read()
    assert shown
    assert shown.sync == instance()
    assert shown.replicas == (replica(beat=1),)
    assert shown.resources == {status.key: status for status in everything}
    board.publish(None, replica(beat=2), (), (), unasked)
    assert client.type("reconciler:default:events") in {"stream", "none"}


def test_a_copy_that_missed_the_last_write_is_noticed(board: RedisBoard, client: redis.Redis) -> None:
    """A failover may bring back what stood a moment ago."""
    lead(board, resource("a"))
    copies: dict[str, Any] = {}
    with redis.Redis.from_pool(redis.ConnectionPool(**_raw(client))) as raw:
        for name in ("sync", "resources"):
            copies[name] = raw.dump(f"reconciler:default:{name}")
        lead(board, resource("a", message="newer"), number=2)
        for name, copy in copies.items():
            raw.restore(f"reconciler:default:{name}", 0, copy, replace=True)
    newest = [resource("a", message="newer")]
    board.publish(None, replica(beat=1), (), (), lambda: newest)
    shown = board.read()
    assert shown
    assert shown.sync == instance(number=2)
    assert shown.resources[key("a")].message == "newer"


def _raw(client: redis.Redis) -> dict[str, Any]:
    options = dict(client.connection_pool.connection_kwargs)
    return {**options, "decode_responses": False, "connection_class": client.connection_pool.connection_class}


def test_a_reader_sees_a_whole_view_or_another_never_a_mix(
    make_board: MakeBoard, reader: BoardReader
) -> None:
    """While writers build one after the other, of different sizes."""
    sizes = {epoch: 400 + 300 * epoch for epoch in range(1, 9)}

    def build_all() -> None:
        for epoch, size in sizes.items():
            statuses = [resource(f"cmu-{n}", generation=epoch) for n in range(size)]
            lead(make_board(limits=Limits(chunk=50)), *statuses, epoch=epoch)

    builder = Thread(target=build_all)
    builder.start()
    seen = set()
    while builder.is_alive():
        shown = reader.read()
        if shown and shown.sync:
            seen.add(shown.sync.epoch)
            assert len(shown.resources) == sizes[shown.sync.epoch]
            assert {status.generation for status in shown.resources.values()} == {shown.sync.epoch}
    builder.join()
    assert len(seen) > 1


def test_an_unfinished_view_expires(board: RedisBoard, client: redis.Redis) -> None:
    """What a killed daemon left half-built is not kept."""
    with overheard(client) as heard:
        lead(board, *resources(3))
    staging = {command.split()[1] for command in heard if command.startswith("PEXPIRE")}
    assert [name.rpartition(":")[0] for name in staging if ":resources:" in name] == [
        "reconciler:default:resources"
    ]
    assert client.keys("reconciler:default:resources:*") == []


def test_many_changes_at_once_are_told_by_building_anew(make_board: MakeBoard, client: redis.Redis) -> None:
    """A single script with all of them would keep Redis from others."""
    board = make_board(limits=Limits(narrow=10, chunk=10))
    lead(board, *resources(40))
    changed = [replace(status, message="new") for status in resources(40)]
    with overheard(client) as heard:
        board.publish(None, None, changed, (), lambda: changed)
    staged = [command for command in heard if command.startswith("HSET reconciler:default:resources:")]
    assert len(staged) == 4
    shown = board.read()
    assert shown
    assert shown.resources == {status.key: status for status in changed}


def test_no_resources_at_all_are_a_whole_view_too(board: RedisBoard) -> None:
    """An empty folder has a status."""
    lead(board, resource("a"))
    board.publish(None, None, (), [key("a")], unasked)
    shown = board.read()
    assert shown
    assert (shown.sync, shown.resources) == (instance(), {})


class TestWriters:
    def test_an_older_process_of_the_same_name_does_not_disturb_the_newer_ones_heartbeat(
        self, make_board: MakeBoard
    ) -> None:
        """It was stopped for a while, and a pod of the same name has taken its place."""
        newer = replace(replica(epoch=2), started_at=NOON + timedelta(minutes=1), pid=2)
        older, board = make_board(), make_board()
        older.publish(None, replica(epoch=1), (), (), unasked)
        board.publish(instance(epoch=2), newer, (), (), list)
        older.publish(None, replica(epoch=1, beat=90), (), (), list)
        shown = board.read()
        assert shown
        assert shown.replicas == (newer,)
        assert older.problem

    def test_a_process_that_began_later_may_begin_anew(self, make_board: MakeBoard) -> None:
        """A restarted replica has no epoch until it leads."""
        restarted = replace(standby("one"), started_at=NOON + timedelta(minutes=1))
        before, after = make_board(), make_board()
        lead(before, epoch=7)
        after.publish(None, restarted, (), (), unasked)
        shown = after.read()
        assert shown
        assert shown.replicas == (restarted,)

    def test_an_older_process_that_stops_leaves_the_newer_ones_heartbeat(self, make_board: MakeBoard) -> None:
        """Only its own is taken down."""
        newer = replace(standby("one"), started_at=NOON + timedelta(minutes=1))
        older, board = make_board(), make_board()
        lead(older)
        board.publish(None, newer, (), (), unasked)
        older.withdraw()
        shown = board.read()
        assert shown
        assert shown.replicas == (newer,)

    def test_a_view_that_took_too_long_to_build_is_not_unveiled(
        self, board: RedisBoard, client: redis.Redis, redis_url: str
    ) -> None:
        """When the building began no newer writer was there; when it ended, one was."""
        lead(board, resource("a"), epoch=2)
        line = Line(redis_url, timedelta(seconds=5))
        late = Bulletin(NOON, None, instance(epoch=1), whole=(resource("late"),))
        landing = Courier(line, Keys("default"), Limits(), HandClock()).build(late, instance(epoch=1), None)
        line.close()
        assert (landing.view, landing.shown) == (Reply.STALE, None)
        assert not client.keys("reconciler:default:resources:*")
        shown = board.read()
        assert shown
        assert list(shown.resources) == [key("a")]

    def test_a_restored_database_may_count_its_epochs_anew(
        self, make_board: MakeBoard, client: redis.Redis
    ) -> None:
        """The fence of a writer that has been silent for long lapses; else its view would stay for ever."""
        lead(make_board(), resource("a"), epoch=9)
        board = make_board()
        board.publish(instance(epoch=1), replica("two"), [resource("b")], (), lambda: [resource("b")])
        assert "newer writer" in board.problem
        written = int(str(client.hget("reconciler:default:sync", "written_at")))
        client.hset("reconciler:default:sync", "written_at", written - 601)
        board.publish(None, None, (), (), lambda: [resource("b")])
        assert not board.problem
        shown = board.read()
        assert shown
        assert list(shown.resources) == [key("b")]

    def test_a_writer_that_only_beats_keeps_its_fence(self, board: RedisBoard, client: redis.Redis) -> None:
        """Once a minute it says that it is there, though nothing changes."""
        lead(board)
        client.hincrby("reconciler:default:sync", "written_at", -61)
        before = int(str(client.hget("reconciler:default:sync", "written_at")))
        board.publish(None, replica(beat=60), (), (), unasked)
        assert int(str(client.hget("reconciler:default:sync", "written_at"))) >= before + 61

    def test_replicas_whose_heartbeat_ended_are_forgotten(
        self, make_board: MakeBoard, client: redis.Redis
    ) -> None:
        """Not seen at once, and dropped when a writer builds its view."""
        make_board().publish(None, standby("gone"), (), (), unasked)
        client.delete("reconciler:default:daemon:gone")
        board = make_board()
        lead(board)
        shown = board.read()
        assert shown
        assert [r.replica for r in shown.replicas] == ["one"]
        assert client.smembers("reconciler:default:replicas") == {"one"}

    def test_a_standby_writes_nothing_but_its_own_heartbeat(
        self, board: RedisBoard, client: redis.Redis
    ) -> None:
        """Whatever it is given."""
        with overheard(client) as heard:
            board.publish(instance(), standby(), [resource("a")], [key("b")], unasked)
        assert writes(heard) == ["HSET reconciler:default:daemon:two"]

    def test_a_pass_without_a_daemon_can_be_shown(self, board: RedisBoard) -> None:
        """`apply` has no heartbeat."""
        board.publish(instance(), None, [resource("a")], (), lambda: [resource("a")])
        shown = board.read()
        assert shown
        assert (shown.sync, shown.replicas) == (instance(), ())


class TestEvents:
    def test_each_change_of_standing_is_told_once(self, board: RedisBoard, reader: BoardReader) -> None:
        """Of resources, conditions and passes; what only counts on is no event."""
        lead(board, resource("a"), resource("b"))
        invalid = resource("a", Sync.INVALID, Reason.MANIFEST_INVALID, "no such field")
        board.publish(instance(number=2), replica(ready=False), [invalid], [key("b")], unasked)
        again = replace(invalid, message="no such field, for 3 s")
        board.publish(None, replica(ready=False, beat=1), [again], (), unasked)
        told = [(event.subject, event.status, event.reason) for event in reader.events()]
        assert told == [
            ("Instance/default", "Rebuilt", ""),
            ("Replica/one", "Ready=True", "Watching"),
            ("Pass/00000000-0000-0000-0000-000000000001", "Applied", "files"),
            ("Workflow/a", "Invalid", "ManifestInvalid"),
            ("Workflow/b", "Gone", ""),
            ("Replica/one", "Ready=False", "Stuck"),
            ("Pass/00000000-0000-0000-0000-000000000002", "Applied", "files"),
        ]
        assert reader.events(2) == reader.events()[-2:]

    def test_what_happened_while_redis_was_away_is_told_afterwards(
        self, board: RedisBoard, reader: BoardReader, client: redis.Redis
    ) -> None:
        """As far as this writer knows what was shown before."""
        lead(board, resource("a"), resource("b"))
        client.flushall()
        later = [resource("a", Sync.DEFERRED, Reason.IN_FLIGHT, "tile is running")]
        board.publish(None, replica(beat=1), later, [key("b")], lambda: later)
        told = [(event.subject, event.status) for event in reader.events()]
        assert told == [("Instance/default", "Rebuilt"), ("Workflow/a", "Deferred"), ("Workflow/b", "Gone")]

    def test_the_stream_is_capped(self, make_board: MakeBoard, client: redis.Redis) -> None:
        """Old entries make room, a node of the stream at a time."""
        board = make_board(limits=Limits(events=200, narrow=10_000))
        lead(board, *resources(1000))
        for generation in (2, 3):
            board.publish(
                None, None, [resource(f"cmu-{n}", generation=generation) for n in range(1000)], (), unasked
            )
        assert 200 <= int(str(client.xlen("reconciler:default:events"))) < 400

    def test_the_same_is_published_on_a_channel(self, board: RedisBoard, client: redis.Redis) -> None:
        """For whoever would rather be told than ask."""
        lead(board, resource("a"))
        with client.pubsub() as channel:  # type: ignore[no-untyped-call]
            channel.subscribe("reconciler:default:events")
            channel.get_message(timeout=5)
            board.publish(None, None, [resource("a", generation=2)], (), unasked)
            message = channel.get_message(timeout=5)
        assert message
        assert json.loads(message["data"])["subject"] == "Workflow/a"
