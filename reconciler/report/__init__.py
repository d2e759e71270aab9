"""What is told about a pass and about the daemon: results, conditions, statuses, and the verdict on them.

Law: pure values and functions of them. Time comes in as an argument.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reconciler.report.conditions import Situation, judge_conditions
    from reconciler.report.diagnostics import Diagnostics, render_text, to_json
    from reconciler.report.instance import after_pass
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
    from reconciler.report.statuses import Census, Movement, census_after, census_of, resource_statuses
    from reconciler.report.verdict import Finding, Level, Verdict, age, judge
    from reconciler.report.wakeup import Hints, Order, Request, Wakeup

__all__ = [
    "Applied",
    "Board",
    "Census",
    "Condition",
    "ConditionType",
    "Counts",
    "Diagnostics",
    "Finding",
    "Hints",
    "InstanceStatus",
    "LastPass",
    "Left",
    "Level",
    "Movement",
    "Order",
    "Outcome",
    "PassHeader",
    "PassReport",
    "ReplicaStatus",
    "Request",
    "ResourceStatus",
    "Role",
    "Situation",
    "SyncResult",
    "Trigger",
    "Verdict",
    "Wakeup",
    "after_pass",
    "age",
    "census_after",
    "census_of",
    "judge",
    "judge_conditions",
    "render_text",
    "resource_statuses",
    "to_json",
]

_HOMES: Final = {
    "conditions": ("Situation", "judge_conditions"),
    "diagnostics": ("Diagnostics", "render_text", "to_json"),
    "instance": ("after_pass",),
    "result": ("Applied", "Counts", "Left", "Outcome", "PassHeader", "PassReport", "SyncResult", "Trigger"),
    "status": (
        "Board",
        "Condition",
        "ConditionType",
        "InstanceStatus",
        "LastPass",
        "ReplicaStatus",
        "ResourceStatus",
        "Role",
    ),
    "statuses": ("Census", "Movement", "census_after", "census_of", "resource_statuses"),
    "verdict": ("Finding", "Level", "Verdict", "age", "judge"),
    "wakeup": ("Hints", "Order", "Request", "Wakeup"),
}
"""In which module each name is; it is loaded when somebody asks: a command pays for what it does."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has
    """Fetch a name from its module (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"{__name__} has no {name!r}")
