"""A workflow belongs to the user it names: by manifest, else by username."""

from __future__ import annotations

from uuid import UUID

from reconciler.plan import Create, Plan, Policy, Update, UserRow, WorkflowRow
from reconciler.resources import resource_id
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, reasons, settled

ADA = manifest(user())
ADA_ID = resource_id(user_key("ada"))
FLOW = manifest(workflow("w", job("a")))
EDITED = manifest(workflow("w", job("a", x=1)))
KEY = workflow_key("w")
THEIRS = UUID(int=0xABC)


def _owner(plan: Plan) -> UUID:
    (change,) = (change for change in plan.changes if change.key == KEY)
    assert isinstance(change, Create | Update)
    assert isinstance(change.after, WorkflowRow)
    return change.after.user_id


def test_a_username_that_only_the_database_has_will_do() -> None:
    """Not every user need be declared."""
    database = Database()
    database.insert(UserRow(THEIRS, "ada"))
    assert _owner(database.plan(desired(FLOW))) == THEIRS


def test_a_user_that_nobody_has_holds_its_workflow_alone() -> None:
    """The others go on."""
    plan = Database().plan(desired(ADA, FLOW, manifest(workflow("v", user="adda"))))
    assert reasons(plan) == {"Workflow/v": "UserNotFound"}
    assert _owner(plan) == ADA_ID


def test_a_manifest_goes_before_a_username() -> None:
    """`ada` is User/ada, whatever its username, even if the database has another `ada`."""
    database = Database()
    database.insert(UserRow(THEIRS, "ada"))
    assert _owner(database.plan(desired(manifest(user("ada", "lovelace")), FLOW))) == ADA_ID


def test_a_username_that_the_same_pass_makes_will_do() -> None:
    """No second pass is needed for it."""
    flow = manifest(workflow("w", user="lovelace"))
    assert _owner(Database().plan(desired(manifest(user("ada", "lovelace")), flow))) == ADA_ID


def test_a_workflow_waits_for_a_declared_user_that_is_held_back() -> None:
    """A refused manifest is a declaration all the same: no other `ada` is taken for it."""
    database = Database()
    database.insert(UserRow(THEIRS, "ada"))
    plan = database.plan(desired(FLOW, refused=[refusal(user_key("ada"))], users=["ada"]))
    assert reasons(plan) == {"User/ada": "ManifestInvalid", "Workflow/w": "UserHeld"}


def test_a_broken_user_file_does_not_hold_the_workflows_of_a_user_that_is_there() -> None:
    """Its last good row stays, and serves."""
    database = settled(manifest(user("ada", "lovelace")), FLOW)
    assert _owner(database.plan(desired(EDITED, quarantined=["ada.yaml"]))) == ADA_ID


def test_the_name_of_a_user_that_is_no_longer_declared_is_only_a_username() -> None:
    """An orphan's manifest name means nothing once everything is understood."""
    database = settled(manifest(user("ada", "lovelace")), FLOW)
    assert reasons(database.plan(desired(EDITED))) == {
        "User/ada": "PruneOff",
        "Workflow/w": "UserNotFound",
    }


def test_a_user_deleted_by_hand_and_not_healed_holds_new_workflows() -> None:
    """There would be nothing to refer to."""
    database = settled(ADA)
    database.remove(ADA_ID)
    plan = database.plan(desired(ADA, FLOW), Policy(self_heal=False))
    assert plan.empty
    assert reasons(plan) == {"User/ada": "Drifted", "Workflow/w": "UserHeld"}


def test_a_user_deleted_by_hand_is_made_again_before_a_new_workflow() -> None:
    """With the id it had."""
    database = settled(ADA)
    database.remove(ADA_ID)
    plan = database.plan(desired(ADA, FLOW))
    assert [str(change.key) for change in plan.changes] == ["User/ada", "Workflow/w"]
    assert _owner(plan) == ADA_ID
