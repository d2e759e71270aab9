"""What is told about a pass and about the daemon: results, conditions, statuses, and the verdict on them.

Law: pure values and functions of them. Time comes in as an argument.
"""

from reconciler.report.result import (
    Applied,
    Counts,
    Left,
    Outcome,
    PassHeader,
    PassReport,
    SyncResult,
    Trigger,
)
from reconciler.report.status import (
    Board,
    Condition,
    ConditionType,
    InstanceStatus,
    LastPass,
    ReplicaStatus,
    ResourceStatus,
    Role,
)
from reconciler.report.wakeup import Hints, Order, Request, Wakeup

__all__ = [
    "Applied",
    "Board",
    "Condition",
    "ConditionType",
    "Counts",
    "Hints",
    "InstanceStatus",
    "LastPass",
    "Left",
    "Order",
    "Outcome",
    "PassHeader",
    "PassReport",
    "ReplicaStatus",
    "Request",
    "ResourceStatus",
    "Role",
    "SyncResult",
    "Trigger",
    "Wakeup",
]
