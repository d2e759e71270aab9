"""What somebody asked to be left alone is; what was not asked for is not done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.plan import Policy, Suspension
from tests.builders import desired, job, manifest, user, workflow, workflow_key
from tests.model import actions, reasons, settled

ADA = manifest(user())
FLOW = manifest(workflow("w", job("a")))
EDITED = manifest(workflow("w", job("a", x=1)))
OTHER = manifest(workflow("v", job("b")))
KEY = workflow_key("w")
SLEEPS = "suspended: under review; `reconciler resume Workflow/w` ends that"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_suspended_resource_is_neither_edited_nor_healed() -> None:
    """It shows as suspended, with the reason."""
    database = settled(ADA, FLOW, OTHER)
    database.suspensions[KEY] = Suspension("under review", NOON)
    database.edit_job("a", branch_id="x")
    plan = database.plan(desired(ADA, EDITED, OTHER))
    assert plan.empty
    (left,) = plan.held_back
    assert (left.sync, left.reason, left.message) == ("Suspended", "Suspended", SLEEPS)


def test_a_suspended_resource_shows_as_such_even_when_nothing_differs() -> None:
    """Else nobody would remember it."""
    database = settled(ADA, FLOW)
    database.suspensions[KEY] = Suspension("under review", NOON)
    assert reasons(database.plan(desired(ADA, FLOW))) == {"Workflow/w": "Suspended"}


def test_a_suspended_instance_leaves_everything_alone() -> None:
    """The resource's own suspension is told first."""
    database = settled(ADA, FLOW)
    database.suspensions |= {None: Suspension("maintenance", NOON), KEY: Suspension("mine", NOON)}
    plan = database.plan(desired(ADA, EDITED, OTHER))
    assert plan.empty
    assert {str(left.key): left.message for left in plan.held_back} == {
        "User/ada": "the instance is suspended: maintenance; `reconciler resume` ends that",
        "Workflow/v": "the instance is suspended: maintenance; `reconciler resume` ends that",
        "Workflow/w": "suspended: mine; `reconciler resume Workflow/w` ends that",
    }


@pytest.mark.parametrize(("word", "held"), [("true", True), ("false", False), ("yes", False)])
def test_an_annotation_suspends(word: str, *, held: bool) -> None:
    """Only the word `true` does."""
    asleep = manifest(EDITED.resource, annotations={"reconciler/suspend": word})
    plan = settled(ADA, FLOW).plan(desired(ADA, asleep))
    assert reasons(plan) == ({"Workflow/w": "Suspended"} if held else {})


def test_with_targets_nothing_else_is_changed() -> None:
    """What differs elsewhere is reported; what does not is not mentioned."""
    database = settled(ADA, FLOW, OTHER)
    moved = manifest(OTHER.resource, path="elsewhere.yaml")
    third = manifest(workflow("x"))
    plan = database.plan(desired(ADA, EDITED, moved, third), Policy(targets=frozenset([KEY])))
    assert actions(plan) == {"Workflow/w": "Update"}
    assert reasons(plan) == {"Workflow/x": "NotTargeted"}
