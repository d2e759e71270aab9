"""A plan as people and programs are told it."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

from reconciler.desired import Manifest, Refusal
from reconciler.plan import Policy, Selection, UserRow, choose, keys_to_examine, make_plan
from reconciler.report.fields import Action, FieldStep
from reconciler.report.plan_text import Manner, render_plan
from reconciler.report.steps import PlanReport
from reconciler.report.terminal import Paper
from reconciler.report.wire import document
from reconciler.resources import JobStatus, resource_id
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, settled

ADA = manifest(user())
BOB = manifest(user("bob"))
INFER = job("推理", "tile", job_type="inference", branch_id="n")
TILE = job("tile", tile=1024)
FLOW = manifest(workflow("w", TILE, INFER))


def told(
    database: Database,
    *manifests: Manifest,
    policy: Policy | None = None,
    refused: tuple[Refusal, ...] = (),
    selection: Selection | None = None,
) -> PlanReport:
    """Tell what a pass would do."""
    wanted, rules = desired(*manifests, refused=refused), policy or Policy()
    survey = database.survey("default")
    part = choose(selection, wanted, survey) if selection else None
    rules = replace(rules, targets=part.keys if part else None)
    actual = database.examine(survey, wanted, keys_to_examine(wanted, survey, rules))
    return PlanReport.of(make_plan(wanted, actual, rules, "default"), actual, part)


def lines(report: PlanReport, *, wide: bool = False, width: int = 100) -> list[str]:
    """Show it, line by line."""
    return render_plan(report, Manner(Paper(coloured=False, width=width, wide=wide))).splitlines()


def test_what_is_made_is_shown_with_its_place_and_its_reason() -> None:
    """A user by its name, jobs in a few words, one beneath the other."""
    shown = lines(told(Database(), ADA, FLOW))

    assert shown == [
        "+ create User/ada  ada.yaml:1",
        "    new: it had no row",
        "",
        "+ create Workflow/w  w.yaml:1",
        "    new: it had no row",
        '    user: "ada"',
        "    + job tile  tiling, branch main",
        "    + job 推理  inference, branch n, needs tile",
        "",
        "2 to create",
        "rows: 4 to insert",
        "revision r1",
    ]


def test_an_edit_is_told_field_by_field() -> None:
    """Only what differs: of params only the parts, of parents the names; jobs that come and go."""
    database = settled(ADA, FLOW)
    edited = manifest(workflow("w", job("scan"), job("tile", "scan", tile=512)))

    (step,) = told(database, ADA, edited).changes

    assert (step.action, step.fields) == (Action.UPDATE, ())
    assert {one.name: (one.action, one.line) for one in step.jobs} == {
        "scan": (Action.CREATE, 8),
        "tile": (Action.UPDATE, 10),
        "推理": (Action.PRUNE, 0),
    }
    assert step.jobs[1].fields == (
        FieldStep("needs", [], ["scan"]),
        FieldStep("params.tile", 1024, 512),
        FieldStep("position", 0, 1),
    )


def test_another_owner_is_told_by_name() -> None:
    """Not by the id that the row has."""
    (step,) = told(
        settled(ADA, BOB, FLOW), ADA, BOB, manifest(workflow("w", TILE, INFER, user="bob"))
    ).changes

    assert step.fields == (FieldStep("user", "ada", "bob"),)


def test_true_is_not_one() -> None:
    """Values are compared as JSON has them."""
    database = settled(ADA, manifest(workflow("w", job("tile", deep=1))))

    (step,) = told(database, ADA, manifest(workflow("w", job("tile", deep=True)))).changes

    assert step.jobs[0].fields == (FieldStep("params.deep", before=1, after=True),)


def test_a_hand_edit_is_told_as_one() -> None:
    """With what it would be put back to; a row that is gone, too."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", branch_id="x", status=JobStatus.FAILED)
    (healed,) = told(database, ADA, FLOW).changes
    assert (healed.action, healed.jobs[0].fields) == (Action.HEAL, (FieldStep("branch_id", "x", "main"),))
    assert '        branch_id: "x" -> "main"' in lines(told(database, ADA, FLOW))

    database.remove(resource_id(workflow_key("w")))
    (remade,) = told(database, ADA, FLOW).changes
    assert remade.action is Action.RECREATE
    assert "deleted" in remade.why


def test_a_generation_is_told_only_where_somebody_else_wrote_it() -> None:
    """In an edit it follows; of a hand edit it may be all there is."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", generation=9)
    (healed,) = told(database, ADA, FLOW).changes
    assert [job.fields for job in healed.jobs] == [(FieldStep("generation", 9, 1),)]


def test_every_kind_of_change_has_a_sign_of_its_own() -> None:
    """So that a long plan can be skimmed."""
    database = Database()
    database.insert(UserRow(UUID(int=7), "ada"))
    assert lines(told(database, ADA))[0] == "⇥ adopt User/ada  ada.yaml:1"

    database = settled(ADA, FLOW)
    database.edit_job("tile", branch_id="x")
    assert lines(told(database, ADA, FLOW))[0] == "↺ heal Workflow/w  w.yaml:1"

    database.remove(resource_id(workflow_key("w")))
    assert lines(told(database, ADA, FLOW))[0] == "! recreate Workflow/w  w.yaml:1"


def test_what_is_only_noted_says_what() -> None:
    """Moved, labelled, declared again, looked at, or edited to what is there already."""
    lovelace = manifest(user("ada", "lovelace"))
    flows = [manifest(workflow(name)) for name in ("again", "labelled", "looked", "moved", "same")]
    database = settled(lovelace, *flows)
    again, looked = (workflow_key(name) for name in ("again", "looked"))
    database.inventory[again] = replace(database.inventory[again], orphaned=True)
    database.inventory[looked] = replace(database.inventory[looked], fingerprint=17)
    report = told(
        database,
        lovelace,
        flows[0],
        manifest(flows[1].resource, labels={"study": "lung"}),
        flows[2],
        manifest(flows[3].resource, path="elsewhere.yaml"),
        manifest(workflow("same", user="lovelace")),
    )
    assert {step.key.name: step.why for step in report.steps} == {
        "again": "a manifest declares it again",
        "labelled": "its labels or annotations are others",
        "looked": "its rows seemed changed, and were found right",
        "moved": "its manifest moved here from moved.yaml",
        "same": "its rows are there as its manifest wants them",
    }


def test_what_would_be_pruned_says_where_it_was_declared() -> None:
    """With everything that goes; without pruning it is left, with the reason."""
    database = settled(ADA, FLOW)

    pruned = lines(told(database, ADA, policy=Policy(prune=True)))
    kept = lines(told(database, ADA))

    assert pruned[0] == "- prune Workflow/w  w.yaml"
    assert "    - job tile  tiling, branch main" in pruned
    assert kept[:2] == ["left as it is:", "  Workflow/w Orphaned (PruneOff)"]
    assert kept[-2] == "nothing to do; 1 held back"


def test_book_keeping_is_shown_only_when_everything_is() -> None:
    """It changes no row of anybody's."""
    database = settled(ADA, FLOW)
    report = told(database, manifest(user(), path="moved.yaml"), FLOW)

    assert report.changes == ()
    assert [step.action for step in report.steps] == [Action.NOTE]
    assert lines(report)[0] == "nothing to do"
    assert lines(report, wide=True)[0] == ". note User/ada  moved.yaml:1"


def test_a_gate_says_how_it_is_opened() -> None:
    """With the very command."""
    users = [manifest(user(f"u{number}")) for number in range(20)]
    report = told(settled(*users), *users[:5], policy=Policy(prune=True))

    assert f"    reconciler approve {report.gates[0].digest}" in lines(report)


def test_of_many_jobs_and_long_values_only_so_much_is_shown() -> None:
    """Unless everything is asked for."""
    many = manifest(workflow("w", *(job(f"j{number}", text="x" * 500) for number in range(50))))

    short, whole = lines(told(Database(), ADA, many)), lines(told(Database(), ADA, many), wide=True)

    assert "    and 30 more jobs: -o wide shows them" in short
    assert sum("+ job j" in line for line in whole) == 50
    assert max(map(len, short)) <= 100
    assert max(map(len, whole)) > 500


def test_json_tells_everything() -> None:
    """In the words of every other document; text stays data."""
    report = told(Database(), ADA, FLOW, refused=(refusal(workflow_key("bad")),))

    told_as = json.loads(json.dumps(document(report)))

    assert (told_as["apiVersion"], told_as["revision"]) == ("reconciler/v1", "r1")
    assert [(one["key"], one["action"]) for one in told_as["steps"]] == [
        (str(user_key("ada")), "create"),
        (str(workflow_key("w")), "create"),
    ]
    params = next(one for one in told_as["steps"][1]["jobs"][0]["fields"] if one["field"] == "params")
    assert (params["before"], params["after"]) == (None, {"tile": 1024})
    assert [one["key"] for one in told_as["held_back"]] == ["Workflow/bad"]
    assert report.summary == "2 to create; 1 held back"


def test_names_steer_no_terminal() -> None:
    """Free text of anybody's is shown, never obeyed."""
    hostile = manifest(workflow("w", job("a\x1b[2J", text="b\x1b[2J")))

    assert "\x1b" not in render_plan(
        told(Database(), ADA, hostile), Manner(Paper(coloured=False, width=80, wide=True))
    )


def test_jobs_that_only_move_take_one_line_together() -> None:
    """One put in front of a hundred others is one change to whoever reads it."""
    jobs = [job(f"j{number}") for number in range(30)]
    database = settled(ADA, manifest(workflow("w", *jobs)))

    shown = lines(told(database, ADA, manifest(workflow("w", job("first"), *jobs))))

    assert shown[2:4] == [
        "    + job first  tiling, branch main",
        "    only the position moves of j0, j1, j2, j3, j4, j5, j6, j7, j8, j9 and 20 more",
    ]
    assert shown[-2] == "rows: 1 to insert, 31 to update"


def test_two_long_values_are_shown_where_they_differ() -> None:
    """What both begin with is left out, so that the difference fits."""
    text = "s3://slides/" + "x" * 200
    database = settled(ADA, manifest(workflow("w", job("tile", image=f"{text}1.svs"))))
    report = told(database, ADA, manifest(workflow("w", job("tile", image=f"{text}2.svs"))))

    assert '        params.image: …xxxxxxxx1.svs" -> …xxxxxxxx2.svs"' in lines(report, width=80)
    assert max(map(len, lines(report, width=80))) <= 80


def test_an_edit_is_shown_at_the_line_that_was_edited() -> None:
    """The job's, or that of the manifest; and a hand edit that it also undoes is told."""
    database = settled(ADA, FLOW)
    edited = manifest(workflow("w", TILE, job("推理", "tile", job_type="inference", branch_id="m")))
    assert lines(told(database, ADA, edited))[:2] == [
        "~ update Workflow/w  w.yaml:10",
        "    edited since revision r1",
    ]

    database.edit_job("tile", branch_id="x")
    assert lines(told(database, ADA, edited))[1] == (
        "    edited since revision r1, and its rows were changed by somebody else"
    )


def test_drift_is_told_column_by_column() -> None:
    """How many jobs of what, and how many are gone."""
    database = settled(ADA, FLOW)
    database.edit_job("tile", branch_id="x", params="{}")
    assert told(database, ADA, FLOW).steps[0].why == (
        "drifted: somebody else changed branch_id and params of 1 job"
    )

    (gone,) = (row_id for row_id, cell in database.jobs.items() if cell.row.name == "推理")
    database.remove(gone)
    assert told(database, ADA, FLOW).steps[0].why == (
        "drifted: somebody else changed branch_id and params of 1 job and deleted 1 job"
    )


def test_a_part_says_that_it_is_one() -> None:
    """With the user that comes along, and how much is left beside it."""
    other = manifest(workflow("other"))
    report = told(Database(), ADA, FLOW, other, selection=Selection(frozenset([workflow_key("w")])))

    assert [step.key for step in report.steps] == [user_key("ada"), workflow_key("w")]
    assert lines(report)[-5:] == [
        "a part only: Workflow/w, with User/ada, which it needs",
        "1 other resource that may differ is left alone",
        "2 to create",
        "rows: 4 to insert",
        "revision r1",
    ]


def test_what_is_left_for_one_reason_is_told_once() -> None:
    """And of many only some by name."""
    users = [manifest(user(f"u{number:02}")) for number in range(20)]

    shown = lines(told(settled(*users)))

    assert shown[:2] == ["left as it is:", "  User/u00 Orphaned (PruneOff)"]
    assert shown[11] == "  and 10 more: -o wide shows them"
    assert sum("pruning is off" in line for line in shown) == 1


def test_in_a_pipe_no_value_is_cut() -> None:
    """Other programs read it; how many are shown is another matter."""
    long = manifest(workflow("w", job("n" * 60, note="x" * 200), user="ada"))
    database = Database()
    report = told(database, ADA, long)

    piped = render_plan(report, Manner(Paper(coloured=False, width=80, wide=False, piped=True)))

    assert "n" * 60 in piped
    assert "n" * 60 not in "".join(lines(report, width=80))
