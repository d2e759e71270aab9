"""Passes that a command runs: a plan, or the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from reconciler.app import plans
from reconciler.app.counter import desk, whoami
from reconciler.app.places import Addresses, candidate, locate, source_name
from reconciler.daemon.clock import SystemClock
from reconciler.errors import PlanStale, StatusUnavailable
from reconciler.plan import Selection, unknown_resource
from reconciler.ports import Progress
from reconciler.report import (
    InstanceStatus,
    Order,
    PassReport,
    Request,
    Trigger,
    Wakeup,
    after_pass,
    census_after,
    census_of,
    resource_statuses,
)
from reconciler.report.answer import Answer
from reconciler.report.saved import SavedPlan, to_document
from reconciler.report.steps import steps_done
from reconciler.report.wire import decode
from reconciler.resources import ResourceKey
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.reconcile import Draft, Reconciler
    from reconciler.report.diff import Differences
    from reconciler.store.postgres import PostgresStore

_TOLD_WITHIN: Final = timedelta(seconds=15)
"""How long a command waits for Redis to take in what it did: nobody tells it later."""

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


def compare(
    settings: Settings, keys: Sequence[ResourceKey] = (), progress: Progress | None = None
) -> Differences:
    """Compare resources as they are declared with their rows; without `keys`, give all that differ.

    Raises:
        UsageError: there is no such resource.

    """
    from reconciler.report.diff import Differences, Findings

    with _reconciler(settings, locate(settings), progress) as (reconciler, store):
        draft = reconciler.draft(_full_order(epoch=0))
        found = Findings(draft.desired, draft.actual, draft.plan)
        for key in keys:
            if key not in found.known:
                raise unknown_resource(key, found.known)
        chosen = tuple(dict.fromkeys(keys)) or found.touched
        actual = store.examine(draft.actual.survey, draft.desired, frozenset(chosen))
    told = replace(found, actual=actual).compare(chosen)
    items = told if keys else tuple(one for one in told if one.differs)
    return Differences(items, len(draft.desired.diagnostics))


PutOff = Callable[[str], None]
"""Told why a pass failed that was asked for, and that is tried again."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A pass that a command asked for: what came of it, and whether the daemon ran it."""

    answer: Answer
    by_daemon: bool


def apply(
    settings: Settings,
    progress: Progress | None = None,
    selection: Selection | None = None,
    saved: SavedPlan | None = None,
    put_off: PutOff | None = None,
) -> Ran:
    """Run one full pass, one narrowed to a selection, or carry out a saved plan and nothing else.

    A live daemon of the same instance is the one that writes: it runs the pass, or carries out the saved plan
    or the one that is made here of the selection. `put_off` is told why one failed that is tried again.

    Raises:
        StatusUnavailable: the daemon did not answer in time.
        PlanStale: the saved plan no longer holds, or is for something else.

    """
    from reconciler.store.election import PostgresElection

    addresses = locate(settings)
    if saved is not None:
        plans.refuse_elsewhere(saved, plans.origin(settings))
    election = PostgresElection(addresses.session_url, candidate(settings), migrates=True)
    epoch = election.stand()
    if epoch is None:
        election.resign()
        return Ran(
            _hand_over(_Counter(settings, _ANSWER_WITHIN, put_off), progress, selection, saved),
            by_daemon=True,
        )
    try:
        with _reconciler(settings, addresses, progress) as (reconciler, store):
            order = _full_order(epoch, selection)
            report = reconciler.run(order) if saved is None else reconciler.carry_out(order, saved)
            _record(report, store, addresses.redis_url, _nothing_told(settings, epoch))
            answer = Answer.of(report.result, steps_done(report))
            narrow = report.part is not None or saved is not None
            held_back = report.result.held_back
            return Ran(answer.of_part(report.part, held_back) if narrow else answer, by_daemon=False)
    finally:
        election.resign()


def _hand_over(
    counter: _Counter, progress: Progress | None, selection: Selection | None, saved: SavedPlan | None
) -> Answer:
    """Have the daemon do what was asked for, and no more than that."""
    if saved is not None:
        answer = counter.ask(Request(uuid4(), plan=to_document(saved)))
        return answer.of_part(None, answer.held_back)
    if selection is None:
        return counter.ask(Request(uuid4()))
    draft = preview(counter.settings, progress, selection)
    answer = counter.ask(Request(uuid4(), plan=to_document(plans.keep_plan(counter.settings, draft))))
    return answer.of_part(draft.part, draft.plan.held_back)


def _nothing_told(settings: Settings, epoch: int) -> InstanceStatus:
    return InstanceStatus(settings.instance, source_name(settings), epoch)


def _record(report: PassReport, store: PostgresStore, redis_url: str, nothing: InstanceStatus) -> None:
    """Tell how everything stands after a pass that no daemon ran: there is nobody else to.

    Redis is told first how things stood: what is otherwise since then is what events tell of.
    """
    told = store.recall()
    moved = resource_statuses(told.resources, report, report.result.finished_at)
    census = census_after(census_of(told.resources.values()), told.resources, moved)
    before = replace(told.sync or nothing, epoch=nothing.epoch, source=nothing.source)
    sync = after_pass(before, report, census)
    store.publish(sync, None, moved.changed, moved.gone)
    if redis_url:
        from reconciler.status import Limits, RedisBoard

        everything = {**told.resources, **{status.key: status for status in moved.changed}}
        whole = [status for key, status in everything.items() if key not in moved.gone]
        limits = Limits(patience=_TOLD_WITHIN)
        board = RedisBoard(redis_url, nothing.instance, SystemClock(), limits)
        if len(moved.changed) + len(moved.gone) <= limits.narrow:
            board.publish(replace(before, last_pass=None), None, (), (), told.resources.values)
        board.publish(sync, None, moved.changed, moved.gone, lambda: whole)
        board.withdraw()


def ask(
    settings: Settings,
    within: timedelta,
    force: frozenset[ResourceKey] = frozenset(),
    put_off: PutOff | None = None,
) -> Answer:
    """Have the daemon run a pass, and give its answer; `put_off` is told why one failed that is tried again.

    Raises:
        StatusUnavailable: there was none in time.

    """
    return _Counter(settings, within, put_off).ask(Request(uuid4(), force))


@dataclass(slots=True)
class _Counter:
    """Where the daemon is asked, and its answer waited for."""

    settings: Settings
    within: timedelta
    put_off: PutOff | None
    reason: str = ""

    def ask(self, request: Request) -> Answer:
        """Ask, and wait; raises as `app.ask` does, and PlanStale when the daemon refuses a plan.

        A plan whose answer nobody waits for any more is taken back; a pass does no harm later.
        """
        from reconciler.store import desk as counter
        from reconciler.store.ear import wait_for_answer

        told = None
        with desk(self.settings) as connection:
            number = counter.ask(connection, self.settings.instance, whoami(), request)
            try:
                told = wait_for_answer(connection, number, self.within.total_seconds(), self._waits)
            finally:
                if told is None and request.plan is not None:
                    counter.withdraw(connection, number)
        if told is None:
            stands = (
                "it was taken back" if request.plan else "the request stands, and the next pass serves it"
            )
            raise StatusUnavailable(
                "the daemon did not answer",
                where=f"instance {self.settings.instance}",
                why=self.reason or f"no pass ended within {self.within.total_seconds():g} s",
                fix=f"look at `reconciler status`; {stands}",
            )
        answer = decode(Answer, told)
        if answer.stale:
            raise PlanStale(answer.error, why=answer.stale, fix="make a new plan, and read it")
        return answer

    def _waits(self, reason: str) -> None:
        self.reason = reason
        if self.put_off is not None:
            self.put_off(reason)


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
        yield Reconciler(edges, Rules(settings.instance, plans.policy_of(settings)), progress), store
    finally:
        store.close()
