"""What is found of a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from reconciler.daemon.clock import SystemClock
from reconciler.errors import StatusUnavailable
from reconciler.report.checkup.facts import Redis
from reconciler.report.checkup.servers import RULES, judge_redis
from reconciler.status.checkup import examine


def look(url: str) -> Redis:
    """Look at a Redis as `doctor` does."""
    return examine(url, "default", SystemClock())


@contextmanager
def login(url: str, *rules: str) -> Iterator[str]:
    """Lend a user with these rights: the URL to use it by."""
    with redis.Redis.from_url(url) as admin:
        admin.execute_command("ACL", "SETUSER", "tester", "reset", "on", ">secret", *rules)
        try:
            yield url.replace("unix://", "unix://tester:secret@", 1)
        finally:
            admin.execute_command("ACL", "DELUSER", "tester")


def test_a_redis_of_ours_is_as_it_should_be(redis_url: str) -> None:
    """And nothing of the trial is left there."""
    found = look(redis_url)

    assert (found.trial, found.replica) == ("", False)
    assert found.version is not None
    assert abs(found.ahead.total_seconds()) < 1
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_a_user_who_may_too_little_is_found_out(redis_url: str) -> None:
    """By trying; and one who may not ask for the server's figures is not asked again."""
    with login(redis_url, "~other:*", "&*", "+@all") as url:
        assert "may not do that" in look(url).trial
    with login(redis_url, "~reconciler:*", "&reconciler:*", "+@all", "-info") as url:
        found = look(url)
        assert (found.trial, found.version, found.policy) == ("", None, None)


def test_a_user_who_may_nothing_may_all_that_is_needed_by_what_is_told(redis_url: str) -> None:
    """Typed as it stands; not even the time may be asked for before."""
    with login(redis_url, "+@connection") as url, redis.Redis.from_url(redis_url) as admin:
        (told,) = [remark for remark in judge_redis(look(url)) if remark.fix]
        admin.execute_command(*told.fix.split())

        assert not any(remark.fix for remark in judge_redis(look(url)))
        admin.execute_command("ACL", "SETUSER", "tester", "-time")
        assert "may not do that" in look(url).trial


def test_the_rights_that_are_told_are_enough(redis_url: str) -> None:
    """Those of the cure."""
    with login(redis_url, *RULES.split()) as url:
        assert look(url).trial == ""


def test_a_full_redis_is_found_out(redis_url: str) -> None:
    """It takes no more, whatever it says of itself."""
    with redis.Redis.from_url(redis_url) as admin:
        admin.config_set("maxmemory", "1")
        try:
            assert "out of memory" in look(redis_url).trial
        finally:
            admin.config_set("maxmemory", "0")


def test_a_redis_that_is_away_is_an_error() -> None:
    """In the words of every other command."""
    with pytest.raises(StatusUnavailable):
        look("redis://127.0.0.1:1")
