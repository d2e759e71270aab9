"""The composition root: settings in, wired objects out. Nothing else names the concrete edges.

Heavy libraries are imported where they are needed, so that a command pays only for what it does.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from reconciler import __version__
from reconciler.daemon.clock import SystemClock
from reconciler.desired import Catalogue, DesiredState, Diagnostic, parse_file
from reconciler.errors import StatusUnavailable, UsageError
from reconciler.plan import Policy
from reconciler.ports import Progress
from reconciler.report import (
    Board,
    InstanceStatus,
    Order,
    PassReport,
    SyncResult,
    Trigger,
    Wakeup,
    after_pass,
    census_after,
    census_of,
    resource_statuses,
)
from reconciler.report.answer import Answer
from reconciler.report.wire import decode
from reconciler.resources import ResourceKey
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.daemon.bulletin import Identity
    from reconciler.embedded import EmbeddedServers
    from reconciler.reconcile import Draft, Reconciler
    from reconciler.store.connect import Connection
    from reconciler.store.election import Candidate
    from reconciler.store.postgres import PostgresStore

_SETTLE: Final = timedelta(milliseconds=100)
"""How long doubtful content must stand before a daemon believes it."""

_ANSWER_WITHIN: Final = timedelta(minutes=10)
"""How long `apply` waits for the daemon to which it handed its pass."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where PostgreSQL and Redis are; `session_url` leads to PostgreSQL without a pooler in between."""

    database_url: str
    session_url: str
    redis_url: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """What reading the manifests alone can tell."""

    desired: DesiredState
    files: int
    warnings: tuple[Diagnostic, ...]


# --- where things are -----------------------------------------------------------------------------------


def locate(settings: Settings, folder: Path | None = None) -> Addresses:
    """Give the servers to talk to: those of the settings, else the embedded ones that run in this folder.

    Raises:
        UsageError: neither is there.

    """
    if settings.database_url is not None:
        return _given(settings)
    from reconciler import embedded

    found = embedded.find(folder or Path.cwd())
    if found is not None:
        redis_url = settings.redis_url.reveal() if settings.redis_url else found.redis_url
        return Addresses(found.database_url, found.database_url, redis_url)
    raise UsageError(
        "no PostgreSQL to talk to",
        why="DATABASE_URL is not set, and no embedded instance runs in this folder",
        fix="set DATABASE_URL, or start one here with `reconciler run --embedded`",
    )


def _given(settings: Settings) -> Addresses:
    database = settings.database_url.reveal() if settings.database_url else ""
    session = settings.session_url.reveal() if settings.session_url else database
    return Addresses(database, session, settings.redis_url.reveal() if settings.redis_url else "")


# --- reading alone --------------------------------------------------------------------------------------


def validate(settings: Settings, paths: Sequence[Path] = (), progress: Progress | None = None) -> Validation:
    """Read files and folders, by default the manifests, and link them; needs neither PostgreSQL nor Redis.

    Raises:
        SourceUnavailable, SourceRefused: a folder can't be read.

    """
    from reconciler.sources import read_once

    catalogue = Catalogue()
    snapshot = read_once(paths or [_from_here(settings.manifests)], parse_file, SystemClock(), progress)
    catalogue.advance(snapshot)
    return Validation(catalogue.state(), len(snapshot.files), catalogue.warnings())


def _from_here(path: Path) -> Path:
    """Name a path as a person would who stands here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


# --- one pass -------------------------------------------------------------------------------------------


def preview(settings: Settings, progress: Progress | None = None) -> Draft:
    """Make the plan of a full pass, and write nothing."""
    addresses = locate(settings)
    with _reconciler(settings, addresses, progress) as (reconciler, _):
        return reconciler.draft(_full_order(epoch=0))


def apply(settings: Settings, progress: Progress | None = None) -> SyncResult | Answer:
    """Run one full pass; beside a live daemon, have that run it, and give its answer instead.

    Raises:
        StatusUnavailable: the daemon did not answer in time.

    """
    from reconciler.store.election import PostgresElection

    addresses = locate(settings)
    election = PostgresElection(addresses.session_url, _candidate(settings), migrates=True)
    epoch = election.stand()
    if epoch is None:
        election.resign()
        return ask(settings, _ANSWER_WITHIN)
    try:
        with _reconciler(settings, addresses, progress) as (reconciler, store):
            report = reconciler.run(_full_order(epoch))
            _record(report, store, addresses.redis_url, _nothing_told(settings, epoch))
            return report.result
    finally:
        election.resign()


def _nothing_told(settings: Settings, epoch: int) -> InstanceStatus:
    return InstanceStatus(settings.instance, _source_name(settings), epoch)


def _record(report: PassReport, store: PostgresStore, redis_url: str, nothing: InstanceStatus) -> None:
    """Tell how everything stands after a pass that no daemon ran: there is nobody else to."""
    told = store.recall()
    moved = resource_statuses(told.resources, report, report.result.finished_at)
    census = census_after(census_of(told.resources.values()), told.resources, moved)
    before = replace(told.sync or nothing, epoch=nothing.epoch, source=nothing.source)
    sync = after_pass(before, report, census)
    store.publish(sync, None, moved.changed, moved.gone)
    if redis_url:
        from reconciler.status import RedisBoard

        everything = {**told.resources, **{status.key: status for status in moved.changed}}
        whole = [status for key, status in everything.items() if key not in moved.gone]
        board = RedisBoard(redis_url, nothing.instance, SystemClock())
        board.publish(sync, None, moved.changed, moved.gone, lambda: whole)
        board.withdraw()


def ask(settings: Settings, within: timedelta, force: frozenset[ResourceKey] = frozenset()) -> Answer:
    """Have the daemon run a pass, and give its answer.

    Raises:
        StatusUnavailable: there was none in time.

    """
    from reconciler.store import desk as counter
    from reconciler.store.ear import wait_for_answer

    with desk(settings) as connection:
        request = counter.ask(connection, settings.instance, whoami(), force)
        told = wait_for_answer(connection, request, within.total_seconds())
    if told is None:
        raise StatusUnavailable(
            "the daemon did not answer",
            where=f"instance {settings.instance}",
            why=f"no pass ended within {within.total_seconds():g} s",
            fix="look at `reconciler status`; the request stands, and the next pass serves it",
        )
    return decode(Answer, told)


def _full_order(epoch: int) -> Order:
    return Order(Wakeup((Trigger.COMMAND,)), uuid4(), epoch)


@contextmanager
def _reconciler(
    settings: Settings, addresses: Addresses, progress: Progress | None
) -> Iterator[tuple[Reconciler, PostgresStore]]:
    from reconciler.reconcile import PassEdges, Reconciler, Rules
    from reconciler.sources import DirectorySource
    from reconciler.store.postgres import PostgresStore

    clock = SystemClock()
    store = PostgresStore(addresses.database_url, settings.instance, clock)
    source = DirectorySource(settings.manifests, clock, progress=progress)
    try:
        edges = PassEdges(source, store, clock)
        yield Reconciler(edges, Rules(settings.instance, _policy(settings)), progress), store
    finally:
        store.close()


def _policy(settings: Settings) -> Policy:
    return Policy(
        prune=settings.prune,
        self_heal=settings.self_heal,
        max_prune=settings.max_prune,
        prune_cap=settings.prune_cap,
    )


# --- what people ask, and what they are shown -----------------------------------------------------------


@contextmanager
def desk(settings: Settings) -> Iterator[Connection]:
    """Lend a connection for what people ask of an instance: see `reconciler.store.desk`."""
    from reconciler.store.connect import connect, describe
    from reconciler.store.errors import translated

    url = locate(settings).session_url
    with connect(url, "reconciler command") as connection, translated(describe(url)):
        yield connection


def read_board(settings: Settings) -> Board:
    """Give the status, from Redis or else from PostgreSQL, saying which and why."""
    addresses = locate(settings)
    clock = SystemClock()
    degraded = "no Redis is configured"
    if addresses.redis_url:
        from reconciler.status import BoardReader

        reader = BoardReader(addresses.redis_url, settings.instance, clock)
        try:
            board = reader.read()
        except StatusUnavailable as error:
            degraded = str(error)
        else:
            # Heartbeats alone stand there after a flush, until the writer has built its view anew.
            if board is not None and board.sync is not None:
                return board
            degraded = "Redis has no status of this instance"
        finally:
            reader.close()
    from reconciler.store.postgres import PostgresStore

    store = PostgresStore(addresses.database_url, settings.instance, clock)
    try:
        found = store.recall()
    finally:
        store.close()
    return replace(found, degraded=degraded)


def whoami() -> str:
    """Say who asks, for the record: user and host."""
    return f"{os.environ.get('USER') or os.getuid()}@{platform.node()}"


# --- the daemon -----------------------------------------------------------------------------------------

Told = Callable[[PassReport], None]


def run(settings: Settings, told: Told | None = None) -> None:
    """Run the daemon in the foreground until it is told to stop.

    Raises:
        UsageError: neither a database nor `--embedded` was given.
        EmbeddedFailed, AlreadyRunning: the embedded servers don't start.

    """
    with ExitStack() as parts:
        if settings.embedded:
            addresses = parts.enter_context(_embedded(settings))
        elif settings.database_url is not None:
            addresses = _given(settings)
        else:
            raise UsageError(
                "the daemon has no PostgreSQL",
                why="DATABASE_URL is not set, and a lost secret must not become a healthy empty database",
                fix="set DATABASE_URL, or pass --embedded to bring PostgreSQL and Redis along",
            )
        _run_on(settings, addresses, parts, told)


@contextmanager
def _embedded(settings: Settings) -> Iterator[Addresses]:
    """Run PostgreSQL and Redis in this folder for as long as the daemon runs."""
    from reconciler import embedded

    with embedded.start(Path.cwd()) as servers:
        warden = embedded.Warden(servers)
        warden.start()
        try:
            yield _addresses_of(servers, settings)
        finally:
            warden.stop()


def _addresses_of(servers: EmbeddedServers, settings: Settings) -> Addresses:
    database = settings.database_url.reveal() if settings.database_url else servers.database_url
    redis = settings.redis_url.reveal() if settings.redis_url else servers.redis_url
    return Addresses(database, database, redis)


def _run_on(settings: Settings, addresses: Addresses, parts: ExitStack, told: Told | None) -> None:
    from reconciler.daemon.service import Edges, Habits, run_forever
    from reconciler.daemon.wakeups import Wakeups
    from reconciler.reconcile import PassEdges, Reconciler, Rules
    from reconciler.report import Hints
    from reconciler.sources import DirectorySource, ProbedSource, Reading, Watcher
    from reconciler.status import Limits, RedisBoard, SilentBoard
    from reconciler.store.ear import Ear
    from reconciler.store.election import PostgresElection
    from reconciler.store.postgres import PostgresStore

    clock = SystemClock()
    wakeups = Wakeups(clock)
    source = DirectorySource(settings.manifests, clock, Reading(settle=_SETTLE))
    store = PostgresStore(addresses.database_url, settings.instance, clock)
    parts.callback(store.close)

    def wake(paths: frozenset[str] | None) -> None:
        wakeups.request(Trigger.FILES, None if paths is None else Hints(paths=paths))

    watcher = Watcher(source, wake, clock)
    limits = Limits(ttl=settings.status_ttl)
    board = (
        RedisBoard(addresses.redis_url, settings.instance, clock, limits)
        if addresses.redis_url
        else SilentBoard()
    )
    edges = Edges(
        clock=clock,
        election=PostgresElection(addresses.session_url, _candidate(settings), migrates=True),
        watcher=watcher,
        listener=Ear(addresses.session_url, settings.instance, wakeups.put),
        store=store,
        board=board,
    )
    probed = ProbedSource(source, watcher)
    reconciler = Reconciler(PassEdges(probed, store, clock), Rules(settings.instance, _policy(settings)))

    def run_once(order: Order) -> PassReport:
        report = reconciler.run(order)
        if told is not None:
            told(report)
        return report

    habits = Habits(settings.timing, settings.prune_delay, settings.drain)
    run_forever(run_once, wakeups, edges, habits, _identity(settings))


def _candidate(settings: Settings) -> Candidate:
    from reconciler.store.election import Candidate

    return Candidate(settings.instance, _replica(settings), _source_name(settings))


def _replica(settings: Settings) -> str:
    return settings.replica or f"{platform.node()}-{os.getpid()}"


def _source_name(settings: Settings) -> str:
    """Name the source on record; beside embedded servers relative to here, since all of it may move."""
    here, root = Path.cwd(), settings.manifests.absolute()
    if settings.database_url is None and root.is_relative_to(here):
        return f"directory:{root.relative_to(here)}"
    return f"directory:{root}"


def _identity(settings: Settings) -> Identity:
    from reconciler.daemon.bulletin import Identity

    return Identity(
        replica=_replica(settings),
        instance=settings.instance,
        source=_source_name(settings),
        version=__version__,
        host=platform.node(),
        pid=os.getpid(),
    )
