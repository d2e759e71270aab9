"""Boards, readers and bare clients of one Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from reconciler.status import BoardReader, Limits, RedisBoard
from tests.fakes import HandClock

MakeBoard = Callable[..., RedisBoard]


@pytest.fixture
def clock() -> HandClock:
    """Give the clock that all boards of a test share."""
    return HandClock()


@pytest.fixture
def make_board(redis_url: str, clock: HandClock) -> Iterator[MakeBoard]:
    """Give a way to have boards, of the instance `default` or another."""
    made: list[RedisBoard] = []

    def make(name: str = "default", limits: Limits | None = None) -> RedisBoard:
        made.append(RedisBoard(redis_url, name, clock, limits))
        return made[-1]

    yield make
    for board in made:
        board.withdraw()


@pytest.fixture
def board(make_board: MakeBoard) -> RedisBoard:
    """Give a board."""
    return make_board()


@pytest.fixture
def reader(redis_url: str, clock: HandClock) -> Iterator[BoardReader]:
    """Give what a command reads with."""
    reader = BoardReader(redis_url, "default", clock)
    yield reader
    reader.close()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Give somebody else who looks at Redis, or meddles with it."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
