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
from threading import Condition
from typing import Final
from uuid import uuid4

from reconciler.desired import Catalogue, DesiredState, Snapshot, parse_file
from reconciler.errors import (
    PlanOutdated,
    PlanStale,
    ReconcilerError,
    StoreUnavailable,
    TerminalError,
    TransientError,
    UsageError,
)
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
    outdated,
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
    Trigger,
    Wakeup,
)
from reconciler.report.answer import MOST_TOLD, Answer
from reconciler.report.moved import keys_of, refuse_stale, still_meant
from reconciler.report.saved import SavedPlan, from_document
from reconciler.report.steps import steps_done
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


_PATIENCE: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between attempts to carry out a saved plan while somebody holds rows of it: less than a second."""


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
        that may pass by itself is tried again, and answered then. Until then they are told why they wait.
        """
        try:
            return self._run(order)
        except TerminalError as error:
            with suppress(ReconcilerError):  # it may be the store that says no
                self._store.answer(order.wakeup.requests, encode(Answer.of_stall(order.pass_id, error)))
            raise
        except TransientError as error:
            if not isinstance(error, StoreUnavailable):
                with suppress(ReconcilerError):
                    self._store.put_off(order.wakeup.requests, str(error))
            raise

    def _run(self, order: Order) -> PassReport:
        order, carried = self._serve_plans(order)
        watch = _Stopwatch(self._clock)
        draft = self.draft(order, watch)
        report = self._write(order, watch, draft)
        self._store.propose(draft.plan.gates, _outdated(draft))
        self._answer(order, report)
        return replace(report, carried=carried)

    def _write(self, order: Order, watch: _Stopwatch, draft: Draft, *, whole: bool = False) -> PassReport:
        applied = Applied()
        if not draft.plan.empty:
            if self._progress:
                self._progress("writing", 0, len(draft.plan.changes))
            with watch.stage("apply"):
                applied = self._store.apply(draft.plan, _header(order, watch.started_at, whole=whole))
        unsettled = draft.snapshot.unsettled if draft.snapshot else ()
        result = _result(order, watch, draft, applied)
        survey = draft.actual.survey
        return PassReport(result, draft.desired, survey, self._root, unsettled, draft.actual, draft.part)

    def _answer(self, order: Order, report: PassReport) -> None:
        if order.wakeup.requests:
            told = Answer.of(report.result, steps_done(report, MOST_TOLD))
            self._store.answer(order.wakeup.requests, encode(told))

    # --- saved plans ----------------------------------------------------------------------------------------

    def carry_out(self, order: Order, saved: SavedPlan) -> PassReport:
        """Do what a saved plan says, all of it or nothing; what else may have changed is left alone.

        Rows that somebody holds for a moment are waited for, not for long.

        Raises:
            PlanStale: something that it touches has moved since; each resource is named.
            PlanOutdated: rows that it touches are held by somebody else.

        """
        for pause in _PATIENCE:
            try:
                return self._carry_out(order, saved)
            except PlanOutdated:
                self._pause(pause)
        return self._carry_out(order, saved)

    def _carry_out(self, order: Order, saved: SavedPlan) -> PassReport:
        watch = _Stopwatch(self._clock)
        keys = keys_of(saved.plan)
        policy = saved.terms.applied_to(self.rules.policy)
        draft = self.draft(order, watch, replace(policy, targets=keys))
        self._store.propose(draft.plan.gates, lasting=True)
        refuse_stale(saved.plan, draft.plan, draft.actual)
        meant = still_meant(saved.plan, draft.plan)
        draft = replace(draft, plan=meant, desired=self._catalogue.state(keys))
        return self._write(order, watch, draft, whole=True)

    def _serve_plans(self, order: Order) -> tuple[Order, tuple[PassReport, ...]]:
        """Carry out the saved plans that were handed in, and answer for each; give the order without them.

        The pass that follows looks at everything: what else a plan's own look found is still to be done.
        """
        wakeup = order.wakeup
        handed_in = [request for request in wakeup.requests if request.plan is not None]
        if not handed_in:
            return order, ()
        carried: list[PassReport] = []
        for request in handed_in:
            alone = Order(Wakeup((Trigger.REQUEST,), None, (request,)), uuid4(), order.epoch)
            try:
                saved = from_document(request.plan, f"request {request.id}")
                report = self.carry_out(alone, saved)
            except (PlanOutdated, PlanStale, UsageError) as error:
                told = Answer.of_refusal(alone.pass_id, error)
                self._store.answer(alone.wakeup.requests, encode(told))
            else:
                self._answer(alone, report)
                carried.append(report)
        others = tuple(request for request in wakeup.requests if request.plan is None)
        return replace(order, wakeup=replace(wakeup.widened(), requests=others)), tuple(carried)

    def _pause(self, seconds: float) -> None:
        nobody = Condition()
        with nobody:
            self._clock.wait(nobody, seconds)

    # --- what a pass finds ----------------------------------------------------------------------------------

    def draft(self, order: Order, watch: _Stopwatch | None = None, policy: Policy | None = None) -> Draft:
        """Do all of a pass that only reads: what `plan` shows; under another policy if one is given."""
        watch = watch or _Stopwatch(self._clock)
        with watch.stage("fetch"):
            snapshot = self._fetch(order)
        with watch.stage("build"):
            desired = self._build(order, snapshot)
        policy = replace(
            policy or self.rules.policy,
            absent_long_enough=order.absent_long_enough,
            force=order.wakeup.force,
        )
        with watch.stage("load"):
            survey = self._store.survey(desired)
            part = choose(order.selection, desired, survey) if order.selection else None
            policy = replace(policy, targets=part.keys) if part else policy
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
    if draft.desired.scope is not None or draft.part is not None:
        return frozenset()
    return outdated(draft.desired, draft.actual.survey, draft.plan)


def _header(order: Order, started_at: datetime, *, whole: bool) -> PassHeader:
    wakeup = order.wakeup
    return PassHeader(order.pass_id, wakeup.trigger, order.epoch, started_at, wakeup.force, whole)


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
