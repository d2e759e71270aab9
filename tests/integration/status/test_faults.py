"""Whatever is wrong with Redis: passes go on soon and unharmed, and the view is whole again afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from statistics import median
from threading import enumerate as enumerate_threads

import pytest
import redis

from reconciler.errors import StatusUnavailable, UsageError
from reconciler.report import Board
from reconciler.status import BoardReader, Limits, RedisBoard
from tests.e2e.daemons import until
from tests.fakes import HandClock
from tests.integration.status.servers import (
    RunningClock,
    Valkey,
    babble,
    drip,
    forward,
    gibber,
    hang_up,
    never_answer,
    refuse_with,
    scripted,
    swallow_more_than,
    valkey,
)
from tests.statuses import instance, key, replica, resource, resources

SHORT = Limits(
    patience=timedelta(milliseconds=200),
    timeout=timedelta(milliseconds=300),
    reading=timedelta(milliseconds=300),
    backoff=timedelta(milliseconds=1),
    longest_backoff=timedelta(milliseconds=1),
)


@contextmanager
def board_on(url: str, clock: HandClock | RunningClock, limits: Limits | None = None) -> Iterator[RedisBoard]:
    """Lend a board, and take it down afterwards."""
    board = RedisBoard(url, "default", clock, limits)
    yield board
    board.withdraw()


def publish(board: RedisBoard, number: int = 1, count: int = 3) -> float:
    """Publish as a leader does after its pass of this number, and give how many seconds that took."""
    begun = time.monotonic()
    whole = resources(count)
    changed = [resource("cmu-0", message=f"pass {number}")]
    board.publish(instance(number=number), replica(beat=number), changed, (), lambda: [*changed, *whole[1:]])
    return time.monotonic() - begun


def publish_until(board: RedisBoard, done: Callable[[], bool], number: int, count: int = 3) -> None:
    """Publish, as passes and heartbeats go on doing, until something has come about."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, board.problem
        publish(board, number, count)


def without_password(url: str) -> str:
    """Give the URL of a server that would not understand one."""
    return url.replace("ada:s3cret@", "")


def shown(url: str) -> Board | None:
    """Give what a command would read."""
    reader = BoardReader(url, "default", HandClock())
    try:
        return reader.read()
    finally:
        reader.close()


def assert_shows(url: str, number: int) -> None:
    """See that all of a pass is shown."""
    board = shown(url)
    assert board
    assert board.sync == instance(number=number)
    assert board.resources[key("cmu-0")].message == f"pass {number}"
    assert len(board.resources) == 3


@pytest.fixture
def server() -> Iterator[Valkey]:
    """Run a Valkey of this test's own."""
    with valkey() as running:
        yield running


def _nobody(reason: str) -> AbstractContextManager[str]:
    return nullcontext(
        {"no socket": "unix:///nowhere/redis.sock", "no listener": "redis://:pw@127.0.0.1:1"}[reason]
    )


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (
            _nobody("no socket"),
            "Redis does not answer: no such file or directory at unix:/nowhere/redis.sock",
        ),
        (_nobody("no listener"), "Redis does not answer: connection refused at redis://127.0.0.1:1/0"),
        (scripted(never_answer), "Redis is slow: nothing after 0.2 s at redis://127.0.0.1:"),
        (scripted(drip), "Redis is slow: nothing after 0.2 s at redis://127.0.0.1:"),
        (scripted(hang_up), "Redis does not answer: "),
        (scripted(babble), "Redis does not serve us: its reply makes no sense at redis://127.0.0.1:"),
        (
            scripted(refuse_with("LOADING Redis is loading")),
            "serve us: it is still loading its data at redis://",
        ),
        (
            scripted(refuse_with("WRONGPASS no such pair")),
            "serve us: it does not know this user and password at",
        ),
        (
            scripted(refuse_with("ERR max number of clients reached")),
            "max number of clients reached at redis://",
        ),
        (scripted(refuse_with("ERR \x1b[31mwhat?")), "\ufffd[31mwhat? at redis://127.0.0.1:"),
    ],
    ids=[
        "no socket",
        "no listener",
        "silent",
        "dripping",
        "hangs up",
        "babble",
        "loading",
        "password",
        "full",
        "odd",
    ],
)
def test_a_redis_that_fails_costs_a_pass_fifty_milliseconds_and_says_why(
    trouble: AbstractContextManager[str], told: str
) -> None:
    """Once that it fails is known; before, a pass waits for its patience. No password is shown."""
    with trouble as url, board_on(url, RunningClock(), SHORT) as board:
        assert publish(board) < 1
        took = [publish(board, number) for number in range(2, 12)]
        assert median(took) < 0.08, "one pass or another may be unlucky on a busy machine"
        assert told in board.problem
        assert "s3cret" not in board.problem
        with pytest.raises(StatusUnavailable):
            board.read()


def test_a_redis_that_answers_until_it_matters_costs_no_more(server: Valkey) -> None:
    """A view that never gets through is not waited for time and again."""
    limits = replace(SHORT, rebuild=timedelta(milliseconds=300))
    with (
        scripted(swallow_more_than(20_000, server)) as url,
        board_on(without_password(url), RunningClock(), limits) as board,
    ):
        publish(board, count=500)
        publish_until(board, lambda: "slow" in board.problem or "reply" in board.problem, 2)
        took = [publish(board, number, count=500) for number in range(3, 60)]
        assert median(took) < 0.08


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_instead_of_a_reply_is_redis_trouble_and_no_error(seed: int) -> None:
    """Neither of a pass nor of a command that reads."""
    limits = replace(SHORT, timeout=timedelta(milliseconds=20))
    with (
        scripted(gibber(seed)) as url,
        board_on(without_password(url), RunningClock(), limits) as board,
    ):
        for number in range(60):
            publish(board, number)
            assert "s3cret" not in board.problem
            with suppress(StatusUnavailable):
                board.read()


def test_a_daemon_stops_at_once_though_redis_hangs() -> None:
    """The thread that hangs is called back, and keeps nothing alive."""
    with (
        scripted(drip) as url,
        board_on(url, RunningClock(), Limits(patience=timedelta(milliseconds=50))) as board,
    ):
        publish(board)
        (thread,) = [thread for thread in enumerate_threads() if thread.name == "reconciler-redis"]
        begun = time.monotonic()
        board.withdraw()
        assert time.monotonic() - begun < 0.5
        thread.join(5)
        assert not thread.is_alive()


def test_the_next_try_comes_later_and_later(server: Valkey) -> None:
    """A Redis that is away is asked seldom, and found when it is back."""
    server.stop()
    clock = HandClock()
    with board_on(server.url, clock, Limits()) as board:
        publish(board)
        server.start()
        for seconds in (0.4, 0.2):
            assert "does not answer" in board.problem
            clock.forward(timedelta(seconds=seconds))
            publish(board)
        assert not board.problem
        server.stop()
        tries = 0
        for _ in range(600):
            clock.forward(timedelta(seconds=0.1))
            before = board._breaker._delay, board._breaker._next_try  # noqa: SLF001 - what is promised of it
            publish(board)
            tries += before != (board._breaker._delay, board._breaker._next_try)  # noqa: SLF001
        assert 8 <= tries <= 12


def test_what_was_missed_is_shown_whole_when_redis_is_back(server: Valkey) -> None:
    """Also when it comes back without a key."""
    with board_on(server.url, RunningClock(), SHORT) as board:
        publish(board)
        server.stop()
        publish_until(board, lambda: bool(board.problem), 2)
        server.start()
        publish_until(board, lambda: not board.problem, 3)
        assert_shows(server.url, 3)


def test_what_was_missed_while_redis_was_silent_is_told_afterwards(server: Valkey) -> None:
    """A server that was stopped and continued still has the old view: it is not taken for the new one."""
    with board_on(server.url, RunningClock(), SHORT) as board:
        publish(board)
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLIENT", "PAUSE", 60_000, "ALL")
            publish_until(board, lambda: bool(board.problem), 2)
        server.stop()
        server.start()
        publish_until(board, lambda: not board.problem, 3)
        assert_shows(server.url, 3)


def test_a_slow_redis_is_told_of_everything_though_later(server: Valkey) -> None:
    """It costs a pass no more than a dead one does."""
    with (
        scripted(forward(server, 0.3)) as url,
        board_on(
            without_password(url), RunningClock(), Limits(patience=timedelta(milliseconds=100))
        ) as board,
    ):
        publish(board)
        assert "slow" in board.problem
        assert publish(board, 2) < 0.25
        deadline = time.monotonic() + 30
        while (found := shown(server.url)) is None or found.sync != instance(number=3):
            assert publish(board, 3) < 0.25
            assert time.monotonic() < deadline, board.problem


def test_out_of_memory_is_told_and_leaves_no_half_view_behind(server: Valkey) -> None:
    """What was staged is taken away, and the view that stood stays."""
    with board_on(server.url, RunningClock(), SHORT) as board, redis.Redis.from_url(server.url) as client:
        publish(board)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 400_000)
        client.delete("reconciler:default:sync")
        told = "Redis does not serve us: it is out of memory at unix:/"
        publish_until(board, lambda: told in board.problem, 2, count=20_000)
        until(lambda: not client.keys("reconciler:default:resources:*"))
        client.config_set("maxmemory", 0)
        publish_until(board, lambda: not board.problem, 3)
        assert_shows(server.url, 3)


def test_a_redis_that_became_a_replica_is_told_of_and_found_again() -> None:
    """Read-only, as after a failover."""
    with valkey() as server, board_on(server.url, RunningClock(), SHORT) as board:
        publish(board)
        with redis.Redis.from_url(server.url) as client:
            client.replicaof("127.0.0.1", 1)
            publish(board, 2)
            assert "Redis does not serve us: it is a read-only replica at unix:/" in board.problem
            client.replicaof("NO", "ONE")
        publish_until(board, lambda: not board.problem, 3)
        assert_shows(server.url, 3)


def test_a_wrong_password_is_told_without_it() -> None:
    """Nor is the right one."""
    with valkey(requirepass="0pen") as server:
        for url in (f"{server.url}?password=s3cret", server.url.replace("://", "://ada:s3cret@"), server.url):
            with board_on(url, RunningClock(), SHORT) as board:
                publish(board)
                assert "password" in board.problem
                assert "s3cret" not in board.problem
        with board_on(f"{server.url}?password=0pen", RunningClock(), SHORT) as board:
            publish(board)
            assert not board.problem


def test_a_user_without_rights_is_told_which(server: Valkey) -> None:
    """Access lists are common where Redis is shared."""
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "ada", "on", ">s3cret", "~other:*", "+@all")
    with board_on(server.url.replace("://", "://ada:s3cret@"), RunningClock(), SHORT) as board:
        publish(board)
        assert "its user may not do that" in board.problem


def test_a_user_with_rights_to_our_keys_alone_is_enough(server: Valkey) -> None:
    """As the hint in the message says."""
    with redis.Redis.from_url(server.url) as client:
        rules = (
            "on",
            ">s3cret",
            "~reconciler:*",
            "resetchannels",
            "&reconciler:*",
            "+@all",
            "-@dangerous",
            "-@admin",
        )
        client.execute_command("ACL", "SETUSER", "ada", *rules)
    url = server.url.replace("://", "://ada:s3cret@")
    with board_on(url, RunningClock(), SHORT) as board:
        publish(board)
        assert not board.problem
        publish(board, 2)
        assert_shows(url, 2)


@pytest.mark.parametrize(
    "url", ["", "localhost:6379", "http://localhost", "redis://localhost:port", "unix://", "redis://h?db=x"]
)
def test_what_is_no_url_of_a_redis_is_a_mistake_of_usage(url: str) -> None:
    """Told before anything is tried, without the URL: a password may be what is wrong with it."""
    with pytest.raises(UsageError, match="the URL of Redis can't be read"):
        RedisBoard(url, "default", HandClock())
