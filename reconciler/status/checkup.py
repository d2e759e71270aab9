"""What `doctor` wants to know of Redis, and a trial of all that the daemon does there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import redis

from reconciler.ports import Clock
from reconciler.report.checkup.facts import Redis, skew
from reconciler.status.keys import Keys
from reconciler.status.line import Line, reason

_TIMEOUT: Final = timedelta(seconds=2)

_TRIAL: Final = """
redis.call('HSET', KEYS[1], 'doctor', ARGV[1])
redis.call('PEXPIRE', KEYS[1], 5000)
redis.call('HGETALL', KEYS[1])
redis.call('SADD', KEYS[2], 'doctor')
redis.call('SMEMBERS', KEYS[2])
redis.call('SREM', KEYS[2], 'doctor')
redis.call('XADD', KEYS[3], 'MAXLEN', '~', 10, '*', 'event', ARGV[1])
redis.call('UNLINK', KEYS[3])
redis.call('PUBLISH', KEYS[3], ARGV[1])
return redis.call('UNLINK', KEYS[1])
"""


def examine(url: str, instance: str, clock: Clock) -> Redis:
    """Look at a Redis; the trial is on keys of its own, which are gone when it ends.

    Raises:
        StatusUnavailable: it does not answer, or does not let us in.
        UsageError: `url` is no URL of a Redis.

    """
    line = Line(url, _TIMEOUT)
    try:
        with line.asking() as client:
            ahead, refused = _ahead(client, clock)
            told = _told(client)
            return Redis(
                where=line.address,
                ahead=ahead,
                user=client.connection_pool.connection_kwargs.get("username") or "default",
                trial=_try(client, Keys(instance)) or refused,
                product=_product(told) if told else "Redis, of a version that it does not tell,",
                version=told.get("redis_version"),
                policy=told.get("maxmemory_policy"),
                used=told.get("used_memory"),
                limit=told.get("maxmemory"),
                replica=told.get("role") == "slave",
            )
    finally:
        line.close()


def product(url: str) -> str:
    """Give name and version of what serves there; raises as `examine` does."""
    line = Line(url, _TIMEOUT)
    try:
        with line.asking() as client:
            return _product(client.info("server"))
    finally:
        line.close()


def _product(told: Mapping[str, Any]) -> str:
    """Name a server by what it is: Valkey says which Redis it is like, and its own version besides."""
    name = str(told.get("server_name", "redis"))
    version = told.get(f"{name}_version") or told.get("redis_version", "")
    return f"{name.capitalize()} {version}".strip()


def _ahead(client: redis.Redis, clock: Clock) -> tuple[timedelta, str]:
    """Give how far its clock is ahead, and why it does not tell, "" when it does."""
    asked = clock.now()
    try:
        seconds, micros = client.time()
    except redis.exceptions.NoPermissionError as error:
        return timedelta(), reason(error)[0]
    theirs = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)
    return skew(theirs, asked, clock.now()), ""


def _told(client: redis.Redis) -> dict[str, Any]:
    """Ask for what not every user is told."""
    try:
        return client.info()
    except redis.ResponseError:
        return {}


def _try(client: redis.Redis, keys: Keys) -> str:
    name = uuid4().hex
    places = [f"{key}:doctor-{name}" for key in (keys.resources, keys.replicas, keys.events)]
    try:
        client.eval(_TRIAL, len(places), *places, name)
    except redis.ResponseError as error:
        return reason(error)[0]
    return ""
