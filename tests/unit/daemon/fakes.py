"""A clock that is stepped, ports that note what they are told, and passes that follow a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Condition
from uuid import UUID

from reconciler.daemon.absences import Absences
from reconciler.daemon.bulletin import Bulletin, Identity, Senses
from reconciler.daemon.journal import Journal
from reconciler.daemon.loop import Loop, RunOnce, Voices, Work
from reconciler.daemon.pace import Pace
from reconciler.daemon.shelf import Shelf
from reconciler.daemon.supervision import Supervision
from reconciler.daemon.upkeep import Upkeep
from reconciler.daemon.wakeups import Wakeups
from reconciler.desired import Manifest
from reconciler.errors import ReconcilerError
from reconciler.metrics import Metrics
from reconciler.plan import HeldBack, Plan, Reason, Record, Survey, Sync
from reconciler.report import (
    Applied,
    Board,
    InstanceStatus,
    Movement,
    Order,
    Outcome,
    PassReport,
    ReplicaStatus,
    ResourceStatus,
    SyncResult,
    Trigger,
)
from reconciler.resources import ResourceKey
from tests.builders import desired, workflow_key

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
IDENTITY = Identity("node-1", "default", "directory:/m", "0.1.0", "host", 4711)

FOREVER = 30 * 86400.0

Step = PassReport | ReconcilerError | Exception | Callable[[], None]


class StubClock:
    """Waits by going ahead to whatever comes first: what a test set for a time, or the end of the wait.

    Nobody else runs, so a wait with nothing set for its time simply takes that long.
    """

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._set: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something happen so many seconds after the start."""
        self._set.append((seconds, action))
        self._set.sort(key=lambda one: one[0])

    def go(self, seconds: float) -> None:
        """Let time pass, as a pass does, with everything that is set for it."""
        end = self.elapsed + seconds
        while self.elapsed < end:
            self._go_towards(end)

    def wait(self, condition: Condition, seconds: float) -> None:  # noqa: ARG002 - nobody else could notify it
        """Go to the first thing that is set within the wait and let it happen, else to the wait's end."""
        self._go_towards(self.elapsed + seconds)

    def _go_towards(self, end: float) -> None:
        assert end < FOREVER, "nothing will ever happen again"
        if self._set and self._set[0][0] <= end:
            when, action = self._set.pop(0)
            self.elapsed = max(self.elapsed, when)
            action()
        else:
            self.elapsed = end


class FakeElection:
    """Elects as the script says, one answer for each time it is asked; the last goes on for ever."""

    def __init__(self, *script: int | BaseException | None) -> None:
        self._script = deque(script or (1,))
        self.resigned = 0

    def stand(self) -> int | None:
        answer = self._script.popleft() if len(self._script) > 1 else self._script[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def resign(self) -> None:
        self.resigned += 1


@dataclass(slots=True)
class FakeStore:
    """Notes what is published; raises `error` while there is one."""

    told: Board = field(default_factory=lambda: Board("postgresql", NOON))
    error: Exception | None = None
    syncs: list[InstanceStatus] = field(default_factory=list)
    replicas: list[ReplicaStatus] = field(default_factory=list)
    changed: list[ResourceStatus] = field(default_factory=list)
    gone: list[ResourceKey] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
    ) -> None:
        if self.error is not None:
            raise self.error
        self.syncs += [sync] if sync else []
        self.replicas += [replica] if replica else []
        self.changed += changed
        self.gone += gone

    def withdraw(self, replica: str) -> None:
        self.withdrawn.append(replica)

    def recall(self) -> Board:
        if self.error is not None:
            raise self.error
        return self.told


@dataclass(slots=True)
class FakeBoard:
    """Notes what is published."""

    problem: str = ""
    syncs: list[InstanceStatus] = field(default_factory=list)
    replicas: list[ReplicaStatus] = field(default_factory=list)
    changed: list[ResourceStatus] = field(default_factory=list)
    gone: list[ResourceKey] = field(default_factory=list)
    whole: list[ResourceStatus] = field(default_factory=list)
    withdrawn: bool = False

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        self.syncs += [sync] if sync else []
        self.replicas += [replica] if replica else []
        self.changed += changed
        self.gone += gone
        self.whole = list(whole())

    def withdraw(self) -> None:
        self.withdrawn = True

    def read(self) -> Board | None:
        return None


@dataclass(slots=True)
class FakeWatcher:
    """Watches nothing; `check` raises one of `errors` after the other."""

    mode: str = "inotify"
    problem: str = ""
    errors: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def check(self) -> None:
        self.calls.append("check")
        if self.errors:
            raise self.errors.pop(0)

    def stop(self) -> None:
        self.calls.append("stop")


@dataclass(slots=True)
class FakeListener:
    """Hears nothing."""

    problem: str = ""
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


@dataclass(slots=True)
class FakeManager:
    """Hears everything, unless it is deaf."""

    heard: list[dict[str, str]] = field(default_factory=list)
    deaf: bool = False

    def tell(self, **said: str) -> bool:
        if not self.deaf:
            self.heard.append(said)
        return not self.deaf

    def said(self, name: str) -> list[str]:
        """Give what was said under a name, in its order."""
        return [one[name] for one in self.heard if name in one]


class Passes:
    """Runs passes by a script, one step for each; when it is used up, the daemon is told to stop.

    A step is the report to give, an error to raise, or something that happens while the pass runs.
    """

    def __init__(self, clock: StubClock, wakeups: Wakeups, *script: Step) -> None:
        self._clock = clock
        self._wakeups = wakeups
        self._script = deque(script)
        self.orders: list[Order] = []
        self.times: list[float] = []

    def __call__(self, order: Order) -> PassReport:
        self.orders.append(order)
        self.times.append(round(self._clock.elapsed, 3))
        step = self._script.popleft() if self._script else report()
        if not self._script:
            self._wakeups.close()
        if isinstance(step, Exception):
            raise step
        if isinstance(step, PassReport):
            return step
        step()
        return report()

    @property
    def gaps(self) -> list[float]:
        """The seconds between one pass and the next."""
        return [round(b - a, 3) for a, b in zip(self.times, self.times[1:], strict=False)]


class FakeArchive:
    """Books with so many rows over age, or whatever error asking for them brings."""

    def __init__(self) -> None:
        self.over_age = 0
        self.error: Exception | None = None
        self.asked: list[tuple[int, timedelta]] = []

    def expire(self, epoch: int, keep: timedelta, most: int) -> int:
        self.asked.append((epoch, keep))
        if self.error:
            raise self.error
        removed = min(self.over_age, most)
        self.over_age -= removed
        return removed


class PromptShelf(Shelf):
    """A shelf that writes whatever is due as soon as it is told, instead of on its thread."""

    def put(
        self, replica: ReplicaStatus, sync: InstanceStatus | None, movement: Movement, *, now: bool
    ) -> None:
        super().put(replica, sync, movement, now=now)
        self.write()


class Stage:
    """A daemon of fakes: `clock`, `election`, `passes`, `board` and `store` tell what happened."""

    def __init__(
        self, *script: Step, election: FakeElection | None = None, store: FakeStore | None = None
    ) -> None:
        self.clock = StubClock()
        self.wakeups = Wakeups(self.clock)
        self.election = election or FakeElection()
        self.passes = Passes(self.clock, self.wakeups, *script)
        self.board, self.store = FakeBoard(), store or FakeStore()
        self.watcher, self.listener = FakeWatcher(), FakeListener()
        self.metrics = Metrics("0.1.0")
        self.manager = FakeManager()
        self.supervision = Supervision(self.clock, self.manager, patience=60)
        self.pace = Pace(self.clock, lambda: 0.0, Absences(self.clock, timedelta(seconds=10)))
        self.archive = FakeArchive()
        self.upkeep = Upkeep(self.clock, self.archive, timedelta(days=90))
        self.use(PromptShelf(self.store, self.clock))

    def use(self, shelf: Shelf) -> None:
        """Tell PostgreSQL through this shelf."""
        senses = Senses(self.watcher, self.listener, self.board)
        self.bulletin = Bulletin(
            IDENTITY, self.clock, senses, shelf, lambda last: last + timedelta(minutes=2)
        )

    def run(self) -> None:
        """Run until the script is used up."""
        self.run_with(self.passes)

    def run_with(self, run_once: RunOnce) -> None:
        """Run these passes until the inbox is closed."""
        self.metrics.follow(lambda: self.bulletin.standing, self.wakeups)
        voices = Voices(self.bulletin, Journal(), self.metrics, self.supervision)
        Loop(Work(run_once, self.upkeep.tend), self.election, self.wakeups, self.pace, voices).run_forever()

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something happen so many seconds after the start."""
        self.clock.at(seconds, action)

    @property
    def replica(self) -> ReplicaStatus:
        """What was told last of this replica."""
        return self.board.replicas[-1]


def record(key: ResourceKey, *, revision: str = "r1", generation: int = 1) -> Record:
    """Make what the inventory has of a resource whose rows are as we left them."""
    return Record(
        key=key,
        instance="default",
        row_id=UUID(int=1),
        path=f"{key.name}.yaml",
        digest=b"d",
        meta_digest=b"m",
        fingerprint=1,
        seen=1,
        generation=generation,
        revision=revision,
    )


def report(
    *manifests: Manifest,
    records: Iterable[ResourceKey] = (),
    held: Iterable[HeldBack] = (),
    scope: Iterable[ResourceKey] | None = None,
    gaps: Iterable[str] = (),
    unsettled: Iterable[str] = (),
    root: str = "1:2",
    finished: float = 0,
) -> PassReport:
    """Make the report of a pass that changed nothing."""
    wanted = desired(*manifests, scope=scope, gaps=gaps)
    plan = Plan("r1", held_back=tuple(held))
    result = SyncResult(
        pass_id=UUID(int=0),
        trigger=Trigger.START,
        outcome=Outcome.HELD_BACK if plan.held_back else Outcome.UNCHANGED,
        revision="r1",
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=finished),
        narrow=scope is not None,
        plan=plan,
        applied=Applied(),
    )
    survey = Survey({key: record(key) for key in records})
    return PassReport(result, wanted, survey, root, tuple(unsettled))


def busy(name: str) -> HeldBack:
    """Hold a workflow back because a row of it is locked."""
    return HeldBack(workflow_key(name), Sync.OUT_OF_SYNC, Reason.ROW_LOCKED, "a row is locked")
