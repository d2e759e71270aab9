"""How long Redis may take, how much it is given at once, and how long it keeps what it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What Redis may cost; the defaults suit a server in the same data centre.

    A publication waits `patience` for Redis, and only `curtness` once Redis is known to be failing. What it
    waits for goes on meanwhile, each step for `timeout` at most; and when the whole is later than that, it is
    given up. A view may take `rebuild` to be built anew, and `reading` to be read. After a failure the next
    try comes `backoff` later, then twice that, up to `longest_backoff`.

    A heartbeat that is not renewed is gone after `ttl`. `chunk` is how many resources are written in one
    command, `narrow` how many may change before building anew is the shorter way; `events` is how many
    entries the stream keeps, or a few more. A writer that has been silent for `lapse` no longer keeps writers
    of lower epochs out, since a restored database counts anew; every `renewal` it says that it is there.
    """

    patience: timedelta = timedelta(milliseconds=500)
    curtness: timedelta = timedelta(milliseconds=50)
    timeout: timedelta = timedelta(seconds=2)
    rebuild: timedelta = timedelta(seconds=15)
    reading: timedelta = timedelta(seconds=10)
    backoff: timedelta = timedelta(milliseconds=500)
    longest_backoff: timedelta = timedelta(seconds=10)
    ttl: timedelta = timedelta(seconds=30)
    lapse: timedelta = timedelta(minutes=10)
    renewal: timedelta = timedelta(minutes=1)
    chunk: int = 500
    narrow: int = 2_000
    events: int = 10_000
