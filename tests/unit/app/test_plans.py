"""Saved plans, and where they may be carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.app.plans import refuse_elsewhere
from reconciler.errors import PlanStale
from reconciler.plan import Plan, Policy
from reconciler.report.saved import Origin, SavedPlan, Terms
from reconciler.report.steps import PlanReport, RowCounts

HERE = Origin("default", "directory:manifests", "app", "1@7")


def saved(origin: Origin) -> SavedPlan:
    """Save an empty plan that was made somewhere."""
    plan = Plan("dir:1")
    report = PlanReport(plan.revision, {}, RowCounts(), (), (), (), ())
    return SavedPlan("0.1.0", datetime(2026, 11, 3, tzinfo=UTC), origin, Terms.of(Policy()), report, plan)


def test_a_plan_is_carried_out_where_it_was_made() -> None:
    """Whoever asks from wherever."""
    refuse_elsewhere(saved(HERE), HERE)


def test_a_plan_for_another_database_is_refused_whatever_it_is_called() -> None:
    """A restored copy on another server has the same name."""
    with pytest.raises(PlanStale, match=r"another database: then app \(1@8\), here app \(1@7\)"):
        refuse_elsewhere(saved(replace(HERE, database_id="1@8")), HERE)
    with pytest.raises(PlanStale, match=r"another database: then stage, here app"):
        refuse_elsewhere(saved(replace(HERE, database="stage", database_id="2@7")), HERE)


def test_all_that_is_another_is_named() -> None:
    """The database first: that is the graver mistake."""
    with pytest.raises(PlanStale, match="another database and another instance and another source") as error:
        refuse_elsewhere(saved(Origin("other", "directory:/m", "stage", "")), HERE)
    assert error.value.why.splitlines() == [
        "then stage, here app",
        "then other, here default",
        "then directory:/m, here directory:manifests",
    ]
