"""A resource on a terminal with all that is known of it, and one of its jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from reconciler.desired import Diagnostic, Excerpt, Location
from reconciler.report.description import (
    Asleep,
    Description,
    JobDescription,
    Managed,
    description_document,
)
from reconciler.report.description_text import render_description, render_job
from reconciler.report.event import Event, EventLog, EventType
from reconciler.report.listing import JobItem, Standing, UserItem, WorkflowItem
from reconciler.report.plan_text import Manner
from reconciler.report.terminal import Paper, columns
from reconciler.resources import Kind, ResourceKey
from tests.fakes import NOON
from tests.statuses import key
from tests.unit.report.test_history import EDIT

MANNER = Manner(Paper(coloured=False, width=80, wide=False), "manifests/", done=True)
STANDING = Standing(
    instance="default",
    sync="Synced",
    reason="Applied",
    message="",
    since=NOON,
    path="cmu.yaml",
    line=6,
    generation=2,
    revision="dir:462f0a5099f591b18c9990f85d00002b",
    labels={"team": "pathology", "study": "nuclei"},
)


def job(name: str, *needs: str, status: str = "PENDING") -> JobItem:
    """Make a job of cmu-1."""
    return JobItem(
        workflow="cmu-1",
        name=name,
        id=UUID(int=2),
        workflow_id=UUID(int=1),
        job_type="tiling",
        branch_id="main",
        needs=needs,
        position=0,
        status=status,
        generation=1,
        observed_generation=None,
        created_at=NOON,
        standing=STANDING,
    )


CMU = Description(
    key=key("cmu-1"),
    item=WorkflowItem("cmu-1", UUID(int=1), "ada", "RUNNING", 2, 1, NOON, {"SUCCEEDED": 1}, STANDING),
    managed=Managed("cmu.yaml", STANDING.revision, NOON, protected=True, orphaned=False),
    jobs=(job("tile", status="SUCCEEDED"), job("推理", "tile"), job("merge", "tile", "推理", "who")),
    params={"tile": {"size": 1024}},
    annotations={"reconciler/prune": "disabled"},
    history=(EDIT,),
    events=EventLog("redis", (Event(NOON, EventType.RESOURCE, "Workflow/cmu-1", "Synced", "Applied"),)),
)


def test_a_workflow_is_told_whole_within_80_columns() -> None:
    """How it stands, what it is, its jobs, what passes changed of it and what happened to it."""
    told = render_description(CMU, NOON, MANNER).splitlines()

    assert max(map(columns, told)) <= 80
    assert told == [
        "Workflow/cmu-1  Synced",
        "",
        "user         ada",
        "status       RUNNING",
        "place        manifests/cmu.yaml:6",
        "labels       study=nuclei, team=pathology",
        "annotations  reconciler/prune=disabled",
        "id           00000000-0000-0000-0000-000000000001",
        "generation   2, 1 observed",
        "revision     dir:462f0a5099f5, applied 0 s ago (2026-11-03 12:00:00 UTC)",
        "protected    never pruned: reconciler/prune is disabled",
        "created      0 s ago (2026-11-03 12:00:00 UTC)",
        "instance     default",
        "",
        "jobs  3 jobs on branch main, 1 succeeded",
        "JOB    TYPE    BRANCH  STATUS     GEN  NEEDS",
        "tile   tiling  main    SUCCEEDED  1    -",
        "推理   tiling  main    PENDING    1    tile",
        "merge  tiling  main    PENDING    1    tile, 推理, who",
        "",
        "history  what passes changed, the latest first",
        "~ updated Workflow/cmu-1  manifests/cmu.yaml",
        "    2 min ago, pass 159646fc (files), revision dir:462f0a5099f5",
        "    generation: 1 -> 2",
        "    ~ job tile",
        "        params.size: 512 -> 1024",
        "",
        "events  read from redis",
        "AGE  STATUS  REASON   MESSAGE",
        "0 s  Synced  Applied  -",
    ]


def test_what_is_wrong_stands_first_with_its_line() -> None:
    """The mistake with excerpt and caret, named as an editor opens it."""
    mistake = Diagnostic(
        "RC205",
        Location("cmu.yaml", 1, 7, 3),
        "no such field",
        "did you mean `name`?",
        excerpt=Excerpt("    - nmae: report", 7, 4),
    )
    broken = replace(STANDING, sync="Invalid", reason="ManifestInvalid", message="RC205: no such field")
    item = WorkflowItem("cmu-1", None, "", "", 0, None, None, {}, broken)
    told = render_description(Description(CMU.key, item, None, diagnostics=(mistake,)), NOON, MANNER)

    assert told.splitlines()[:10] == [
        "Workflow/cmu-1  Invalid",
        "  ManifestInvalid for 0 s",
        "",
        "  error[RC205]: no such field",
        "   --> manifests/cmu.yaml:7:3",
        "    |",
        "  7 |     - nmae: report",
        "    |       ^^^^",
        "    |",
        "    = help: did you mean `name`?",
    ]
    assert "status       no row yet" in told


def test_a_suspension_and_a_gate_say_who_and_what_ends_them() -> None:
    """With the command that does."""
    asleep = Asleep("night run", "ada@host", NOON - timedelta(hours=1), None, whole=True)
    told = render_description(replace(CMU, asleep=asleep, gates=("3f9a",)), NOON, MANNER)

    assert (
        "suspended    the whole instance, night run; by ada@host 60 min ago, until\n"
        "             `reconciler resume`"
    ) in told
    assert "waits for    reconciler approve 3f9a" in told


def test_a_user_counts_workflows() -> None:
    """It has no status and no jobs."""
    user = Description(
        ResourceKey(Kind.USER, "ada"),
        UserItem("ada", UUID(int=3), "Ada L.", NOON, STANDING),
        None,
        workflows=1200,
    )

    told = render_description(user, NOON, MANNER)

    assert "username     Ada L." in told
    assert "workflows    1,200" in told


def test_a_job_is_told_with_what_it_waits_for() -> None:
    """Each with its status; a parent that is no job of the workflow is pointed at."""
    merge, tile = CMU.job("merge"), CMU.job("tile")
    assert merge
    assert tile

    told = render_job(merge, NOON, MANNER)

    assert "needs        tile (SUCCEEDED), 推理 (PENDING)" in told
    assert "also needs what the workflow has not: who" in told
    assert "needed by    推理 (PENDING), merge (PENDING)" in render_job(tile, NOON, MANNER)
    assert "  size: 1024" in render_job(tile, NOON, MANNER)
    assert CMU.job("nothing") is None


def test_descriptions_are_documents() -> None:
    """Each says its version and kind."""
    one = CMU.job("tile")
    assert isinstance(one, JobDescription)

    assert description_document(CMU)["kind"] == "Description"
    assert description_document(CMU)["item"]["standing"]["sync"] == "Synced"
    assert description_document(one) | {"apiVersion": "reconciler/v1", "kind": "JobDescription"} == (
        description_document(one)
    )


def test_nothing_in_a_description_steers_the_terminal() -> None:
    """Whatever names, reasons and values hold."""
    evil = "a\x1b[2J\u202eb"
    told = render_description(
        replace(
            CMU,
            annotations={evil: evil},
            asleep=Asleep(evil, evil, NOON, None, whole=False),
            jobs=(job(evil, evil),),
            gates=(evil,),
        ),
        NOON,
        MANNER,
    )

    assert "\x1b" not in told
    assert "\u202e" not in told
