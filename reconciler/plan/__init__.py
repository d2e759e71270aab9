"""What to do: the desired state against the actual one, decided in one place, as data.

Law: pure. `make_plan` reads no file, no clock and no database; the plan it returns can be printed, saved,
tested and applied.
"""

from reconciler.plan.actual import (
    ActualState,
    Approval,
    JobMemory,
    PruneWindow,
    Record,
    Survey,
    Suspension,
)
from reconciler.plan.change import (
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Heal,
    Note,
    Orphan,
    Plan,
    Recreate,
    Restate,
    Update,
)
from reconciler.plan.decide import keys_to_examine, make_plan
from reconciler.plan.guard import outdated
from reconciler.plan.held import Gate, GateKind, HeldBack, Reason, Sync
from reconciler.plan.policy import Policy
from reconciler.plan.queue import Placement, QueuePlan, plan_queue
from reconciler.plan.rows import JobRow, Rows, UserRow, WorkflowRow
from reconciler.plan.selection import Part, Selection, choose, unknown_resource

__all__ = [
    "ActualState",
    "Adopt",
    "Approval",
    "Change",
    "Create",
    "Delete",
    "Forget",
    "Gate",
    "GateKind",
    "Heal",
    "HeldBack",
    "JobMemory",
    "JobRow",
    "Note",
    "Orphan",
    "Part",
    "Placement",
    "Plan",
    "Policy",
    "PruneWindow",
    "QueuePlan",
    "Reason",
    "Record",
    "Recreate",
    "Restate",
    "Rows",
    "Selection",
    "Survey",
    "Suspension",
    "Sync",
    "Update",
    "UserRow",
    "WorkflowRow",
    "choose",
    "keys_to_examine",
    "make_plan",
    "outdated",
    "plan_queue",
    "unknown_resource",
]
