"""What this replica tells of itself and of the instance; the one place that writes status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock
from typing import Final

from reconciler.daemon.shelf import Shelf
from reconciler.errors import TerminalError, TransientError
from reconciler.plan import Reason, Sync
from reconciler.ports import Clock, Face, Listener, StatusBoard, Watcher
from reconciler.report import (
    Census,
    Condition,
    Counts,
    InstanceStatus,
    LastPass,
    Movement,
    Order,
    Outcome,
    PassReport,
    ReplicaStatus,
    ResourceStatus,
    Role,
    Situation,
    after_pass,
    census_after,
    census_of,
    judge_conditions,
    resource_statuses,
)
from reconciler.report.standing import Part, Standing
from reconciler.resources import Kind, ResourceKey

_UNPROVEN: Final = (Reason.PRUNE_HELD, Reason.PRUNE_DELAYED)
"""Why an orphan stays until its absence is proven."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process this is, and of which instance. `source` names where its manifests come from."""

    replica: str
    instance: str
    source: str
    version: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Senses:
    """What can fall ill without any pass noticing."""

    watcher: Watcher
    listener: Listener
    board: StatusBoard
    face: Face | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with them, as far as it makes the daemon unhealthy: Redis does not."""
        face = self.face.problem if self.face else ""
        return tuple(filter(None, (self.watcher.problem, self.listener.problem, face)))

    @property
    def ill(self) -> frozenset[Part]:
        """Which of them something is wrong with."""
        problems = {
            Part.WATCHER: self.watcher.problem,
            Part.LISTENER: self.listener.problem,
            Part.REDIS: self.board.problem,
            Part.HTTP: self.face.problem if self.face else "",
        }
        return frozenset(part for part, problem in problems.items() if problem)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is only worth knowing."""
        return tuple(filter(None, (self.board.problem, self.face.note if self.face else "")))


OverdueAfter = Callable[[datetime], datetime]
"""Given when the last full pass ended: when the next is overdue by two intervals."""


class Bulletin:
    """Keeps the status of this replica and, while it leads, of the instance and its resources.

    The loop tells it what happens, and the pulse, on another thread, makes it beat; a lock keeps the two
    apart. Redis hears of everything at once; PostgreSQL of what changed at once, and of the rest every
    few seconds.
    """

    def __init__(
        self, identity: Identity, clock: Clock, senses: Senses, shelf: Shelf, overdue_after: OverdueAfter
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._senses = senses
        self._shelf = shelf
        self._overdue_after = overdue_after
        self._lock = RLock()
        self._started_at = clock.now()
        self._illness = ""
        self._remark = ""
        self._situation = Situation(decided=False)
        self._conditions: tuple[Condition, ...] = ()
        self._epoch = 0
        self._under_way: tuple[Order, datetime] | None = None
        self._last_whole = self._started_at
        self._sync: InstanceStatus | None = None
        self._resources: dict[ResourceKey, ResourceStatus] = {}
        self._census: Census = {}
        self._orphans_outdated = False
        self._standing: Standing | None = None

    @property
    def standing(self) -> Standing | None:
        """What was told last, None before anything was: asked from any thread, without waiting."""
        return self._standing

    @property
    def orphans_outdated(self) -> bool:
        """Whether what keeps orphans from being pruned is another than what is told of them.

        A narrow pass learns of it and does not look at them; a full one tells them anew.
        """
        return self._orphans_outdated

    def take_office(self, epoch: int) -> None:
        """Go on from what the last leader told.

        Raises:
            StoreUnavailable: PostgreSQL does not answer.

        """
        told = self._shelf.recall()
        with self._lock:
            before = told.sync or InstanceStatus(self._identity.instance, self._identity.source, epoch)
            self._sync = replace(before, source=self._identity.source, epoch=epoch)
            self._resources = dict(told.resources)
            self._census = census_of(self._resources.values())
            self._epoch = epoch
            self._last_whole = self._clock.now()
            self._situation = Situation(Role.LEADER)
            self._tell(self._sync, Movement())

    def stand_by(self) -> None:
        """Tell that another replica leads, unless that was told before."""
        with self._lock:
            self._shelf.regain_touch()
            if self._situation != Situation(Role.STANDBY):
                self._leave_office(Situation(Role.STANDBY))

    def lose_office(self, error: TransientError | TerminalError) -> None:
        """Tell that nobody knows who leads, because of this."""
        with self._lock:
            self._shelf.lose_touch()
            self._leave_office(Situation(Role.STANDBY, trouble=error))

    def _leave_office(self, situation: Situation) -> None:
        self._situation = situation
        self._under_way = None
        self._sync, self._resources, self._census = None, {}, {}
        self._shelf.drop()
        self._tell(None, Movement())

    def began(self, order: Order) -> None:
        """Remember that a pass is under way; the next beat tells it, should it take that long."""
        with self._lock:
            self._under_way = order, self._clock.now()
            self._situation = replace(self._situation, running=order.wakeup.trigger)

    def ended(self, report: PassReport, busy: int) -> Movement:
        """Tell what a pass found and did; give what moved by it. `busy` resources are looked at again."""
        with self._lock:
            movement = resource_statuses(self._resources, report, self._clock.now())
            self._census = census_after(self._census, self._resources, movement)
            self._resources.update((status.key, status) for status in movement.changed)
            for key in movement.gone:
                del self._resources[key]
            if not report.result.narrow:
                self._last_whole = report.result.finished_at
            self._under_way = None
            self._situation = Situation(Role.LEADER, passed=True, busy=busy)
            before = self._sync or InstanceStatus(self._identity.instance, self._identity.source, self._epoch)
            self._sync = after_pass(before, report, self._census)
            self._orphans_outdated = report.result.narrow and self._misled(before)
            self._shelf.regain_touch()
            self._tell(self._sync, movement, now=_tells_more(before, self._sync, movement))
            return movement

    def _misled(self, before: InstanceStatus) -> bool:
        moved = self._sync is not None and self._sync.gaps != before.gaps
        unproven = any(
            self._census.get((kind, Sync.ORPHANED, reason)) for kind in Kind for reason in _UNPROVEN
        )
        return unproven and (moved or self._orphans_outdated)

    def failed(self, error: TransientError | TerminalError) -> None:
        """Tell that the pass under way did not reach its end."""
        with self._lock:
            order, started_at = self._under_way or (None, self._clock.now())
            self._under_way = None
            self._situation = replace(self._situation, running=None, trouble=error, busy=0)
            if self._sync is not None and order is not None:
                self._sync = replace(self._sync, last_pass=self._failed_pass(order, started_at, error))
            self._tell(self._sync, Movement(), now=True)

    def _failed_pass(
        self, order: Order, started_at: datetime, error: TransientError | TerminalError
    ) -> LastPass:
        return LastPass(
            pass_id=order.pass_id,
            trigger=order.wakeup.trigger,
            outcome=Outcome.STALLED if isinstance(error, TerminalError) else Outcome.FAILED,
            started_at=started_at,
            finished_at=self._clock.now(),
            narrow=not order.wakeup.whole,
            counts=Counts(),
            seconds={},
            error=str(error),
        )

    def beat(self, illness: str = "") -> None:
        """Tell that this process lives. `illness` is a mistake of ours that its pulse met with, if any."""
        with self._lock:
            self._illness = illness
            self._tell(None, Movement())

    def remark(self, text: str) -> None:
        """Have a sentence that is only worth knowing told with every beat from now on; "" for none."""
        with self._lock:
            self._remark = text

    def withdraw(self) -> None:
        """Tell that this process goes: what is left to write is written, and its heartbeat ends."""
        with self._lock:
            self._shelf.withdraw(self._replica())
            self._senses.board.withdraw()

    def _tell(self, sync: InstanceStatus | None, movement: Movement, *, now: bool = False) -> None:
        replica = self._replica()
        self._standing = Standing(replica, self._sync, self._census, self._ill())
        self._senses.board.publish(sync, replica, movement.changed, movement.gone, self._resources.values)
        self._shelf.put(replica, sync, movement, now=now)

    def _ill(self) -> frozenset[Part]:
        own = {Part.STATUS_STORE: self._shelf.problem, Part.PULSE: self._illness}
        return self._senses.ill | {part for part, problem in own.items() if problem}

    def _replica(self) -> ReplicaStatus:
        time = self._clock.now()
        self._conditions = judge_conditions(self._conditions, self._situation, time)
        leads = self._situation.role is Role.LEADER
        return ReplicaStatus(
            replica=self._identity.replica,
            instance=self._identity.instance,
            role=self._situation.role,
            epoch=self._epoch,
            version=self._identity.version,
            host=self._identity.host,
            pid=self._identity.pid,
            started_at=self._started_at,
            heartbeat_at=time,
            overdue_after=self._overdue_after(self._last_whole) if leads else None,
            watch=self._senses.watcher.mode,
            conditions=self._conditions,
            problems=(*self._senses.problems, *filter(None, (self._shelf.problem, self._illness))),
            notes=(*self._senses.notes, *filter(None, (self._remark,))),
            http=self._senses.face.address if self._senses.face else "",
        )


def _tells_more(before: InstanceStatus, after: InstanceStatus, movement: Movement) -> bool:
    """Whether a pass changed anything but the fact that it ran."""
    return bool(movement.changed or movement.gone) or replace(before, last_pass=None) != replace(
        after, last_pass=None
    )
