"""The result of one pass: why it ran, what it did, what it left, and how long each stage took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from reconciler.desired import DesiredState, Diagnostic
from reconciler.plan import ActualState, Gate, HeldBack, Part, Plan, Survey
from reconciler.resources import ResourceKey


class Trigger(StrEnum):
    """What asked for a pass; of several one is told: see `Wakeup.trigger`."""

    START = "start"
    FILES = "files"
    SCHEDULE = "schedule"
    DRIFT = "drift"
    STATUS = "status"
    REQUEST = "request"
    SIGNAL = "signal"
    RETRY = "retry"
    WEBHOOK = "webhook"
    COMMAND = "command"


class Outcome(StrEnum):
    """How a pass ended. `HELD_BACK`: what could be applied was, and something was left."""

    UNCHANGED = "Unchanged"
    APPLIED = "Applied"
    HELD_BACK = "HeldBack"
    FAILED = "Failed"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources a pass changed, by action, and how many it held back."""

    created: int = 0
    adopted: int = 0
    updated: int = 0
    healed: int = 0
    pruned: int = 0
    noted: int = 0
    held_back: int = 0

    def __str__(self) -> str:
        """What was done, in words: `3 created, 1 held back`."""
        done = [f"{n:,} {name.replace('_', ' ')}" for name, n in asdict(self).items() if n]
        return ", ".join(done) or "nothing to do"


@dataclass(frozen=True, slots=True)
class PassHeader:
    """Who writes, and why: what a pass's transaction is stamped with.

    `epoch` is the writer's fence. `force` names workflows whose jobs in flight may be altered. `whole` says
    that the plan is carried out as it stands or not at all.
    """

    pass_id: UUID
    trigger: Trigger
    epoch: int
    started_at: datetime
    force: frozenset[ResourceKey] = frozenset()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A resource that the plan would have changed and that was left when its rows were locked, and why."""

    held: HeldBack
    retry: bool
    """Whether the same change may succeed in a moment."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a transaction did: the changes of the plan that were committed, and what was left of it.

    `rows_written` counts rows inserted, updated or deleted in the consumers' tables.
    """

    done: frozenset[ResourceKey] = frozenset()
    left: tuple[Left, ...] = ()
    generations: Mapping[ResourceKey, int] = field(default_factory=dict)
    rows_written: int = 0


@dataclass(frozen=True, slots=True)
class SyncResult:
    """One pass, told.

    `applied` is None when the pass did not get that far; `error` then says why. `seconds` maps each stage
    (fetch, build, load, plan, apply) to how long it took. `narrow` says that the pass looked only at what was
    named to it.
    """

    pass_id: UUID
    trigger: Trigger
    outcome: Outcome
    revision: str
    started_at: datetime
    finished_at: datetime
    narrow: bool = False
    plan: Plan | None = None
    applied: Applied | None = None
    counts: Counts = field(default_factory=Counts)
    diagnostics: tuple[Diagnostic, ...] = ()
    gaps: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    error: str = ""

    @property
    def held_back(self) -> tuple[HeldBack, ...]:
        """Everything that was left as it is, whether planned so or found so under the locks."""
        planned = self.plan.held_back if self.plan else ()
        return (*planned, *(left.held for left in (self.applied.left if self.applied else ())))

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The sets that wait for approval."""
        return self.plan.gates if self.plan else ()


@dataclass(frozen=True, slots=True)
class PassReport:
    """A pass that reached its end: its result, and what the statuses of the resources are told from.

    `root` names the folder or repository that was read, and changes when it is another one than before.
    `unsettled` are paths that were being written while they were read, and want another look soon. `actual`
    is what was found before anything was written. `part` is what it was narrowed to. `carried` are passes
    that carried out saved plans just before.
    """

    result: SyncResult
    desired: DesiredState
    survey: Survey
    root: str = ""
    unsettled: tuple[str, ...] = ()
    actual: ActualState | None = None
    part: Part | None = None
    carried: tuple[PassReport, ...] = ()
