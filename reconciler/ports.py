"""The few calls through which a pass and the daemon reach the world; a test can fail each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Condition
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from reconciler.desired import DesiredState, ParsedFile, Snapshot, SourceFile

if TYPE_CHECKING:
    from reconciler.plan import ActualState, Gate, Plan, Survey
    from reconciler.report import (
        Applied,
        Board,
        InstanceStatus,
        PassHeader,
        ReplicaStatus,
        Request,
        ResourceStatus,
    )
    from reconciler.resources import ResourceKey


class Clock(Protocol):
    """Two clocks: one to write down, one to wait by."""

    def now(self) -> datetime:
        """Give the time in UTC, with its zone: for people and records, never for deadlines."""
        ...

    def monotonic(self) -> float:
        """Give seconds that only ever grow, whatever happens to the wall clock."""
        ...

    def wait(self, condition: Condition, seconds: float) -> None:
        """Wait, as the holder of `condition`, until it is notified or that many seconds have passed."""
        ...


Parse = Callable[[SourceFile], ParsedFile]
"""Reads one file; given to `Source.fetch` so that no more than one file's bytes are held at a time."""

Progress = Callable[[str, int, int], None]
"""Told of long work: the stage, how much is done, and of how much (0: not known)."""


class Source(Protocol):
    """Where manifests come from."""

    @property
    def name(self) -> str:
        """What identifies this source on record, without secrets: `directory:/srv/manifests`."""
        ...

    def fetch(self, parse: Parse, hints: frozenset[str] | None = None) -> Snapshot:
        """Give the step from the last snapshot to what is there now.

        With `hints` only those paths (relative to the root; folders mean all beneath) are looked at.

        Raises:
            SourceUnavailable: the root can't be read at the moment.
            SourceRefused: the root is not something that can be reconciled.

        """
        ...


class Watcher(Protocol):
    """Learns of edits and asks for passes; what it misses, the schedule finds."""

    @property
    def mode(self) -> str:
        """How it learns of edits: `inotify`, or `polling` and why."""
        ...

    @property
    def problem(self) -> str:
        """Why edits may go unnoticed just now, a sentence; "" when they don't."""
        ...

    def start(self) -> None:
        """Begin to watch; returns at once, also when there is nothing to watch yet."""
        ...

    def check(self) -> None:
        """Look whether it still watches what it should, and mend it: called once a second, raises nothing."""
        ...

    def stop(self) -> None:
        """End watching; returns when its thread has ended."""
        ...


class Listener(Protocol):
    """Hears from PostgreSQL of drift and requests, and asks for passes; the schedule finds what it misses."""

    @property
    def problem(self) -> str:
        """Why it may miss something just now, a sentence; "" when it does not."""
        ...

    def start(self) -> None:
        """Begin to listen; returns at once, also while PostgreSQL is not there."""
        ...

    def stop(self) -> None:
        """End listening; returns when its thread has ended."""
        ...


class Face(Protocol):
    """What serves people over HTTP, in a process of its own; it never holds the daemon up."""

    @property
    def address(self) -> str:
        """Where it is reached: a URL, "" when it is not."""
        ...

    @property
    def problem(self) -> str:
        """Why nobody is served just now although somebody should be, a sentence; "" when all is well."""
        ...

    @property
    def note(self) -> str:
        """What is only worth knowing of it, a sentence; "" for nothing."""
        ...

    def start(self) -> None:
        """Begin to serve; returns at once."""
        ...

    def stop(self) -> None:
        """End it; returns when what was asked is answered, or after a few seconds."""
        ...

    def beat(self) -> None:
        """Let it know that the daemon lives; never waits."""
        ...


class Election(Protocol):
    """Which replica writes: a lock elects it, an epoch fences its writes."""

    def stand(self) -> int | None:
        """Give the epoch under which this replica writes, None while another one leads; never waits for that.

        Gets ready whatever it needs first (a session, the tables). Called before every pass and once a
        second, so it costs next to nothing for a leader whose session lives.

        Raises:
            StoreUnavailable: PostgreSQL does not answer.
            StoreRefused: PostgreSQL answers, and says no.
            SchemaMismatch: the tables can't be worked with.

        """
        ...

    def resign(self) -> None:
        """Let another replica lead at once; raises nothing."""
        ...


class Store(Protocol):
    """PostgreSQL, as one pass uses it. Every call may raise StoreUnavailable or StoreRefused."""

    def survey(self, desired: DesiredState) -> Survey:
        """Look at the inventory, and at the fingerprints of the rows, of what `desired` speaks of."""
        ...

    def examine(self, survey: Survey, desired: DesiredState, keys: frozenset[ResourceKey]) -> ActualState:
        """Read the rows of `keys`: the managed ones, and unmanaged ones that bear the same name or id."""
        ...

    def apply(self, plan: Plan, header: PassHeader) -> Applied:
        """Carry the plan out in one transaction, conditional on what the rows still are.

        Raises:
            SteppedDown: `header.epoch` is no longer the writer's; nothing was written.
            PlanOutdated, PlanStale: `header.whole`, and something of the plan can't be done, for a moment or
                as it stands; nothing was written.

        """
        ...

    def locate(self, row_ids: Iterable[UUID]) -> frozenset[ResourceKey]:
        """Name the managed resources to which these rows of `users` and `workflows` belong."""
        ...

    def propose(
        self, gates: Sequence[Gate], outdated: frozenset[str] = frozenset(), *, lasting: bool = False
    ) -> None:
        """Write down the sets that wait for approval, so that they can be approved.

        `outdated` are digests of sets that wait no more: they can't be approved by mistake. What is `lasting`
        waits for a day, also when no pass finds it.
        """
        ...

    def answer(self, requests: Sequence[Request], told: dict[str, Any]) -> None:
        """Tell whoever asked for a pass how it went; `told` is JSON."""
        ...

    def put_off(self, requests: Sequence[Request], why: str) -> None:
        """Tell whoever asked for a pass why it failed, and that it is tried again."""
        ...


class Archive(Protocol):
    """PostgreSQL, as the keeper of what was: called by the writer between two passes."""

    def expire(self, epoch: int, keep: timedelta, most: int) -> int:
        """Delete what is older than `keep` and decides nothing any more, at most so many rows; give how many.

        Raises:
            SteppedDown: `epoch` is no longer the writer's; nothing was deleted.
            StoreUnavailable, StoreRefused: PostgreSQL does not answer, or says no.

        """
        ...


class ServiceManager(Protocol):
    """Who started this process and looks after it: systemd, or nobody."""

    def tell(self, **said: str) -> bool:
        """Tell it, without waiting and without raising; give whether it may have heard."""
        ...


class StatusStore(Protocol):
    """PostgreSQL, as the place where the status can be read without Redis.

    Called from another thread than the one that runs passes, and while it does. Every call may raise
    StoreUnavailable or StoreRefused.
    """

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
    ) -> None:
        """Write down what changed; None means: as it was told last.

        Writes of instance and resources below the stored epoch are not taken.
        """
        ...

    def withdraw(self, replica: str) -> None:
        """Take down what this replica told of itself, because it stops."""
        ...

    def recall(self) -> Board:
        """Give the status as it was last published: shown without Redis, taken up by a new leader."""
        ...


class StatusBoard(Protocol):
    """Redis: a view of the status, never an input to a decision."""

    @property
    def problem(self) -> str:
        """What is wrong with Redis just now, a sentence without secrets; "" when nothing is known to be."""
        ...

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        """Bring the view up to date, writing only what changed; never raises for what is wrong with Redis.

        None means: as it was told last. `changed` and `gone` are relative to the publication before. `whole`
        gives the status of every resource; it is called only when the view must be built anew (at the start,
        after Redis was away or lost it), so that telling of one resource among many costs the same as among
        few. What a `replica` that is no leader knows of resources is not shown.
        """
        ...

    def withdraw(self) -> None:
        """Take this replica's heartbeat down, because it stops; never raises for what is wrong with Redis."""
        ...

    def read(self) -> Board | None:
        """Give what is shown, None when nothing is.

        Raises:
            StatusUnavailable: Redis does not answer.

        """
        ...
