"""Work that a worker holds is not pulled away: its whole workflow waits."""

from __future__ import annotations

import pytest

from reconciler.desired import Manifest
from reconciler.plan import Policy, WorkflowRow
from reconciler.resources import Job, JobStatus, resource_id
from tests.builders import desired, job, manifest, user, workflow, workflow_key
from tests.model import Database, actions, reasons, settled

ADA = manifest(user())
KEY = workflow_key("w")
FORCE = "`reconciler reconcile --force Workflow/w` does not wait"
BUSY = pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])


def _flow(*jobs: Job) -> Manifest:
    return manifest(workflow("w", *jobs))


def _running(*jobs: Job, status: JobStatus = JobStatus.RUNNING) -> Database:
    """Give a database in which the first of these jobs is held by a worker."""
    database = settled(ADA, _flow(*jobs))
    database.edit_job(jobs[0].name, status=status)
    return database


@BUSY
def test_an_edit_of_a_job_in_flight_defers_its_workflow(status: JobStatus) -> None:
    """Nothing of the edit is applied, not even what it says of other jobs."""
    database = _running(job("a"), job("b"), status=status)
    plan = database.plan(desired(ADA, _flow(job("a", x=1), job("b", x=1), job("c"))))
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "InFlight"}
    assert plan.held_back[0].message == f"waits for jobs in flight: 'a' is {status}; {FORCE}"


@BUSY
def test_removing_a_job_in_flight_defers_its_workflow(status: JobStatus) -> None:
    """Its row stays until the worker is done."""
    database = _running(job("a"), job("b"), status=status)
    assert reasons(database.plan(desired(ADA, _flow(job("b"))))) == {"Workflow/w": "InFlight"}


@pytest.mark.parametrize("status", sorted(set(JobStatus) - {JobStatus.QUEUED, JobStatus.RUNNING}))
def test_a_job_that_waits_or_is_done_may_be_edited(status: JobStatus) -> None:
    """Only who holds it could be disturbed."""
    database = _running(job("a"), status=status)
    assert actions(database.plan(desired(ADA, _flow(job("a", x=1))))) == {"Workflow/w": "Update"}


def test_a_removed_parent_of_a_job_in_flight_defers() -> None:
    """What must succeed first is part of the job that runs."""
    database = settled(ADA, _flow(job("a"), job("b", "a")))
    database.edit_job("b", status=JobStatus.RUNNING)
    assert reasons(database.plan(desired(ADA, _flow(job("b"))))) == {"Workflow/w": "InFlight"}


def test_what_leaves_jobs_in_flight_alone_is_applied() -> None:
    """Others may be edited, added and removed, the positions of all may move."""
    database = _running(job("a"), job("b"), job("c"))
    plan = database.plan(desired(ADA, _flow(job("new"), job("c", x=1), job("a"))))
    assert actions(plan) == {"Workflow/w": "Update"}
    database.apply(plan)
    running = database.jobs[database.find_job("a")].row
    assert (running.status, running.position, running.generation) == (JobStatus.RUNNING, 2, 1)


def test_another_user_of_the_workflow_is_applied_while_jobs_run() -> None:
    """Whose the workflow is stands in no job."""
    bob = manifest(user("bob"))
    database = settled(ADA, bob, _flow(job("a")))
    database.edit_job("a", status=JobStatus.RUNNING)
    plan = database.plan(desired(ADA, bob, manifest(workflow("w", job("a"), user="bob"))))
    assert actions(plan) == {"Workflow/w": "Update"}


def test_a_hand_edit_of_a_job_in_flight_is_put_back_at_once() -> None:
    """The worker took the job for what the manifest says."""
    database = _running(job("a"))
    database.edit_job("a", branch_id="x")
    assert actions(database.plan(desired(ADA, _flow(job("a"))))) == {"Workflow/w": "Heal"}


def test_a_hand_edit_that_forestalls_the_manifest_does_not_move_a_job_in_flight() -> None:
    """Its generation would move, and that is an alteration as well."""
    database = _running(job("a"))
    database.edit_job("a", branch_id="x")
    plan = database.plan(desired(ADA, _flow(job("a", branch_id="x"))))
    assert reasons(plan) == {"Workflow/w": "InFlight"}


def test_force_ends_a_deferral_of_the_workflow_that_it_names() -> None:
    """And of no other."""
    other = manifest(workflow("v", job("b")))
    database = settled(ADA, _flow(job("a")), other)
    database.edit_job("a", status=JobStatus.RUNNING)
    database.edit_job("b", status=JobStatus.RUNNING)
    edited = [_flow(job("a", x=1)), manifest(workflow("v", job("b", x=1)))]
    plan = database.plan(desired(ADA, *edited), Policy(force=frozenset([KEY])))
    assert actions(plan) == {"Workflow/w": "Update"}
    assert reasons(plan) == {"Workflow/v": "InFlight"}


def test_a_deferral_ends_when_the_work_does() -> None:
    """Then the edit is applied as it stands, one generation on."""
    database = _running(job("a"))
    edited = desired(ADA, _flow(job("a", x=1)))
    assert database.plan(edited).empty
    database.edit_job("a", status=JobStatus.SUCCEEDED)
    database.apply(database.plan(edited))
    row = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(row, WorkflowRow)
    assert [(found.generation, found.status) for found in row.jobs] == [(2, JobStatus.SUCCEEDED)]
    assert row.generation == 2


def test_a_manifest_taken_back_while_deferred_leaves_nothing_behind() -> None:
    """No generation is spent on an edit that never was applied."""
    database = _running(job("a"))
    database.apply(database.plan(desired(ADA, _flow(job("a", x=1)))))
    assert database.plan(desired(ADA, _flow(job("a")))).empty


def test_a_workflow_with_jobs_in_flight_is_not_pruned() -> None:
    """It waits like an edit; force ends that too."""
    database = _running(job("a"))
    plan = database.plan(desired(ADA), Policy(prune=True))
    assert reasons(plan) == {"Workflow/w": "InFlight"}
    assert actions(plan) == {"Workflow/w": "Orphan"}
    forced = database.plan(desired(ADA), Policy(prune=True, force=frozenset([KEY])))
    assert actions(forced) == {"Workflow/w": "Delete"}


def test_a_message_about_many_jobs_names_three() -> None:
    """And says how many more there are."""
    jobs = [job(name) for name in "abcde"]
    database = settled(ADA, _flow(*jobs))
    for name in "abcde":
        database.edit_job(name, status=JobStatus.RUNNING)
    (left,) = database.plan(desired(ADA, _flow(*(job(name, x=1) for name in "abcde")))).held_back
    assert left.message == (
        f"waits for jobs in flight: 'a' is RUNNING, 'b' is RUNNING, 'c' is RUNNING and 2 more; {FORCE}"
    )
