"""What can't be undone has a budget; beyond it a person's word is needed, for exactly one set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired import Manifest
from reconciler.plan import Approval, Delete, GateKind, JobRow, Plan, Policy, WorkflowRow
from reconciler.resources import JobStatus, resource_id
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.model import Database, actions, reasons, settled

ADA = manifest(user())
PRUNE = Policy(prune=True)


def _flows(count: int) -> list[Manifest]:
    return [manifest(workflow(f"w{n:02}", job("a"))) for n in range(count)]


def _database(count: int) -> Database:
    """Give a database with a user and so many workflows."""
    return settled(ADA, *_flows(count))


def _deletes(plan: Plan) -> int:
    return len([change for change in plan.changes if isinstance(change, Delete)])


def test_a_prune_within_the_allowance_goes_on() -> None:
    """30 % of 20 are six."""
    plan = _database(19).plan(desired(ADA, *_flows(13)), PRUNE)
    assert _deletes(plan) == 6
    assert plan.gates == ()


def test_a_prune_beyond_the_allowance_is_blocked_whole() -> None:
    """Not the first six of seven: which ones would be chance. All stay, as orphans."""
    plan = _database(19).plan(desired(ADA, *_flows(12)), PRUNE)
    assert _deletes(plan) == 0
    assert set(reasons(plan).values()) == {"PruneBlocked"}
    assert set(actions(plan).values()) == {"Orphan"}
    (gate,) = plan.gates
    assert len(gate.subjects) == 7
    assert plan.held_back[0].message == (
        "no manifest declares it, but pruning 7 exceeds what max_prune and prune_cap allow (6 of 20); "
        f"`reconciler approve {gate.digest}` releases exactly these"
    )


def test_a_blocked_prune_stops_nothing_else() -> None:
    """The rest of the pass is applied."""
    flows = _flows(12)
    flows[0] = manifest(workflow("w00", job("a", x=1)))
    plan = _database(19).plan(desired(ADA, *flows), PRUNE)
    assert actions(plan)["Workflow/w00"] == "Update"
    assert len(plan.gates) == 1


def test_below_ten_resources_everything_may_go() -> None:
    """A share of little is no measure."""
    assert _deletes(_database(8).plan(desired(), PRUNE)) == 9


def test_from_ten_resources_on_the_share_counts() -> None:
    """Ten allow three."""
    assert _deletes(_database(9).plan(desired(ADA, *_flows(6)), PRUNE)) == 3
    assert _deletes(_database(9).plan(desired(ADA, *_flows(5)), PRUNE)) == 0


def test_the_absolute_cap_counts_whatever_the_share() -> None:
    """Also for a few."""
    assert _deletes(_database(5).plan(desired(ADA, *_flows(2)), replace(PRUNE, prune_cap=2))) == 0
    assert _deletes(_database(5).plan(desired(ADA, *_flows(3)), replace(PRUNE, prune_cap=2))) == 2


def test_what_the_hour_has_pruned_counts() -> None:
    """A trickle of deletions is no way round."""
    database = _database(19)
    database.apply(database.plan(desired(ADA, *_flows(15)), PRUNE))
    assert database.pruned == 4
    assert _deletes(database.plan(desired(ADA, *_flows(13)), PRUNE)) == 2
    plan = database.plan(desired(ADA, *_flows(12)), PRUNE)
    assert _deletes(plan) == 0
    assert "pruning 3 after 4 within the hour exceeds what max_prune and prune_cap allow (6 of 20)" in (
        plan.held_back[0].message
    )


@pytest.mark.parametrize(("share", "allowed"), [(0.57, 57), (0.29, 29), (0.07, 7), (1.0, 100), (0.0, 0)])
def test_a_share_is_counted_as_people_count(share: float, allowed: int) -> None:
    """57 % of 100 are 57, whatever binary fractions say."""
    assert Policy(max_prune=share).prune_allowance(100) == allowed


def test_an_approval_releases_exactly_its_set() -> None:
    """The gate is then named as released, so that the transaction consumes it."""
    database = _database(19)
    wanted = desired(ADA, *_flows(10))
    (gate,) = database.plan(wanted, PRUNE).gates
    database.approvals = (Approval(GateKind.PRUNE, gate.digest),)
    plan = database.plan(wanted, PRUNE)
    assert _deletes(plan) == 9
    assert plan.released == (gate,)
    assert plan.gates == ()


@pytest.mark.parametrize("moved", ["one more", "another generation", "another instance", "another kind"])
def test_an_approval_releases_no_other_set(moved: str) -> None:
    """One resource more, an edit, or another instance is another digest."""
    database, wanted, instance = _database(19), desired(ADA, *_flows(10)), "default"
    (gate,) = database.plan(wanted, PRUNE).gates
    kind = GateKind.HEAL if moved == "another kind" else GateKind.PRUNE
    database.approvals = (Approval(kind, gate.digest),)
    if moved == "one more":
        wanted = desired(ADA, *_flows(9))
    elif moved == "another generation":
        edited = [*_flows(18), manifest(workflow("w18", job("a", x=1)))]
        database.apply(database.plan(desired(ADA, *edited)))
    elif moved == "another instance":
        instance = "south"
        for key, record in database.inventory.items():
            database.inventory[key] = replace(record, instance=instance)
    plan = database.plan(wanted, PRUNE, instance)
    assert _deletes(plan) == 0
    assert len(plan.gates) == 1


def _truncated(flows: list[Manifest]) -> Database:
    database = settled(ADA, *flows)
    database.jobs.clear()
    database.workflows.clear()
    return database


def test_a_truncated_table_is_not_made_again_without_a_word() -> None:
    """All of it would run again."""
    plan = _truncated(_flows(12)).plan(desired(ADA, *_flows(12)))
    assert plan.empty
    assert set(reasons(plan).values()) == {"HealBlocked"}
    (gate,) = plan.gates
    assert gate.kind == GateKind.HEAL
    assert plan.held_back[0].message == (
        "24 of 25 rows are gone, more than max_prune, and would all run again; "
        f"`reconciler approve {gate.digest}` makes exactly these again"
    )


def test_truncated_jobs_are_counted_one_by_one() -> None:
    """Their workflows still stand."""
    database = settled(ADA, *_flows(12))
    database.jobs.clear()
    plan = database.plan(desired(ADA, *_flows(12)))
    assert plan.empty
    assert set(reasons(plan).values()) == {"HealBlocked"}


def test_edits_of_the_same_pass_do_not_slip_lost_rows_through() -> None:
    """A commit that touches every file right after the truncation changes nothing about it."""
    database = settled(ADA, *_flows(12))
    database.jobs.clear()
    edited = [manifest(workflow(f"w{n:02}", job("a", x=1))) for n in range(12)]
    assert set(reasons(database.plan(desired(ADA, *edited))).values()) == {"HealBlocked"}


def test_an_approved_heal_makes_the_rows_again() -> None:
    """With their ids, and where they left off."""
    database = _truncated(_flows(12))
    wanted = desired(ADA, *_flows(12))
    (gate,) = database.plan(wanted).gates
    database.approvals = (Approval(GateKind.HEAL, gate.digest),)
    plan = database.plan(wanted)
    assert set(actions(plan).values()) == {"Recreate"}
    assert plan.released == (gate,)


def test_a_few_lost_rows_are_made_again() -> None:
    """30 % of 25 rows are seven."""
    database = settled(ADA, *_flows(12))
    for n in range(3):
        database.remove(resource_id(workflow_key(f"w{n:02}")))
    plan = database.plan(desired(ADA, *_flows(12)))
    assert set(actions(plan).values()) == {"Recreate"}


def test_the_cap_on_pruning_does_not_stop_healing() -> None:
    """A large workflow is one resource of many rows."""
    database = settled(ADA, *_flows(12))
    database.remove(resource_id(workflow_key("w00")))
    assert not database.plan(desired(ADA, *_flows(12)), Policy(prune_cap=1)).empty


def test_drift_without_loss_is_healed_whatever_its_size() -> None:
    """Nothing would run again."""
    database = settled(ADA, *_flows(12))
    for row_id, cell in database.jobs.items():
        database.jobs[row_id] = replace(cell, row=replace(cell.row, branch_id="x"))
    assert set(actions(database.plan(desired(ADA, *_flows(12)))).values()) == {"Heal"}


def test_new_workflows_of_a_user_whose_row_may_not_be_made_again_wait() -> None:
    """They would name a user that is not there."""
    users = [manifest(user(f"u{n:02}")) for n in range(12)]
    database = settled(*users)
    database.users.clear()
    newcomer = manifest(workflow("w", user="u00"))
    plan = database.plan(desired(*users, newcomer))
    assert plan.empty
    assert reasons(plan)["Workflow/w"] == "UserHeld"
    assert reasons(plan)["User/u00"] == "HealBlocked"
    assert plan.held_back[-1].message == "waits for User/u00, whose row is gone"


def test_a_blocked_prune_takes_its_user_along() -> None:
    """The user is one of the set; no workflow is left without one."""
    database = _database(19)
    plan = database.plan(desired(), PRUNE)
    assert _deletes(plan) == 0
    assert reasons(plan)[str(user_key("ada"))] == "PruneBlocked"


def test_a_deferred_orphan_is_no_part_of_the_set() -> None:
    """What waits for other reasons needs no approval yet."""
    database = _database(19)
    rows = database.rows(workflow_key("w18").kind, resource_id(workflow_key("w18")))
    assert isinstance(rows, WorkflowRow)
    (row,) = rows.jobs
    assert isinstance(row, JobRow)
    cell = database.jobs[row.id]
    database.jobs[row.id] = replace(cell, row=replace(row, status=JobStatus.RUNNING))
    plan = database.plan(desired(ADA, *_flows(12)), PRUNE)
    assert _deletes(plan) == 6
    assert reasons(plan) == {"Workflow/w18": "InFlight"}
