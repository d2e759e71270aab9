"""The daemon, put together from the settings."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler import __version__
from reconciler.app.face import Bound, bind, make_face
from reconciler.app.places import Addresses, candidate, given, replica_name, source_name
from reconciler.app.plans import policy_of
from reconciler.daemon.clock import SystemClock
from reconciler.errors import UsageError
from reconciler.ports import Face
from reconciler.report import PassReport, Trigger
from reconciler.settings import Settings
from reconciler.telemetry import Level

if TYPE_CHECKING:
    from reconciler.daemon.bulletin import Identity
    from reconciler.daemon.habits import Habits
    from reconciler.daemon.reload import Amended
    from reconciler.reconcile import Reconciler

_SETTLE: Final = timedelta(milliseconds=100)
"""How long doubtful content must stand before a daemon believes it."""

Told = Callable[[PassReport, Face | None], None]


def run(settings: Settings, told: Told | None = None) -> None:
    """Run the daemon in the foreground until it is told to stop.

    Raises:
        UsageError: neither a database nor `--embedded` was given, or HTTP can't be served where it was asked
            for.
        EmbeddedFailed, AlreadyRunning: the embedded servers don't start.

    """
    with ExitStack() as parts:
        bound = parts.enter_context(bind(settings))
        if settings.embedded and settings.database_url is not None:
            raise UsageError(
                "two databases to choose from",
                why="--embedded brings one along, and DATABASE_URL names another",
                fix="unset DATABASE_URL, or leave --embedded out",
            )
        if settings.embedded:
            addresses = parts.enter_context(_embedded(settings))
        elif settings.database_url is not None:
            addresses = given(settings)
        else:
            raise UsageError(
                "the daemon has no PostgreSQL",
                why="DATABASE_URL is not set, and a lost secret must not become a healthy empty database",
                fix="set DATABASE_URL, or pass --embedded to bring PostgreSQL and Redis along",
            )
        _run_on(settings, addresses, parts, _Front(bound, told))


@contextmanager
def _embedded(settings: Settings) -> Iterator[Addresses]:
    """Run PostgreSQL and Redis in this folder for as long as the daemon runs."""
    from reconciler import embedded

    with embedded.start(Path.cwd()) as servers:
        warden = embedded.Warden(servers)
        warden.start()
        try:
            redis_url = settings.redis_url.reveal() if settings.redis_url else servers.redis_url
            yield Addresses(servers.database_url, servers.database_url, redis_url)
        finally:
            warden.stop()


@dataclass(frozen=True, slots=True)
class _Front:
    """Where people are spoken to: the socket for HTTP, and who greets them after a pass."""

    bound: Bound
    told: Told | None


def _run_on(settings: Settings, addresses: Addresses, parts: ExitStack, front: _Front) -> None:
    from reconciler.daemon.service import Edges, run_forever
    from reconciler.daemon.supervision import Supervision
    from reconciler.daemon.wakeups import Wakeups
    from reconciler.metrics import Metrics
    from reconciler.reconcile import PassEdges, Reconciler, Rules
    from reconciler.report import Hints
    from reconciler.sources import DirectorySource, ProbedSource, Reading, Watcher
    from reconciler.status import Limits, RedisBoard, SilentBoard
    from reconciler.store.ear import Ear
    from reconciler.store.election import PostgresElection
    from reconciler.store.postgres import PostgresStore
    from reconciler.systemd import NotifySocket

    clock = SystemClock()
    wakeups = Wakeups(clock)
    manager = NotifySocket(os.environ.get("NOTIFY_SOCKET", ""))
    parts.callback(manager.close)
    supervision = Supervision(clock, manager)
    source = DirectorySource(settings.manifests, clock, Reading(settle=_SETTLE), supervision.advance)
    store = PostgresStore(addresses.database_url, settings.instance, clock)
    parts.callback(store.close)

    def wake(paths: frozenset[str] | None) -> None:
        wakeups.request(Trigger.FILES, None if paths is None else Hints(paths=paths))

    watcher = Watcher(source, wake, clock)
    pass_edges = PassEdges(ProbedSource(source, watcher), store, clock)
    rules = Rules(settings.instance, policy_of(settings))
    reconciler = Reconciler(pass_edges, rules, supervision.advance)
    limits = Limits(ttl=settings.status_ttl)
    board = (
        RedisBoard(addresses.redis_url, settings.instance, clock, limits)
        if addresses.redis_url
        else SilentBoard()
    )
    metrics = Metrics(__version__)
    face = make_face(front.bound, settings, addresses, metrics.exposition)
    edges = Edges(
        clock=clock,
        election=PostgresElection(addresses.session_url, candidate(settings), migrates=True),
        watcher=watcher,
        listener=Ear(addresses.session_url, settings.instance, wakeups.put),
        store=store,
        archive=store,
        board=board,
        metrics=metrics,
        supervision=supervision,
        reread=_Rereading(settings, reconciler),
        told=None if front.told is None else partial(_tell, front.told, face),
        face=face,
    )
    run_forever(reconciler.run, wakeups, edges, _habits(settings), _identity(settings))


def _habits(settings: Settings) -> Habits:
    from reconciler.daemon.habits import Habits

    return Habits(
        timing=settings.timing,
        prune_delay=settings.prune_delay,
        drain=settings.drain,
        history_keep=settings.history_keep,
        log_level=Level[settings.log_level.upper()],
    )


class _Rereading:
    """Reads the settings anew, has passes go by them, and says what else there is to do: see `Reread`."""

    def __init__(self, settings: Settings, reconciler: Reconciler) -> None:
        self._at_start = self._in_force = settings
        self._reconciler = reconciler

    def __call__(self) -> Amended:
        from reconciler.daemon.reload import Amended

        before, now = self._in_force, self._at_start.reread()
        self._in_force = now
        self._reconciler.rules = replace(self._reconciler.rules, policy=policy_of(now))
        return Amended(
            habits=_habits(now),
            changed={one.name: one.later for one in before.differences(now) if one.live},
            restart=tuple(one.name for one in self._at_start.differences(now) if not one.live),
        )


def _tell(told: Told, face: Face | None, report: PassReport) -> None:
    told(report, face)


def _identity(settings: Settings) -> Identity:
    from reconciler.daemon.bulletin import Identity

    return Identity(
        replica=replica_name(settings),
        instance=settings.instance,
        source=source_name(settings),
        version=__version__,
        host=platform.node(),
        pid=os.getpid(),
    )
