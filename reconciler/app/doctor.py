"""The doctor's rounds: all is looked at at once, and nothing waited for longer than a person would."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from reconciler.app.inquiry import read_board
from reconciler.app.places import locate, source_name
from reconciler.daemon.clock import SystemClock
from reconciler.errors import InternalError, ReconcilerError, SchemaMismatch, StatusUnavailable
from reconciler.report import ReplicaStatus
from reconciler.report.checkup.facts import Choices, Door
from reconciler.report.checkup.remark import CHECKS, Grade, Remark, in_order, ok, out_of_reach
from reconciler.settings import Settings
from reconciler.settings.resolve import unknown_variables
from reconciler.telemetry import mask

_PATIENCE: Final = 4.5
"""Seconds for all of it; who has not answered by then counts as not answering."""

Look = Callable[[], Iterable[Remark]]


@dataclass(frozen=True, slots=True)
class _Round:
    """One visit: what it looks at, and how; `also` are checks to which other rounds contribute too."""

    checks: tuple[str, ...]
    look: Look
    also: tuple[str, ...] = ()


def examine(settings: Settings | ReconcilerError, only: Container[str] = CHECKS) -> tuple[Remark, ...]:
    """Look at everything that a daemon with these settings needs, and tell of the checks in `only`.

    Without settings, what does not depend on them is looked at.
    """
    rounds = [one for one in _rounds(settings) if any(check in only for check in (*one.checks, *one.also))]
    visits = [_Visit(one) for one in rounds]
    deadline = time.monotonic() + _PATIENCE
    remarks = [remark for visit in visits for remark in visit.outcome(deadline)]
    return tuple(remark for remark in in_order(remarks) if remark.check in only)


class _Visit:
    """A round under way, on a thread that is left alone when it takes too long."""

    def __init__(self, one: _Round) -> None:
        self._round = one
        self._remarks: list[Remark] | None = None
        self._thread = Thread(target=self._run, name=f"doctor {one.checks[0]}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._remarks = list(self._round.look())
        except ReconcilerError as error:
            self._remarks = out_of_reach(self._round.checks, error)
        except OSError as error:
            fix = "see to that first, then ask again"
            told: ReconcilerError = StatusUnavailable("this could not be looked at", why=str(error), fix=fix)
            self._remarks = out_of_reach(self._round.checks, told)
        except Exception as error:  # noqa: BLE001 - one check that breaks must not keep others from being told
            why = mask(f"{type(error).__name__}: {error}")
            told = InternalError("this check is a mistake in reconciler", why=why, fix="report it, please")
            self._remarks = out_of_reach(self._round.checks, told)

    def outcome(self, deadline: float) -> list[Remark]:
        """Give what was found by the deadline."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._remarks is not None:
            return self._remarks
        late = StatusUnavailable(f"no answer in {_PATIENCE:g} s", fix="see whether it hangs, or is far away")
        return out_of_reach(self._round.checks, late)


def _rounds(settings: Settings | ReconcilerError) -> Iterator[_Round]:
    yield _Round(("python", "open-files"), _machine)
    if isinstance(settings, ReconcilerError):
        others = tuple(check for check in CHECKS if check not in {"python", "open-files", "settings"})
        yield _Round(("settings", *others), lambda: out_of_reach(("settings", *others), settings))
        return
    yield _Round(("settings",), lambda: _choices(settings))
    yield _Round(("manifests", "watching"), lambda: _folder(settings))
    yield _Round(
        ("postgresql", "encryption", "pooler", "connections", "schema", "triggers", "rights", "sources"),
        lambda: _database(settings),
        also=("clock", "disk"),
    )
    yield _Round(("redis", "redis-rights"), lambda: _redis(settings), also=("clock",))
    yield _Round(("disk",), _room)
    yield _Round(("embedded",), lambda: _embedded(settings))
    yield _Round(("daemon",), lambda: _daemon(settings))
    yield _Round(("http",), lambda: _door(settings))


def _machine() -> Iterator[Remark]:
    from reconciler.machine.checkup import examine_machine
    from reconciler.report.checkup.machine import judge_machine

    yield from judge_machine(examine_machine())


def _choices(settings: Settings) -> Iterator[Remark]:
    from reconciler.report.checkup.choices import judge_choices

    yield from judge_choices(
        Choices(
            database=settings.database_url is not None,
            session=settings.session_url is not None,
            redis=settings.redis_url is not None,
            embedded=settings.embedded,
            prune=settings.prune,
            max_prune=settings.max_prune,
            strange=tuple(unknown_variables(os.environ)),
        )
    )


def _folder(settings: Settings) -> Iterator[Remark]:
    from reconciler.report.checkup.machine import judge_folder, judge_watching
    from reconciler.sources.checkup import examine_folder, examine_watching

    folder = examine_folder(settings.manifests)
    yield from judge_folder(folder)
    yield from judge_watching(folder, examine_watching(settings.manifests))


def _database(settings: Settings) -> Iterator[Remark]:
    from reconciler.machine.checkup import examine_room
    from reconciler.report.checkup.machine import judge_room
    from reconciler.report.checkup.servers import judge_database
    from reconciler.store.checkup import examine as examine_database

    addresses = locate(settings)
    urls = addresses.database_url, addresses.session_url
    database = examine_database(*urls, settings.instance, SystemClock())
    yield from judge_database(replace(database, source=database.source or source_name(settings)))
    if database.server.data:
        with suppress(OSError):  # another user's folder, or that of a container, which only looks local
            yield from judge_room(examine_room("the data of PostgreSQL", Path(database.server.data)))


def _redis(settings: Settings) -> Iterator[Remark]:
    from reconciler.report.checkup.servers import judge_redis
    from reconciler.status.checkup import examine as examine_redis

    url = _redis_url(settings)
    if url:
        yield from judge_redis(examine_redis(url, settings.instance, SystemClock()))


def _redis_url(settings: Settings) -> str:
    if settings.redis_url is not None:
        return settings.redis_url.reveal()
    with suppress(ReconcilerError):  # that there is no PostgreSQL is told where PostgreSQL is looked at
        return locate(settings).redis_url
    return ""


def _room() -> Iterator[Remark]:
    from reconciler.embedded.checkup import data_of
    from reconciler.machine.checkup import examine_room
    from reconciler.report.checkup.machine import judge_room

    yield from judge_room(examine_room("this folder", data_of(Path.cwd())))


def _embedded(settings: Settings) -> Iterator[Remark]:
    from reconciler.embedded.checkup import examine as examine_embedded
    from reconciler.report.checkup.servers import judge_embedded

    wanted = settings.embedded or settings.database_url is None
    yield from judge_embedded(examine_embedded(Path.cwd()), wanted=wanted)


def _daemon(settings: Settings) -> Iterator[Remark]:
    from reconciler.report.checkup.daemons import judge_daemon

    try:
        board = read_board(settings)
    except ReconcilerError as error:
        cause = "schema" if isinstance(error, SchemaMismatch) else "postgresql"
        yield Remark("daemon", Grade.UNKNOWN, f"not looked at: see {cause}")
        return
    yield from judge_daemon(board, SystemClock().now())


def _door(settings: Settings) -> Iterator[Remark]:
    """Look at where the daemons of this machine serve, and at the address of the settings if it is another.

    The default address is nobody's wish: beside a daemon that has another one it is of no account.
    """
    from reconciler.machine.checkup import examine_door
    from reconciler.report.checkup.machine import judge_door, judge_served

    here = _daemons_here(settings)
    served = {one.http for one in here}
    for one in here:
        url = urlsplit(one.http)
        door = examine_door(url.hostname or "", url.port or 0) if one.http else Door("")
        yield judge_served(one.http, one.pid, door)
    wanted = settings.http
    if here and (wanted is None or not settings.found["http"].given or f"http://{wanted}" in served):
        return
    if wanted is None:
        yield ok("http", "not served: no_http")
        return
    yield from judge_door(examine_door(wanted.host, wanted.port), frozenset(one.pid for one in here))


def _daemons_here(settings: Settings) -> list[ReplicaStatus]:
    """Give the replicas of this instance that live on this machine, as far as the status can be read."""
    from reconciler.report.verdict import STALE_AFTER

    with suppress(ReconcilerError):
        board, now = read_board(settings), SystemClock().now()
        host = platform.node()
        lively = (one for one in board.replicas if now - one.heartbeat_at <= STALE_AFTER)
        return [one for one in lively if one.host == host]
    return []
