"""Absence deletes only when everything was understood, for long enough, and by a word of the policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import JobRow, Plan, Policy, Suspension, WorkflowRow
from reconciler.resources import ResourceKey, resource_id
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, actions, reasons, settled

ADA = manifest(user())
FLOW = manifest(workflow("w", job("a")), path="studies/lung/w.yaml")
OTHER = manifest(workflow("v", job("b")), path="v.yaml")
KEY = workflow_key("w")
PRUNE = Policy(prune=True)
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def _database(*more: Manifest) -> Database:
    return settled(ADA, FLOW, OTHER, *more)


def _deleted(plan: Plan) -> list[str]:
    return [key for key, action in actions(plan).items() if action == "Delete"]


def test_an_orphan_is_only_reported_while_pruning_is_off() -> None:
    """And noted, once, so that another instance may take it."""
    database = _database()
    plan = database.plan(desired(ADA, OTHER))
    assert actions(plan) == {"Workflow/w": "Orphan"}
    assert reasons(plan) == {"Workflow/w": "PruneOff"}
    database.apply(plan)
    again = database.plan(desired(ADA, OTHER))
    assert again.empty
    assert reasons(again) == {"Workflow/w": "PruneOff"}


def test_a_manifest_that_comes_back_ends_the_orphanage() -> None:
    """Its rows are as they were, so only the note is taken back."""
    database = _database()
    database.apply(database.plan(desired(ADA, OTHER)))
    assert actions(database.plan(desired(ADA, FLOW, OTHER))) == {"Workflow/w": "Note"}


def test_an_orphan_goes_with_its_jobs_when_pruning_is_on() -> None:
    """And with all that was remembered of it."""
    database = _database()
    database.apply(database.plan(desired(ADA, OTHER), PRUNE))
    assert [flow.name for flow in database.workflows.values()] == ["v"]
    assert [cell.row.name for cell in database.jobs.values()] == ["b"]
    assert KEY not in database.inventory


def test_workflows_go_before_their_user() -> None:
    """In one pass, deletions in the order that foreign keys ask for."""
    plan = _database().plan(desired(), PRUNE)
    assert [str(change.key) for change in plan.changes] == ["Workflow/w", "Workflow/v", "User/ada"]
    assert set(actions(plan).values()) == {"Delete"}


def test_deletions_come_after_everything_else() -> None:
    """What is made may need what goes, never the other way round."""
    plan = _database().plan(desired(ADA, manifest(workflow("z")), OTHER), PRUNE)
    assert [type(change).__name__ for change in plan.changes] == ["Create", "Delete"]


@pytest.mark.parametrize(
    "state",
    [
        desired(ADA, OTHER, quarantined=["broken.yaml"]),
        desired(ADA, OTHER, gaps=["the folder was replaced"]),
        desired(ADA, OTHER, gaps=["x.yaml was being written while it was read"]),
    ],
    ids=["a broken file", "a doubtful root", "an unsettled file"],
)
def test_a_broken_file_holds_back_every_delete(state: DesiredState) -> None:
    """It might have declared any of them; the message says which file."""
    plan = _database().plan(state, PRUNE)
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "PruneHeld"}
    assert state.gaps[0] in plan.held_back[0].message


def test_a_resource_from_a_broken_file_is_invalid_not_gone() -> None:
    """Also when its name can't be made out any more."""
    plan = _database().plan(desired(ADA, OTHER, quarantined=["studies/lung/w.yaml"]), PRUNE)
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "ManifestInvalid"}


@pytest.mark.parametrize("folder", ["studies/", "studies/lung/"])
def test_a_resource_from_a_folder_that_cannot_be_listed_is_invalid_not_gone(folder: str) -> None:
    """Unknown is not absent."""
    plan = _database().plan(desired(ADA, OTHER, quarantined=[folder]), PRUNE)
    assert reasons(plan) == {"Workflow/w": "ManifestInvalid"}


def test_a_folder_of_a_similar_name_is_another_one() -> None:
    """It only holds pruning back, as every gap does."""
    plan = _database().plan(desired(ADA, OTHER, quarantined=["studies/lun/"]), PRUNE)
    assert reasons(plan) == {"Workflow/w": "PruneHeld"}


def test_a_refused_manifest_is_no_absence() -> None:
    """Its author means it to exist."""
    plan = _database().plan(desired(ADA, OTHER, refused=[refusal(KEY)]), PRUNE)
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "ManifestInvalid"}


def test_a_narrow_pass_deletes_nothing_and_orphans_nothing() -> None:
    """A folder in the middle of a checkout is not a snapshot."""
    plan = _database().plan(desired(scope=[KEY], users=["ada"]), PRUNE)
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "PruneDelayed"}


@pytest.mark.parametrize(
    ("waited", "action"), [((), {}), ([KEY], {"Workflow/w": "Delete"}), (None, {"Workflow/w": "Delete"})]
)
def test_a_folder_must_have_lacked_the_manifest_for_a_while(
    waited: Iterable[ResourceKey] | None, action: dict[str, str]
) -> None:
    """Unless there is no need to wait: a commit, `apply --prune`."""
    policy = replace(PRUNE, absent_long_enough=None if waited is None else frozenset(waited))
    plan = _database().plan(desired(ADA, OTHER), policy)
    assert actions(plan) == action
    assert reasons(plan) == ({} if action else {"Workflow/w": "PruneDelayed"})


def _protected() -> Manifest:
    return manifest(FLOW.resource, path=FLOW.where.path, annotations={"reconciler/prune": "disabled"})


def test_protection_outlives_its_file() -> None:
    """Who said it must say otherwise before it can go."""
    database = settled(ADA, _protected(), OTHER)
    plan = database.plan(desired(ADA, OTHER), PRUNE)
    assert actions(plan) == {"Workflow/w": "Orphan"}
    assert reasons(plan) == {"Workflow/w": "Protected"}


def test_protection_ends_with_a_manifest_that_does_not_ask_for_it() -> None:
    """Then its absence counts again."""
    database = settled(ADA, _protected(), OTHER)
    database.apply(database.plan(desired(ADA, FLOW, OTHER)))
    assert _deleted(database.plan(desired(ADA, OTHER), PRUNE)) == ["Workflow/w"]


@pytest.mark.parametrize("held", ["in flight", "suspended", "in conflict"])
def test_protection_counts_from_the_pass_that_sees_it_even_if_the_edit_is_held_back(held: str) -> None:
    """Else a file that comes and goes while a job runs would have protected nothing."""
    notes = {"reconciler/prune": "disabled"}
    database = _database()
    if held == "in flight":
        database.edit_job("a", status="RUNNING")
    elif held == "suspended":
        notes["reconciler/suspend"] = "true"
    else:
        rows = database.rows(KEY.kind, resource_id(KEY))
        assert isinstance(rows, WorkflowRow)
        stranger = JobRow(UUID(int=9), "new", "other", "main", (), "{}", 0, 1)
        database.insert(replace(rows, jobs=(*rows.jobs, stranger)))
    edited = workflow("w", job("a", x=1), job("new"))
    seen = database.plan(desired(ADA, OTHER, manifest(edited, path=FLOW.where.path, annotations=notes)))
    assert actions(seen) == {"Workflow/w": "Note"}
    assert len(seen.held_back) == 1
    database.apply(seen)
    assert reasons(database.plan(desired(ADA, OTHER), PRUNE)) == {"Workflow/w": "Protected"}


def test_an_orphan_that_is_suspended_is_left_alone() -> None:
    """It is neither pruned nor offered to other instances."""
    database = _database()
    database.suspensions[KEY] = Suspension("under review", NOON, until=NOON)
    plan = database.plan(desired(ADA, OTHER), PRUNE)
    assert plan.empty
    (left,) = plan.held_back
    assert (left.sync, left.message) == (
        "Suspended",
        "suspended until 2026-03-04 12:00 UTC: under review; `reconciler resume Workflow/w` ends that",
    )


def test_a_user_whom_a_workflow_names_is_not_pruned() -> None:
    """Whoever's the workflow is."""
    database = _database()
    database.insert(WorkflowRow(UUID(int=3), resource_id(user_key("ada")), "theirs", 1, ()))
    plan = database.plan(desired(), PRUNE)
    assert actions(plan) == {"Workflow/v": "Delete", "Workflow/w": "Delete", "User/ada": "Orphan"}
    assert reasons(plan) == {"User/ada": "StillNamed"}
    assert str(UUID(int=3)) in plan.held_back[0].message


def test_a_user_whom_a_held_back_workflow_names_is_not_pruned() -> None:
    """A workflow in flight holds its user too."""
    database = settled(ADA, FLOW)
    database.edit_job("a", status="RUNNING")
    assert reasons(database.plan(desired(), PRUNE)) == {"User/ada": "StillNamed", "Workflow/w": "InFlight"}


def test_a_user_whom_only_a_manifest_names_is_not_pruned() -> None:
    """The workflow that this pass makes would have no user."""
    newcomer = manifest(workflow("n", user="ada"))
    plan = settled(ADA).plan(desired(newcomer), PRUNE)
    assert actions(plan) == {"Workflow/n": "Create", "User/ada": "Orphan"}
    assert (
        plan.held_back[0].message == "no manifest declares it, but the manifest of Workflow/n still names it"
    )


def test_a_user_goes_in_the_pass_that_gives_its_last_workflow_to_another() -> None:
    """No second pass is needed for it."""
    bob = manifest(user("bob"))
    database = settled(ADA, bob, FLOW)
    handed_on = manifest(workflow("w", job("a"), user="bob"), path=FLOW.where.path)
    plan = database.plan(desired(bob, handed_on), PRUNE)
    assert actions(plan) == {"Workflow/w": "Update", "User/ada": "Delete"}
    assert not database.apply(plan)


def test_a_workflow_under_which_a_strangers_job_hangs_is_a_conflict() -> None:
    """Its deletion would take the job along."""
    database = _database()
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    stranger = JobRow(UUID(int=9), "theirs", "other", "main", (), "{}", 0, 1)
    database.insert(replace(rows, jobs=(*rows.jobs, stranger)))
    plan = database.plan(desired(ADA, OTHER), PRUNE)
    assert actions(plan) == {"Workflow/w": "Orphan"}
    assert reasons(plan) == {"Workflow/w": "Referenced"}
    assert "'theirs'" in plan.held_back[0].message


def test_what_has_neither_manifest_nor_rows_is_forgotten() -> None:
    """There is nothing to delete, and nothing left to report."""
    database = _database()
    database.remove(resource_id(KEY))
    plan = database.plan(desired(ADA, OTHER), PRUNE)
    assert actions(plan) == {"Workflow/w": "Forget"}
    database.apply(plan)
    assert KEY not in database.inventory


def test_a_pass_with_targets_prunes_and_orphans_nothing_else() -> None:
    """Nothing but these is changed, not even in our book."""
    plan = _database().plan(desired(ADA), replace(PRUNE, targets=frozenset([KEY])))
    assert actions(plan) == {"Workflow/w": "Delete"}
    assert reasons(plan) == {"Workflow/v": "NotTargeted"}


def test_what_another_instance_manages_is_never_an_orphan_of_ours() -> None:
    """Its rows are not in our inventory."""
    assert settled(ADA, FLOW, instance="north").plan(desired(), PRUNE, "south").changes == ()
