"""What has moved since a plan was saved: whatever was done meanwhile, and by whom."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule

from reconciler.errors import PlanStale
from reconciler.plan import (
    ActualState,
    Approval,
    Change,
    Create,
    Plan,
    Policy,
    Survey,
    UserRow,
    keys_to_examine,
    make_plan,
)
from reconciler.plan.target import same_rows
from reconciler.report.moved import keys_of, moved_since, refuse_stale, still_meant
from reconciler.report.reasons import action_of
from reconciler.report.steps import BOOKS_ALONE, images
from tests.builders import manifest, user
from tests.unit.plan.test_any_history import AnyHistory


def changing(changes: tuple[Change, ...]) -> dict[str, Change]:
    """Give the changes that write rows."""
    return {str(change.key): change for change in changes if action_of(change) not in BOOKS_ALONE}


class AnyHistoryOfAPlan(AnyHistory):
    """As any history, in which somebody saves a plan and later wants it carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: Plan | None = None
        self.policy = Policy()

    @rule()
    def save(self) -> None:
        """Save a plan."""
        self.save_under(Policy())

    def save_under(self, policy: Policy) -> None:
        """Save a plan; now it still holds, and all of it is meant."""
        self.policy, self.database.approvals = policy, ()
        self.saved, _ = self._made()
        now, actual = self._made(self.saved)
        assert moved_since(self.saved, now, actual) == ()
        meant = still_meant(self.saved, now)
        assert {change.key for change in meant.changes} == {c.key for c in self.saved.changes}
        assert {held.key for held in meant.held_back} == {
            key for gate in self.saved.gates for key in gate.keys
        }

    @rule()
    def save_for_a_prune(self) -> None:
        """Save another kind, as often."""
        self.save_under(Policy(prune=True))

    @rule()
    def save_for_what_has_to_be_approved(self) -> None:
        """Nothing may be deleted without a word."""
        self.save_under(Policy(prune=True, small=0, max_prune=0.0))

    @rule()
    def approve(self) -> None:
        """Give it, for what waits in the plan."""
        gates = self.saved.gates if self.saved else ()
        self.database.approvals = tuple(Approval(gate.kind, gate.digest) for gate in gates)

    @rule()
    def carry_out(self) -> None:
        """Do what is meant; the same plan may then be carried out again for what was approved since."""
        if self.saved is None:
            return
        now, actual = self._made(self.saved)
        if not moved_since(self.saved, now, actual):
            self.database.apply(still_meant(self.saved, now))

    @invariant()
    def while_nothing_has_moved_what_would_be_done_is_what_was_to_be_done(self) -> None:
        """Looked at after every step."""
        if self.saved is None:
            return
        now, actual = self._made(self.saved)
        moved = moved_since(self.saved, now, actual)
        assert {one.key for one in moved} <= {change.key for change in self.saved.changes}
        assert all(one.why for one in moved)
        plan = still_meant(self.saved, now)
        meant, to_be_done = changing(plan.changes), changing(self.saved.changes)
        opened = {str(key) for gate in plan.released for key in gate.keys if gate in self.saved.gates}
        assert meant.keys() <= to_be_done.keys() | opened
        if moved:
            return
        assert opened or meant.keys() == to_be_done.keys()
        for key, then in to_be_done.items():
            if key not in meant:
                continue  # done before the rest was approved
            assert type(meant[key]) is type(then)
            for image, image_now in zip(images(then), images(meant[key]), strict=True):
                assert image is image_now or (image and image_now and same_rows(image, image_now))

    def _made(self, saved: Plan | None = None) -> tuple[Plan, ActualState]:
        targets = keys_of(saved) if saved else None
        policy, wanted = replace(self.policy, targets=targets), self._desired()
        survey = self.database.survey("default")
        actual = self.database.examine(survey, wanted, keys_to_examine(wanted, survey, policy))
        plan = make_plan(wanted, actual, policy, "default")
        return plan, actual


def test_of_many_that_moved_some_are_named() -> None:
    """The rest is counted: a refusal is to be read."""
    saved = Plan(
        "r1", tuple(Create(manifest(user(name := f"u{n:02}")), UserRow(UUID(int=n), name)) for n in range(25))
    )

    with pytest.raises(PlanStale) as refused:
        refuse_stale(saved, Plan("r2"), ActualState(Survey({})))

    assert refused.value.where == "25 resources"
    assert refused.value.why.splitlines()[-2:] == [
        "User/u19: it was to be created, and nothing of that is left to do",
        "and 5 more resources",
    ]


TestAnyHistoryOfAPlan = AnyHistoryOfAPlan.TestCase
TestAnyHistoryOfAPlan.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
