"""What is declared against what is there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from reconciler.desired import Manifest
from reconciler.plan import JobRow, Policy, Reason, UserRow, WorkflowRow, keys_to_examine, make_plan
from reconciler.report.diff import Difference, Findings, State
from reconciler.report.diff_text import render_differences
from reconciler.report.fields import Action, FieldStep
from reconciler.report.plan_text import Manner
from reconciler.report.terminal import Paper
from reconciler.report.wire import encode
from reconciler.resources import ResourceKey, resource_id
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, settled

ADA = manifest(user())
TILE = job("tile", size=1024, scale=1.0)
INFER = job("推理", "tile", job_type="inference", branch_id="nuc")
FLOW = manifest(workflow("w", TILE, INFER))
KEY = workflow_key("w")


def found(database: Database, *manifests: Manifest, **state: Any) -> Findings:  # noqa: ANN401 - as `desired` takes
    """Look at everything."""
    wanted = desired(*manifests, **state)
    survey = database.survey("default")
    keys = keys_to_examine(wanted, survey, Policy()) | wanted.manifests.keys() | survey.records.keys()
    actual = database.examine(survey, wanted, frozenset(keys))
    return Findings(wanted, actual, make_plan(wanted, actual, Policy(), "default"))


def one(database: Database, *manifests: Manifest, key: ResourceKey = KEY, **state: Any) -> Difference:  # noqa: ANN401
    """Compare one resource."""
    (difference,) = found(database, *manifests, **state).compare([key])
    return difference


def lines(difference: Difference) -> list[str]:
    """Show it, line by line."""
    return render_differences([difference], Manner(Paper(coloured=False, width=80, wide=False))).splitlines()


def test_what_is_as_declared_does_not_differ() -> None:
    """Also where a number is spelled otherwise, and a status has moved."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", status="FAILED")

    same = one(database, ADA, FLOW)

    assert (same.state, same.unified, same.fields, same.jobs) == (State.SAME, "", (), ())
    assert lines(same) == ["Workflow/w is what its manifest says  w.yaml:1"]


def test_a_hand_edit_is_shown_as_two_lines() -> None:
    """What is there, and what the manifest says."""
    database = settled(ADA, FLOW)
    database.edit_job("推理", branch_id="x")

    edited = one(database, ADA, FLOW)

    assert edited.state is State.DIFFERS
    assert edited.jobs[0].fields == (FieldStep("branch_id", "x", "nuc"),)
    assert [line for line in lines(edited) if line.startswith(("-", "+", "    a"))] == [
        "    a pass would heal it; drifted: somebody else changed branch_id of 1 job",
        "--- Workflow/w as its rows are",
        "+++ Workflow/w as declared",
        "-      branch_id: x",
        "+      branch_id: nuc",
    ]


def test_an_edit_tells_jobs_that_come_go_and_move() -> None:
    """Each with the line on which the manifest has it."""
    database = settled(ADA, FLOW)
    edited = manifest(workflow("w", job("scan"), job("tile", size=512, scale=1)))

    told = {step.name: (step.action, step.line) for step in one(database, ADA, edited).jobs}

    assert told == {
        "scan": (Action.CREATE, 8),
        "tile": (Action.UPDATE, 10),
        "推理": (Action.PRUNE, 0),
    }
    tile = one(database, ADA, edited).jobs[1]
    assert tile.fields == (FieldStep("params.size", 1024, 512), FieldStep("position", 0, 1))


def test_what_no_manifest_holds_may_differ_too() -> None:
    """A generation that somebody wrote would be put back: there is a difference, in words."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", generation=9)

    aged = one(database, ADA, FLOW)

    assert (aged.state, aged.unified) == (State.DIFFERS, "")
    assert "changed generation of 1 job" in aged.why


def test_what_has_no_row_and_what_no_manifest_declares_is_shown_whole() -> None:
    """All of it with one sign."""
    new = one(Database(), ADA, FLOW)
    gone = one(settled(ADA, FLOW), ADA)

    assert (new.state, new.actual, gone.state, gone.declared) == (
        State.NO_ROW,
        None,
        State.NOT_DECLARED,
        None,
    )
    assert "+  name: w" in new.unified
    assert "-  name: w" in gone.unified
    assert gone.actual == new.declared
    assert not [line for line in new.unified.splitlines()[2:] if line.startswith("-")]


def test_what_is_not_understood_is_said_to_be_so() -> None:
    """With the place of the mistake; nothing is compared."""
    bad = one(settled(ADA, FLOW), ADA, refused=[refusal(KEY)])

    assert (bad.state, bad.unified, bad.declared) == (State.INVALID, "", None)
    assert lines(bad)[0] == "Workflow/w has a manifest that is not understood  w.yaml:3"


def test_a_row_that_nobody_manages_is_compared_where_a_manifest_wants_its_place() -> None:
    """As it would be adopted, or refused."""
    database = Database()
    database.insert(UserRow(UUID(int=7), "ada"))
    tile = JobRow(UUID(int=9), "tile", "scanning", "main", (), "{}", 0, 1)
    database.insert(WorkflowRow(UUID(int=8), UUID(int=7), "w", 1, (tile,)))

    met = one(database, ADA, manifest(workflow("w", job("tile"))))

    assert met.state is State.DIFFERS
    assert met.held_back is not None
    assert met.held_back.reason is Reason.ROW_EXISTS
    assert "left as it is, Conflict (RowExists)" in lines(met)[1]
    assert met.jobs[0].fields == (FieldStep("job_type", "scanning", "tiling"),)


def test_jobs_of_others_are_named_and_not_compared() -> None:
    """They are nobody's concern, until a name is wanted twice."""
    database = settled(ADA, FLOW)
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    stranger = JobRow(UUID(int=9), "theirs", "tiling", "main", (), "{}", 9, 1)
    database.insert(replace(rows, jobs=(*rows.jobs, stranger)))

    told = one(database, ADA, FLOW)

    assert (told.state, told.strangers) == (State.SAME, ("theirs",))
    assert "theirs" in lines(told)[1]


def test_a_user_named_by_its_username_is_no_difference() -> None:
    """A workflow may name either."""
    lovelace = manifest(user("lovelace", "ada"))
    by_username = manifest(workflow("w", user="ada"))

    assert one(settled(lovelace, by_username), lovelace, by_username).state is State.SAME
    renamed = one(settled(lovelace), manifest(user("lovelace", "eve")), key=user_key("lovelace"))
    assert renamed.fields == (FieldStep("username", "ada", "eve"),)


def test_json_has_both_sides() -> None:
    """As manifests, as fields and as text."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", params="{}")

    told = json.loads(json.dumps(encode(one(database, ADA, FLOW))))

    assert told["declared"]["spec"]["jobs"][0]["params"] == {"scale": 1, "size": 1024}
    assert "params" not in told["actual"]["spec"]["jobs"][0]
    assert (told["state"], told["key"]) == ("Differs", "Workflow/w")


def test_values_steer_no_terminal() -> None:
    """Whatever rows hold."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", branch_id="\x1b[2J", params='{"a":"\\u001b[2J\u202e"}')

    assert not {"\x1b", "\u202e"} & set("".join(lines(one(database, ADA, FLOW))))


def test_everything_that_may_differ_is_found() -> None:
    """What a pass would change or leave; the rest is known, and not touched."""
    database = settled(ADA, FLOW, manifest(workflow("gone")))
    database.edit_job("推理", branch_id="x")
    everything = found(database, ADA, FLOW)

    assert everything.touched == (workflow_key("gone"), KEY)
    assert everything.known == {user_key("ada"), workflow_key("gone"), KEY}
