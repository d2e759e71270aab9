"""What is said about a Redis and its failures."""

from __future__ import annotations

import socket

import pytest
import redis

from reconciler.errors import UsageError
from reconciler.status.line import address, reason


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://ada:s3cret@redis.example:6380/2", "redis://redis.example:6380/2"),
        ("rediss://:s3cret@redis.example", "rediss://redis.example:6379/0"),
        ("redis://redis.example?password=s3cret&db=3", "redis://redis.example:6379/3"),
        ("redis://[::1]:6380", "redis://[::1]:6380/0"),
        ("unix:///run/a%20b/redis.sock?password=s3cret", "unix:/run/a b/redis.sock"),
        ("unix://ada:s3cret@/run/redis.sock", "unix:/run/redis.sock"),
        ("redis://:p%40ss%3As3cret@h", "redis://h:6379/0"),
    ],
)
def test_an_address_is_shown_without_credentials(url: str, shown: str) -> None:
    """Nor with any other option that a URL may carry."""
    assert address(url) == shown


@pytest.mark.parametrize("url", ["redis://h:0x10", "redis://h?socket_timeout=soon", "ftp://h", "unix://"])
def test_what_can_not_be_read_is_a_mistake_of_usage(url: str) -> None:
    """It is told how a URL looks."""
    with pytest.raises(UsageError, match="redis://HOST:PORT/DB"):
        address(url)


def _after(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            redis.ResponseError("OOM command not allowed when used memory > 'maxmemory'"),
            "it is out of memory",
        ),
        (
            redis.ResponseError("Error running script: @user_script: 3: -READONLY You can't write against"),
            "it is a read-only replica",
        ),
        (redis.ResponseError("you said LOADINGS"), "you said LOADINGS"),
        (
            redis.AuthenticationError("Client sent AUTH, but no password is set"),
            "it refuses the user or password",
        ),
        (redis.TimeoutError("Timeout reading from socket"), "no reply in time"),
        (
            _after(
                redis.ConnectionError("Error 111 connecting to h:1."),
                ConnectionRefusedError(111, "Connection refused"),
            ),
            "connection refused",
        ),
        (
            _after(redis.ConnectionError("Error -2"), socket.gaierror(-2, "Name or service not known")),
            "name or service not known",
        ),
        (redis.ConnectionError("first\x1b[1m\nsecond"), "first\ufffd[1m"),
        (redis.ConnectionError(), "ConnectionError"),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, why: str) -> None:
    """In one line that no terminal minds."""
    assert reason(error)[0] == why
