"""Passes that a command runs: a plan, or the whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from reconciler.app.inquiry import desk, whoami
from reconciler.app.places import Addresses, candidate, locate, source_name
from reconciler.daemon.clock import SystemClock
from reconciler.errors import StatusUnavailable
from reconciler.plan import Policy, Selection
from reconciler.ports import Progress
from reconciler.report import (
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
    from reconciler.reconcile import Draft, Reconciler
    from reconciler.store.postgres import PostgresStore

_ANSWER_WITHIN: Final = timedelta(minutes=10)
"""How long `apply` waits for the daemon to which it handed its pass."""


def preview(
    settings: Settings, progress: Progress | None = None, selection: Selection | None = None
) -> Draft:
    """Make the plan of a full pass, or of one narrowed to a selection, and write nothing.

    Raises:
        UsageError: nothing is there that the selection names.

    """
    addresses = locate(settings)
    with _reconciler(settings, addresses, progress) as (reconciler, _):
        return reconciler.draft(_full_order(epoch=0, selection=selection))


def apply(settings: Settings, progress: Progress | None = None) -> SyncResult | Answer:
    """Run one full pass; beside a live daemon, have that run it, and give its answer instead.

    Raises:
        StatusUnavailable: the daemon did not answer in time.

    """
    from reconciler.store.election import PostgresElection

    addresses = locate(settings)
    election = PostgresElection(addresses.session_url, candidate(settings), migrates=True)
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
    return InstanceStatus(settings.instance, source_name(settings), epoch)


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


def _full_order(epoch: int, selection: Selection | None = None) -> Order:
    return Order(Wakeup((Trigger.COMMAND,)), uuid4(), epoch, selection=selection)


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
        yield Reconciler(edges, Rules(settings.instance, policy_of(settings)), progress), store
    finally:
        store.close()


def policy_of(settings: Settings) -> Policy:
    """Give what the settings let a pass do."""
    return Policy(
        prune=settings.prune,
        self_heal=settings.self_heal,
        max_prune=settings.max_prune,
        prune_cap=settings.prune_cap,
    )
