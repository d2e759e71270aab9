"""A plan in a file: it comes back as it was, or is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired import Location
from reconciler.errors import PlanStale, UsageError
from reconciler.plan import (
    ActualState,
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Gate,
    GateKind,
    Heal,
    HeldBack,
    JobRow,
    Note,
    Orphan,
    Part,
    Plan,
    Policy,
    Reason,
    Record,
    Recreate,
    Restate,
    Survey,
    Sync,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.report.saved import Origin, SavedPlan, Terms, from_document, from_text, to_document, to_text
from reconciler.report.steps import PlanReport
from reconciler.resources import JobStatus, Kind, Meta, ResourceKey, params_text
from tests.builders import job, manifest, user, workflow

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,6}[a-z0-9])?", fullmatch=True)
NUMBERS = st.integers(0, 2**40)
IDS = st.uuids()
KEYS = st.builds(ResourceKey, st.sampled_from(Kind), NAMES)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PARAMS = st.dictionaries(TEXT, JSON, max_size=3)
LOCATIONS = st.builds(Location, TEXT, NUMBERS, NUMBERS, NUMBERS)
JOBS = st.builds(
    JobRow,
    id=IDS,
    name=TEXT,
    job_type=TEXT,
    branch_id=TEXT,
    parents=st.lists(IDS, max_size=2).map(tuple),
    params=PARAMS.map(params_text),
    position=NUMBERS,
    generation=NUMBERS,
    status=st.sampled_from(JobStatus),
    moved_to=st.none() | IDS,
)
USERS = st.builds(UserRow, IDS, TEXT)
FLOWS = st.builds(WorkflowRow, IDS, IDS, st.none() | TEXT, NUMBERS, st.lists(JOBS, max_size=3).map(tuple))
ROWS = st.one_of(USERS, FLOWS)
MANIFESTS = st.builds(
    lambda found, where, lines, labels: replace(
        found, where=where, job_lines=tuple(lines), meta=Meta(labels, labels)
    ),
    st.one_of(
        st.builds(lambda name, username: manifest(user(name, username)), NAMES, TEXT),
        st.builds(lambda name, params: manifest(workflow(name, job("tile", p=params))), NAMES, PARAMS),
    ),
    LOCATIONS,
    st.lists(NUMBERS, max_size=3),
    st.dictionaries(TEXT, TEXT, max_size=2),
)
RECORDS = st.builds(
    Record,
    key=KEYS,
    instance=TEXT,
    row_id=IDS,
    path=TEXT,
    digest=st.binary(max_size=32),
    meta_digest=st.binary(max_size=8),
    fingerprint=st.integers(-(2**63), 2**63 - 1),
    seen=st.none() | st.integers(-(2**63), 2**63 - 1),
    generation=NUMBERS,
    revision=TEXT,
    jobs=NUMBERS,
    protected=st.booleans(),
    orphaned=st.booleans(),
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Create, MANIFESTS, ROWS),
    st.builds(Recreate, MANIFESTS, ROWS),
    st.builds(Adopt, MANIFESTS, ROWS, ROWS, TEXT),
    st.builds(Update, MANIFESTS, ROWS, ROWS),
    st.builds(Heal, MANIFESTS, ROWS, ROWS),
    st.builds(Note, MANIFESTS, RECORDS),
    st.builds(Restate, MANIFESTS, ROWS),
    st.builds(Delete, RECORDS, ROWS),
    st.builds(Forget, RECORDS),
    st.builds(Orphan, RECORDS),
)
GATES = st.builds(
    Gate, st.sampled_from(GateKind), TEXT, st.lists(st.tuples(KEYS, IDS, NUMBERS), max_size=3).map(tuple)
)
HELD = st.builds(HeldBack, KEYS, st.sampled_from(Sync), st.sampled_from(Reason), TEXT, st.none() | LOCATIONS)
PLANS = st.builds(
    Plan,
    revision=TEXT,
    changes=st.lists(CHANGES, max_size=4).map(tuple),
    held_back=st.lists(HELD, max_size=2).map(tuple),
    gates=st.lists(GATES, max_size=2).map(tuple),
    released=st.lists(GATES, max_size=2).map(tuple),
)
SAVED = st.builds(
    lambda plan, part, origin, terms, at: SavedPlan(
        "0.1.0", at, origin, terms, PlanReport.of(plan, ActualState(Survey({})), part), plan
    ),
    PLANS,
    st.none() | st.builds(Part, st.lists(KEYS, max_size=2).map(tuple), st.lists(KEYS, max_size=2).map(tuple)),
    st.builds(Origin, TEXT, TEXT, TEXT, TEXT),
    st.builds(Terms, st.booleans(), st.booleans(), st.floats(0, 1), NUMBERS),
    st.datetimes(timezones=st.just(UTC)),
)

FLOW = manifest(workflow("w"))
ROW = WorkflowRow(UUID(int=1), UUID(int=2), "w", 1, ())


def saved(*changes: Change) -> SavedPlan:
    """Save a plan of these changes."""
    plan = Plan("r1", changes)
    report = PlanReport.of(plan, ActualState(Survey({})))
    origin = Origin("default", "directory:/m", "app", "1/2")
    return SavedPlan("0.1.0", datetime(2026, 11, 3, tzinfo=UTC), origin, Terms.of(Policy()), report, plan)


@given(SAVED)
def test_any_plan_comes_back_as_it_was_saved(plan: SavedPlan) -> None:
    """Statuses of jobs too, which no comparison of rows looks at."""
    back = from_text(to_text(plan), "plan.json")

    assert back == plan
    assert to_text(back) == to_text(plan)


def test_a_file_says_what_it_is() -> None:
    """Version, digest, of what it was made, and the plan as people read it."""
    document = json.loads(to_text(saved(Create(FLOW, ROW))))

    assert (document["apiVersion"], document["kind"]) == ("reconciler/v1", "SavedPlan")
    assert document["origin"]["instance"] == "default"
    assert document["report"]["counts"] == {"create": 1}
    assert [change["change"] for change in document["plan"]["changes"]] == ["Create"]


def test_an_edited_file_is_refused() -> None:
    """Whatever was edited; how it is laid out does not matter."""
    document = json.loads(to_text(saved(Create(FLOW, ROW))))
    assert from_text(json.dumps(document), "p") == saved(Create(FLOW, ROW))

    document["plan"]["changes"][0]["after"]["generation"] = 7
    with pytest.raises(PlanStale, match=r"edited or cut short \(p\)"):
        from_text(json.dumps(document), "p")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not the form"),
        ('{"kind": "Plan"}', "not the form"),
        ('{"kind": "SavedPlan", "apiVersion": "reconciler/v9"}', "version is 'reconciler/v9'"),
    ],
)
def test_what_is_no_saved_plan_is_refused(text: str, why: str) -> None:
    """With what it is instead."""
    with pytest.raises(UsageError, match=why):
        from_text(text, "plan.json")


def test_a_file_cut_short_is_refused() -> None:
    """It is no JSON any more."""
    with pytest.raises(UsageError, match="not JSON"):
        from_text(to_text(saved(Create(FLOW, ROW)))[:-20], "plan.json")


@pytest.mark.parametrize(("share", "cap"), [(float("nan"), 1), (2.0, 1), (-1.0, 1), (0.3, -1)])
def test_budgets_that_no_setting_can_have_are_refused(share: float, cap: int) -> None:
    """A digest is no signature: what is read is checked all the same."""
    plan = saved(Create(FLOW, ROW))
    forged = replace(plan, terms=replace(plan.terms, max_prune=share, prune_cap=cap))
    with pytest.raises(UsageError, match=r"version 0\.1\.0 wrote it; ValueError: its budgets are none"):
        from_document(to_document(forged), "p")
