"""New jobs stand in the queue behind their parents, and workflows take turns."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reconciler.plan import Adopt, Change, Create, Heal, JobRow, Recreate, Update, WorkflowRow
from reconciler.plan.queue import QueuePlan, plan_queue
from reconciler.plan.target import Wanted, target_rows
from reconciler.resources import Job, JobStatus, Workflow, job_id, resource_id
from tests.builders import job, manifest, user, workflow

OWNER = UUID(int=7)


def _rows(declared: Workflow, **statuses: JobStatus) -> WorkflowRow:
    row_id = resource_id(declared.key)
    rows = target_rows(Wanted(manifest(declared), declared, OWNER), row_id, None, ())
    assert isinstance(rows, WorkflowRow)
    return replace(
        rows, jobs=tuple(replace(j, status=statuses.get(j.name, JobStatus.PENDING)) for j in rows.jobs)
    )


def _create(declared: Workflow, path: str = "", document: int = 1) -> Create:
    return Create(manifest(declared, path=path, document=document), _rows(declared))


def _update(before: Workflow, after: Workflow, **statuses: JobStatus) -> Update:
    return Update(manifest(after), _rows(before, **statuses), _rows(after))


def _appended(plan: QueuePlan) -> list[str]:
    return [job.name for _, job in plan.append]


def _placed(plan: QueuePlan) -> list[tuple[str, set[UUID]]]:
    return [(placement.job.name, set(placement.children)) for placement in plan.before]


def _id(name: str, of: str = "w") -> UUID:
    return job_id(resource_id(workflow(of).key), name)


def test_parents_stand_before_their_children_even_when_declared_after_them() -> None:
    """The depth in the graph goes before the place in the list."""
    plan = plan_queue([_create(workflow("w", job("merge", "infer"), job("infer", "tile"), job("tile")))])
    assert _appended(plan) == ["tile", "infer", "merge"]
    assert plan.before == ()


def test_workflows_of_one_pass_interleave() -> None:
    """Two workflows of one shape are queued level by level, so that neither starves the other."""
    changes = [
        _create(workflow("b", job("b-tile"), job("b-infer", "b-tile"))),
        _create(workflow("a", job("a-tile"), job("a-infer", "a-tile"), job("a-other"))),
    ]
    assert _appended(plan_queue(changes)) == ["a-tile", "a-other", "b-tile", "a-infer", "b-infer"]


def test_workflows_of_one_level_stand_by_path_and_document_not_by_name() -> None:
    """The order of the files and of the documents in them is the order of the queue."""
    changes = [
        _create(workflow("a", job("third")), path="studies.yaml", document=10),
        _create(workflow("b", job("second")), path="studies.yaml", document=9),
        _create(workflow("c", job("first")), path="early.yaml"),
    ]
    assert _appended(plan_queue(changes)) == ["first", "second", "third"]


def test_each_new_job_comes_with_the_row_id_of_its_workflow() -> None:
    """Also when the workflow's id is one that was adopted."""
    adopted = replace(_rows(workflow("w")), id=UUID(int=99), jobs=())
    wanted = replace(adopted, jobs=_rows(workflow("w")).jobs)
    plan = plan_queue([Adopt(manifest(workflow("w")), adopted, wanted, "")])
    assert [(workflow_id, job.name) for workflow_id, job in plan.append] == [(UUID(int=99), "tile")]


def test_jobs_that_are_there_keep_their_place() -> None:
    """An update queues only what it adds, at its depth in the whole graph."""
    before = workflow("w", job("tile"), job("infer", "tile"))
    after = workflow("w", job("tile"), job("infer", "tile"), job("merge", "infer"))
    plan = plan_queue([_update(before, after), _create(workflow("x", job("x-tile")))])
    assert _appended(plan) == ["x-tile", "merge"]


def test_a_parent_added_later_is_placed_just_before_its_earliest_waiting_child() -> None:
    """It names every waiting child, and is not appended as well."""
    before = workflow("w", job("a"), job("b"))
    after = workflow("w", job("a", "new"), job("b", "new"), job("new"))
    plan = plan_queue([_update(before, after)])
    assert plan.append == ()
    assert _placed(plan) == [("new", {_id("a"), _id("b")})]


def test_a_chain_of_new_ancestors_is_placed_the_deepest_first() -> None:
    """Each one's children are rows that are there, or stand earlier in the list."""
    before = workflow("w", job("infer"))
    after = workflow("w", job("fetch"), job("tile", "fetch"), job("infer", "tile"))
    plan = plan_queue([_update(before, after)])
    assert _placed(plan) == [("tile", {_id("infer")}), ("fetch", {_id("tile")})]


def test_siblings_above_a_waiting_job_come_last_declared_first() -> None:
    """So that taking each time the place ahead of the last leaves them as declared."""
    before = workflow("w", job("merge"))
    after = workflow("w", job("a"), job("b"), job("c"), job("merge", "a", "b", "c"))
    assert [name for name, _ in _placed(plan_queue([_update(before, after)]))] == ["c", "b", "a"]


def test_a_new_job_beneath_a_placed_one_is_appended() -> None:
    """Only what is above a waiting job must stand before it."""
    before = workflow("w", job("infer"))
    after = workflow("w", job("tile"), job("infer", "tile"), job("preview", "tile"))
    plan = plan_queue([_update(before, after)])
    assert [name for name, _ in _placed(plan)] == ["tile"]
    assert _appended(plan) == ["preview"]


def test_a_parent_of_jobs_that_no_longer_wait_is_appended() -> None:
    """A job that is running, done, failed or cancelled is in no queue."""
    before = workflow("w", job("a"), job("b"), job("c"))
    after = workflow("w", job("a", "new"), job("b", "new"), job("c", "new"), job("new"))
    statuses = {"a": JobStatus.SUCCEEDED, "b": JobStatus.RUNNING, "c": JobStatus.CANCELLED}
    plan = plan_queue([_update(before, after, **statuses)])
    assert plan.before == ()
    assert _appended(plan) == ["new"]


def test_a_job_that_was_deleted_by_hand_is_put_back_before_the_job_that_waits_for_it() -> None:
    """Healing queues as an edit does."""
    declared = workflow("w", job("tile"), job("infer", "tile"))
    whole = _rows(declared)
    plan = plan_queue([Heal(manifest(declared), replace(whole, jobs=whole.jobs[1:]), whole)])
    assert _placed(plan) == [("tile", {_id("infer")})]


def test_a_workflow_made_again_is_queued_whole() -> None:
    """Nothing of it waits any more."""
    declared = workflow("w", job("infer", "tile"), job("tile"))
    plan = plan_queue([Recreate(manifest(declared), _rows(declared))])
    assert _appended(plan) == ["tile", "infer"]


def test_users_are_in_no_queue() -> None:
    """A plan may hold any change."""
    ada = manifest(user())
    made = target_rows(Wanted(ada, user(), OWNER), OWNER, None, ())
    assert plan_queue([Create(ada, made)]) == QueuePlan((), ())


def test_a_chain_of_ten_thousand_jobs_in_the_worst_order_is_ordered_at_once() -> None:
    """Neither depth nor order costs more than a look at each job."""
    names = [f"j{n:05}" for n in range(10_000)]
    chain = [job(name, *names[n - 1 : n] if n else ()) for n, name in enumerate(names)]
    before, after = workflow("w", job(names[-1])), workflow("w", *reversed(chain))
    plan = plan_queue([_update(before, after)])
    assert [placement.job.name for placement in plan.before] == names[-2::-1]
    assert _appended(plan_queue([_create(after)])) == names


@st.composite
def _growths(draw: st.DrawFn) -> list[Change]:
    """Draw one to three workflows, of which some jobs are there, in any status, and some are new."""
    changes: list[Change] = []
    for name in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        jobs: list[Job] = []
        for n in range(draw(st.integers(1, 7))):
            parents = draw(st.sets(st.sampled_from([j.name for j in jobs]))) if jobs else set()
            jobs.append(job(f"{name}{n}", *sorted(parents)))
        declared = workflow(name, *draw(st.permutations(jobs)))
        whole = _rows(declared)
        there = draw(st.sets(st.sampled_from(whole.jobs)))
        kept = tuple(
            replace(job, status=draw(st.sampled_from(JobStatus))) for job in whole.jobs if job in there
        )
        changes.append(Update(manifest(declared), replace(whole, jobs=kept), whole))
    return changes


@given(changes=_growths())
def test_no_waiting_job_stands_ahead_of_a_new_parent(changes: list[Change]) -> None:
    """Queued as the plan says, every new job is there once, ahead of whatever waits for it."""
    updates = [change for change in changes if isinstance(change, Update)]
    old = [job for update in updates if isinstance(update.before, WorkflowRow) for job in update.before.jobs]
    wanted = [job for update in updates if isinstance(update.after, WorkflowRow) for job in update.after.jobs]
    plan = plan_queue(changes)
    queue: list[UUID] = [job.id for job in old]
    for placement in plan.before:
        queue.insert(min(queue.index(child) for child in placement.children), placement.job.id)
    queue += [job.id for _, job in plan.append]
    assert sorted(queue) == sorted(job.id for job in wanted)
    waiting = {job.id for job in wanted} - {job.id for job in old if job.status != JobStatus.PENDING}
    assert not [
        (job.name, parent)
        for job in _waiting(wanted, waiting)
        for parent in job.parents
        if parent not in {row.id for row in old} and queue.index(parent) > queue.index(job.id)
    ]


def _waiting(jobs: list[JobRow], waiting: set[UUID]) -> list[JobRow]:
    return [job for job in jobs if job.id in waiting]
