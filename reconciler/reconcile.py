"""One pass: fetch, build the desired state, make a plan, apply it, report.

A pass is level-triggered: what asked for it is only told, what to do is found by comparing. It may be
narrowed to what is known to have moved; one that looks at everything finds whatever a narrow one could
miss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from reconciler.desired import Catalogue, DesiredState, Snapshot, parse_file
from reconciler.errors import ReconcilerError, TerminalError
from reconciler.plan import (
    ActualState,
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Heal,
    Part,
    Plan,
    Policy,
    Recreate,
    Update,
    choose,
    keys_to_examine,
    make_plan,
)
from reconciler.ports import Clock, Progress, Source, Store
from reconciler.report import (
    Applied,
    Counts,
    Order,
    Outcome,
    PassHeader,
    PassReport,
    SyncResult,
)
from reconciler.report.answer import Answer
from reconciler.report.wire import encode
from reconciler.resources import ResourceKey

_COUNTED: Final[dict[type[Change], str]] = {
    Create: "created",
    Adopt: "adopted",
    Update: "updated",
    Heal: "healed",
    Recreate: "healed",
    Delete: "pruned",
    Forget: "pruned",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a pass found and would do, before anything is written; `part` is what it was narrowed to."""

    snapshot: Snapshot | None
    desired: DesiredState
    actual: ActualState
    plan: Plan
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class PassEdges:
    """Through what a pass reaches the world."""

    source: Source
    store: Store
    clock: Clock


@dataclass(frozen=True, slots=True)
class Rules:
    """For which instance a pass runs, and what it may do."""

    instance: str
    policy: Policy


class Reconciler:
    """Runs the passes of one instance, one at a time; between them it remembers what the manifests say."""

    def __init__(self, edges: PassEdges, rules: Rules, progress: Progress | None = None) -> None:
        self._source = edges.source
        self._store = edges.store
        self._clock = edges.clock
        self.rules = rules
        """By what passes go; may be replaced at any time, and holds from the next plan on."""
        self._progress = progress
        self._catalogue = Catalogue()
        self._root = ""

    def run(self, order: Order) -> PassReport:
        """Run one pass to its end; see the errors of `ports.Source` and `ports.Store`.

        Whoever asked for it is answered, also when only a change of something can bring it to its end; one
        that may pass by itself is tried again, and answered then.
        """
        try:
            return self._run(order)
        except TerminalError as error:
            with suppress(ReconcilerError):  # it may be the store that says no
                self._store.answer(order.wakeup.requests, encode(Answer.of_stall(order.pass_id, error)))
            raise

    def _run(self, order: Order) -> PassReport:
        watch = _Stopwatch(self._clock)
        draft = self.draft(order, watch)
        applied = Applied()
        if not draft.plan.empty:
            if self._progress:
                self._progress("writing", 0, len(draft.plan.changes))
            with watch.stage("apply"):
                applied = self._store.apply(draft.plan, _header(order, watch.started_at))
        self._store.propose(draft.plan.gates, _outdated(draft))
        result = _result(order, watch, draft, applied)
        self._store.answer(order.wakeup.requests, encode(Answer.of(result)))
        unsettled = draft.snapshot.unsettled if draft.snapshot else ()
        return PassReport(result, draft.desired, draft.actual.survey, self._root, unsettled)

    def draft(self, order: Order, watch: _Stopwatch | None = None) -> Draft:
        """Do all of a pass that only reads: what `plan` shows."""
        watch = watch or _Stopwatch(self._clock)
        with watch.stage("fetch"):
            snapshot = self._fetch(order)
        with watch.stage("build"):
            desired = self._build(order, snapshot)
        policy = replace(
            self.rules.policy, absent_long_enough=order.absent_long_enough, force=order.wakeup.force
        )
        with watch.stage("load"):
            survey = self._store.survey(desired)
            part = choose(order.selection, desired, survey) if order.selection else None
            policy = replace(policy, targets=part.keys if part else None)
            keys = keys_to_examine(desired, survey, policy)
            actual = self._store.examine(survey, desired, keys)
        with watch.stage("plan"):
            plan = make_plan(desired, actual, policy, self.rules.instance)
        return Draft(snapshot, desired, actual, plan, part)

    def _fetch(self, order: Order) -> Snapshot | None:
        """Step to what the source holds now; None when only rows are known to have moved."""
        hints = order.wakeup.hints
        if hints is None or not self._root:
            return self._source.fetch(parse_file)
        return self._source.fetch(parse_file, hints.paths) if hints.paths else None

    def _build(self, order: Order, snapshot: Snapshot | None) -> DesiredState:
        """Link what was read with what is known, narrowed to what may have moved."""
        touched: frozenset[ResourceKey] = frozenset()
        if snapshot is not None:
            touched = self._catalogue.advance(snapshot)
            self._root = snapshot.root
        hints = order.wakeup.hints
        if hints is None or (snapshot is not None and snapshot.whole):
            return self._catalogue.state(None)
        if hints.row_ids:
            touched |= self._store.locate(hints.row_ids)
        return self._catalogue.state(touched | hints.keys)


def _outdated(draft: Draft) -> frozenset[str]:
    """Name the sets that wait no more, as only a full pass can tell."""
    if draft.desired.scope is not None:
        return frozenset()
    return draft.actual.survey.proposed - {gate.digest for gate in draft.plan.gates}


def _header(order: Order, started_at: datetime) -> PassHeader:
    wakeup = order.wakeup
    return PassHeader(order.pass_id, wakeup.trigger, order.epoch, started_at, wakeup.force)


def _result(order: Order, watch: _Stopwatch, draft: Draft, applied: Applied) -> SyncResult:
    result = SyncResult(
        pass_id=order.pass_id,
        trigger=order.wakeup.trigger,
        outcome=Outcome.UNCHANGED,
        revision=draft.plan.revision,
        started_at=watch.started_at,
        finished_at=watch.now(),
        narrow=draft.desired.scope is not None,
        plan=draft.plan,
        applied=applied,
        diagnostics=draft.desired.diagnostics,
        gaps=draft.desired.gaps,
        seconds=watch.seconds,
    )
    counts = _counts(draft.plan, applied, len(result.held_back))
    return replace(result, counts=counts, outcome=_outcome(result, applied))


def _outcome(result: SyncResult, applied: Applied) -> Outcome:
    if result.held_back or result.gaps:
        return Outcome.HELD_BACK
    return Outcome.APPLIED if applied.done else Outcome.UNCHANGED


def _counts(plan: Plan, applied: Applied, held_back: int) -> Counts:
    done = Counter(
        _COUNTED.get(type(change), "noted") for change in plan.changes if change.key in applied.done
    )
    return Counts(**done, held_back=held_back)


@dataclass(slots=True)
class _Stopwatch:
    """How long each stage takes."""

    clock: Clock
    seconds: dict[str, float] = field(default_factory=dict)
    started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    def now(self) -> datetime:
        return self.clock.now()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = self.clock.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.clock.monotonic() - began
