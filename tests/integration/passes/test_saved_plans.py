"""Saved plans: carried out as they stand, or refused with what moved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from reconciler.errors import PlanOutdated, PlanStale, UsageError
from reconciler.plan import Plan, Policy, Reason, Selection
from reconciler.report import Hints, Order, PassReport, Request, Trigger, Wakeup
from reconciler.report.saved import Origin, SavedPlan, Terms, from_text, to_document, to_text
from reconciler.report.steps import PlanReport
from reconciler.store import desk
from reconciler.store.connect import connect
from tests.builders import user_key, workflow_key
from tests.e2e.daemons import until
from tests.integration.passes.conftest import Instance, user, workflow

TILE = "name: tile, job_type: tiling"
INFER = "name: infer, job_type: inference, needs: [tile]"
ORIGIN = Origin("default", "directory:/m", "app", "1@2")


def order(instance: Instance) -> Order:
    """Order a full pass."""
    return Order(Wakeup((Trigger.COMMAND,)), uuid4(), instance.epoch)


def saved(instance: Instance, policy: Policy | None = None, selection: Selection | None = None) -> SavedPlan:
    """Save the plan of a full pass, and read it back from its file."""
    asked = replace(order(instance), selection=selection)
    draft = instance.reconciler.draft(asked, policy=policy)
    report = PlanReport.of(draft.plan, draft.actual, draft.part)
    terms = Terms.of(policy or Policy())
    plan = SavedPlan("0.1.0", datetime(2026, 11, 3, tzinfo=UTC), ORIGIN, terms, report, draft.plan)
    return from_text(to_text(plan), "plan")


def carry_out(instance: Instance, plan: SavedPlan) -> PassReport:
    """Carry it out."""
    return instance.reconciler.carry_out(order(instance), plan)


@pytest.fixture
def settled(instance: Instance) -> Instance:
    """Give an instance with a user and two workflows, whose files are then edited."""
    instance.write("ada.yaml", user())
    instance.write("one.yaml", workflow("one", TILE, INFER))
    instance.write("two.yaml", workflow("two", TILE))
    instance.run()
    return instance


def refused(instance: Instance, plan: SavedPlan) -> list[str]:
    """Be refused, and give what is said, line by line; nothing is written."""
    before = instance.everything()
    with pytest.raises(PlanStale) as error:
        carry_out(instance, plan)
    assert instance.everything() == before
    return error.value.why.splitlines()


def test_a_saved_plan_is_carried_out_as_it_stands(settled: Instance) -> None:
    """Exactly that: what was edited since, elsewhere, is left for another pass."""
    settled.write("one.yaml", workflow("one", TILE, "name: infer, job_type: other, needs: [tile]"))
    plan = saved(settled)
    settled.write("two.yaml", workflow("two", "name: tile, job_type: scanning"))
    settled.write("three.yaml", workflow("three", TILE))

    report = carry_out(settled, plan)

    assert report.result.counts.updated == 1
    assert settled.rows("select name, job_type from jobs order by 1, 2") == [
        ("infer", "other"),
        ("tile", "tiling"),
        ("tile", "tiling"),
    ]
    assert settled.run().counts.created == 1


def test_a_row_that_moved_since_is_refused_by_name(settled: Instance) -> None:
    """With what it was and what it is; what else the plan holds is not done either."""
    settled.write("one.yaml", workflow("one", TILE))
    settled.write("new.yaml", workflow("new"))
    plan = saved(settled)
    settled.execute("update jobs set branch_id = 'x', params = '{\"a\": 1}' where name = 'infer'")

    assert refused(settled, plan) == [
        "Workflow/one: its rows have moved",
        '  job infer, branch_id: then "main", now "x"',
        "  job infer, params.a: then (none), now 1",
    ]


def test_a_status_that_moved_since_does_not_matter(settled: Instance) -> None:
    """Statuses belong to whoever runs jobs; columns of others as well."""
    settled.write("one.yaml", workflow("one", TILE, "name: infer, job_type: other, needs: [tile]"))
    plan = saved(settled)
    settled.execute("update jobs set status = 'SUCCEEDED', observed_generation = 1")

    assert carry_out(settled, plan).result.counts.updated == 1
    assert settled.rows("select distinct status from jobs") == [("SUCCEEDED",)]


def test_a_job_that_a_worker_took_up_since_is_refused(settled: Instance) -> None:
    """It is not pulled away, by no plan."""
    settled.write("one.yaml", workflow("one", TILE, "name: infer, job_type: other, needs: [tile]"))
    plan = saved(settled)
    settled.execute("update jobs set status = 'RUNNING' where name = 'infer'")

    assert refused(settled, plan)[0] == "Workflow/one: it is Deferred now (InFlight)"


def test_a_manifest_edited_since_is_refused(settled: Instance) -> None:
    """With the place and the fields; a comment, or another file, is no edit."""
    settled.write("one.yaml", workflow("one", "name: tile, job_type: scanning"))
    plan = saved(settled)
    settled.write("one.yaml", workflow("one", "name: tile, job_type: copying"))
    assert refused(settled, plan) == [
        "Workflow/one: its manifest was edited (one.yaml:3:18)",
        '  job tile, job_type: then "scanning", now "copying"',
    ]

    settled.write("one.yaml", workflow("one", "name: tile, job_type: scanning", annotations="{a: b}"))
    assert refused(settled, plan) == [
        "Workflow/one: labels or annotations of its manifest were edited (one.yaml:3:18)"
    ]

    (settled.folder / "one.yaml").unlink()
    settled.write("moved.yaml", "# as before\n", workflow("one", "name: tile, job_type: scanning"))
    assert carry_out(settled, plan).result.counts.updated == 1
    assert settled.rows("select path from reconciler.inventory where name = 'one'") == [("moved.yaml",)]


def test_what_was_done_meanwhile_is_refused(settled: Instance) -> None:
    """And a plan is carried out once."""
    settled.write("new.yaml", user("bob"), workflow("new", user="bob"))
    plan = saved(settled)
    carry_out(settled, plan)

    assert refused(settled, plan) == [
        "User/bob: it was to be created, and nothing of that is left to do",
        "Workflow/new: it was to be created, and nothing of that is left to do",
    ]


def test_a_row_that_came_or_went_is_refused(settled: Instance) -> None:
    """A creation has become an adoption, an update a creation."""
    settled.write("bob.yaml", user("bob"))
    settled.write("two.yaml", workflow("two", "name: tile, job_type: scanning"))
    plan = saved(settled)
    settled.execute("insert into users (id, username) values (gen_random_uuid(), 'bob')")
    settled.execute("delete from jobs using workflows w where w.id = workflow_id and w.name = 'two'")
    settled.execute("delete from workflows where name = 'two'")

    assert refused(settled, plan) == [
        "User/bob: it was to be created, and would be adopted now",
        "Workflow/two: it was to be updated, and would be recreated now",
    ]


def test_a_file_broken_since_is_refused_where_it_is_touched(settled: Instance) -> None:
    """Elsewhere it is nobody's concern, but for a deletion: absence is no longer proven."""
    settled.write("two.yaml", workflow("two", "name: tile, job_type: scanning"))
    plan = saved(settled)
    settled.write("broken.yaml", workflow("three", "name: tile"))
    assert carry_out(settled, plan).result.counts.updated == 1

    (settled.folder / "broken.yaml").unlink()
    (settled.folder / "two.yaml").unlink()
    pruning = saved(settled, Policy(prune=True))
    settled.write("broken.yaml", workflow("three", "name: tile"))
    assert refused(settled, pruning)[0] == "Workflow/two: it is Orphaned now (PruneHeld)"


def test_a_saved_plan_prunes_what_it_says_and_nothing_else(settled: Instance) -> None:
    """Also where the instance does not prune by itself."""
    (settled.folder / "two.yaml").unlink()
    plan = saved(settled, Policy(prune=True))
    (settled.folder / "one.yaml").unlink()

    assert carry_out(settled, plan).result.counts.pruned == 1
    assert settled.rows("select name from workflows") == [("one",)]


def test_the_budget_is_counted_anew_when_a_plan_is_carried_out(instance: Instance) -> None:
    """What was allowed when it was made may be too much by now; an approval of exactly that set helps."""
    names = [f"u{number:02}" for number in range(20)]
    instance.write("users.yaml", *map(user, names))
    instance.run()
    policy = Policy(prune=True)
    instance.write("users.yaml", *map(user, names[4:]))
    plan = saved(instance, policy)
    instance.write("users.yaml", *map(user, names[:4]), *map(user, names[8:]))
    instance.under(policy).run()
    instance.write("users.yaml", *map(user, names[8:]))

    assert refused(instance, plan)[0] == "User/u03: it is Orphaned now (PruneBlocked)"

    with connect(instance.url, "test") as connection:
        (gate,) = desk.gates(connection, "default")
        desk.approve(connection, "default", gate.digest, "me")
    assert carry_out(instance, plan).result.counts.pruned == 4
    assert instance.rows("select count(*) from users") == [(12,)]


@pytest.fixture
def crowded(instance: Instance) -> Instance:
    """Give an instance of twenty users; then eleven manifests are taken away, and a new one is there."""
    names = [f"u{number:02}" for number in range(20)]
    instance.write("users.yaml", *map(user, names))
    instance.run()
    instance.write("users.yaml", *map(user, names[11:]), user("zoe"))
    return instance


def waiting(instance: Instance) -> list[desk.OpenGate]:
    """List what waits for approval."""
    with connect(instance.url, "test") as connection:
        return desk.gates(connection, "default")


def approve(instance: Instance) -> None:
    """Approve the only set that waits."""
    (gate,) = waiting(instance)
    with connect(instance.url, "test") as connection:
        desk.approve(connection, "default", gate.digest, "me")


def test_a_plan_over_its_budget_does_the_rest_and_what_waited_once_it_is_approved(crowded: Instance) -> None:
    """The same file twice: the second time what was done is done, and the approved set goes, all of it."""
    plan = saved(crowded, Policy(prune=True))
    assert [len(gate.subjects) for gate in plan.plan.gates] == [11]

    first = carry_out(crowded, plan).result
    unapproved = refused(crowded, plan)
    approve(crowded)
    second = carry_out(crowded, plan).result

    assert (first.counts.created, first.counts.pruned, first.outcome) == (1, 0, "HeldBack")
    assert {held.reason for held in first.held_back} == {Reason.PRUNE_BLOCKED}
    assert len(first.held_back) == 11
    assert unapproved == ["User/zoe: it was to be created, and nothing of that is left to do"]
    assert (second.counts.pruned, second.counts.created, second.held_back) == (11, 0, ())
    assert crowded.rows("select count(*) from users") == [(10,)]
    assert waiting(crowded) == []


def test_a_set_that_a_plan_put_up_waits_beside_passes_that_would_not_prune(crowded: Instance) -> None:
    """For a day, or until one of its rows is not what it was: then its approval could mean something else."""
    carry_out(crowded, saved(crowded, Policy(prune=True)))
    crowded.run()
    crowded.run()
    (gate,) = waiting(crowded)
    assert gate.expires_at is not None

    names = [f"u{number:02}" for number in range(10, 20)]
    crowded.write("users.yaml", *map(user, names), user("zoe"))
    crowded.run()
    assert waiting(crowded) == []


def test_a_pass_over_a_part_reads_none_of_the_sets_that_wait(crowded: Instance) -> None:
    """They may be as large as what is managed, and an edit is to be answered in milliseconds."""
    carry_out(crowded, saved(crowded, Policy(prune=True)))

    part = crowded.reconciler.draft(replace(order(crowded), wakeup=Wakeup((Trigger.FILES,), Hints())))

    assert len(waiting(crowded)) == 1
    assert (part.actual.survey.proposed, part.actual.survey.lasting) == (frozenset(), ())
    assert len(crowded.reconciler.draft(order(crowded)).actual.survey.lasting) == 1


def test_what_waited_in_a_plan_stays_when_the_budget_has_room_by_now(crowded: Instance) -> None:
    """Nobody said that it may go: it was read as waiting."""
    plan = saved(crowded, Policy(prune=True))
    roomy = replace(plan, terms=replace(plan.terms, max_prune=1.0))

    done = carry_out(crowded, roomy).result

    assert (done.counts.created, done.counts.pruned) == (1, 0)
    (message,) = {held.message for held in done.held_back}
    assert message.startswith("it waited for approval when the plan was saved")
    assert crowded.rows("select count(*) from users") == [(21,)]


def test_what_waits_to_be_made_again_and_was_edited_since_its_approval_waits_anew(crowded: Instance) -> None:
    """A user's row too: it was approved as it was declared then."""
    crowded.run()
    crowded.execute("delete from users where username > 'u11'")
    plan = saved(crowded)
    carry_out(crowded, plan)
    approve(crowded)
    names = [f"u{number:02}" for number in range(11, 19)]
    edited = user("u19").replace("name: u19}", "name: u19}\nspec: {username: eve}")
    crowded.write("users.yaml", *map(user, names), user("zoe"), edited)

    done = carry_out(crowded, plan).result

    assert done.counts.healed == 0
    assert crowded.rows("select count(*) from users where username = 'eve'") == [(0,)]


def test_a_set_whose_approval_ended_unused_can_be_approved_again(crowded: Instance) -> None:
    """The next pass puts it up once more."""
    pruning = crowded.under(Policy(prune=True))
    pruning.run()
    approve(crowded)
    crowded.execute("update reconciler.gates set expires_at = now() - interval '1 minute'")
    assert waiting(crowded) == []

    pruning.run()
    approve(crowded)

    assert pruning.run().counts.pruned == 11


def test_a_set_that_is_struck_out_while_it_is_approved_is_told(crowded: Instance) -> None:
    """As one that never waited: whoever approves it must not think that it will be done."""
    carry_out(crowded, saved(crowded, Policy(prune=True)))
    with psycopg.connect(crowded.url) as daemon, ThreadPoolExecutor(1) as pool:
        daemon.execute("delete from reconciler.gates")
        approving = pool.submit(approve, crowded)
        until(lambda: crowded.rows("select 1 from pg_locks where not granted"))
        daemon.commit()
        with pytest.raises(UsageError, match="no set waits"):
            approving.result()


def test_rows_that_somebody_holds_are_waited_for_and_then_nothing_is_done(settled: Instance) -> None:
    """All of it or nothing: the workflow that was free is not written either."""
    settled.write("one.yaml", workflow("one", TILE))
    settled.write("two.yaml", workflow("two", "name: tile, job_type: scanning"))
    plan = saved(settled)
    before = settled.everything()
    with psycopg.connect(settled.url) as worker:
        worker.execute("select * from workflows where name = 'two' for update")
        with pytest.raises(PlanOutdated, match="Workflow/two: its row is held"):
            carry_out(settled, plan)
        assert settled.everything() == before
    assert carry_out(settled, plan).result.counts.updated == 2


def test_what_the_database_refuses_undoes_the_whole_plan(settled: Instance) -> None:
    """And is named."""
    settled.execute("alter table jobs add constraint picky check (job_type <> 'bad')")
    settled.write("one.yaml", workflow("one", TILE))
    settled.write("two.yaml", workflow("two", "name: tile, job_type: bad"))

    assert refused(settled, saved(settled))[0].startswith("Workflow/two: PostgreSQL refuses its rows")


def test_a_plan_of_a_part_touches_that_part_alone(settled: Instance) -> None:
    """With the user that comes along."""
    settled.write("new.yaml", user("bob"), user("eve"), workflow("new", user="bob"), workflow("else"))

    carry_out(settled, saved(settled, selection=Selection(frozenset([workflow_key("new")]))))

    assert settled.rows("select username from users order by 1") == [("ada",), ("bob",)]
    assert settled.rows("select name from workflows order by 1") == [("new",), ("one",), ("two",)]


def test_a_pass_with_a_selection_touches_it_alone(settled: Instance) -> None:
    """Nothing is pruned that is not named, and no gate of others is closed or opened."""
    (settled.folder / "one.yaml").unlink()
    (settled.folder / "two.yaml").unlink()
    settled.write("new.yaml", user("bob"))
    pruning = settled.under(Policy(prune=True))

    def run(selection: Selection) -> list[tuple[str, Reason]]:
        asked = replace(order(settled), selection=selection)
        held = pruning.reconciler.run(asked).result.held_back
        return [(one.key.name, one.reason) for one in held]

    left = run(Selection(frozenset([workflow_key("two")])))

    assert left == [("bob", Reason.NOT_TARGETED), ("one", Reason.NOT_TARGETED)]
    assert settled.rows("select name from workflows") == [("one",)]
    assert run(Selection(frozenset([user_key("bob")]))) == [("one", Reason.NOT_TARGETED)]


def test_a_pass_that_is_handed_plans_answers_for_each(settled: Instance) -> None:
    """One is carried out, one is refused with what moved, one is no plan; then the usual pass follows."""
    settled.write("new.yaml", user("bob"))
    plan = to_document(saved(settled, selection=Selection(frozenset([user_key("bob")]))))
    settled.write("late.yaml", user("eve"))
    with connect(settled.url, "test") as connection:
        for handed in (plan, plan, {"kind": "Riddle"}):
            desk.ask(connection, "default", "me", Request(uuid4(), plan=handed))
        usual = desk.ask(connection, "default", "me")
        requests = desk.waiting(connection, "default")
        report = settled.reconciler.run(
            Order(Wakeup((Trigger.REQUEST,), None, requests), uuid4(), settled.epoch)
        )
        told = [desk.reply_to(connection, request.id).answer for request in requests]

    first, second, third, last = (answer or {} for answer in told)
    assert [step["key"] for step in first["steps"]] == ["User/bob"]
    assert second["stale"] == "User/bob: it was to be created, and nothing of that is left to do"
    assert "not the form" in third["stale"]
    assert ([step["key"] for step in last["steps"]], requests[-1].id) == (["User/eve"], usual)
    assert [carried.result.counts.created for carried in report.carried] == [1]
    assert settled.rows("select count(*) from reconciler.requests where plan is not null") == [(0,)]


def test_a_plan_handed_in_beside_an_event_loses_no_edit(settled: Instance) -> None:
    """The look of the plan steps over the files: the pass that follows has to look at all of them."""
    settled.write("new.yaml", user("bob"))
    plan = to_document(saved(settled, selection=Selection(frozenset([user_key("bob")]))))
    settled.write("late.yaml", user("eve"))
    hints = Hints(paths=frozenset(["late.yaml"]))
    handed_in = Request(uuid4(), plan=plan)

    settled.reconciler.run(Order(Wakeup((Trigger.FILES,), hints, (handed_in,)), uuid4(), settled.epoch))

    assert settled.rows("select username from users order by 1") == [("ada",), ("bob",), ("eve",)]


def test_a_plan_that_is_taken_back_is_not_carried_out(settled: Instance) -> None:
    """Whoever handed it in gave up waiting; an answered one stays as it is."""
    settled.write("new.yaml", user("bob"))
    plan = to_document(saved(settled))
    with connect(settled.url, "test") as connection:
        number = desk.ask(connection, "default", "me", Request(uuid4(), plan=plan))
        desk.withdraw(connection, number)
        assert desk.waiting(connection, "default") == ()


def test_an_empty_plan_does_nothing(settled: Instance) -> None:
    """Whatever has moved meanwhile."""
    plan = saved(settled)
    assert plan.plan == Plan(plan.plan.revision)
    settled.write("new.yaml", user("bob"))

    assert carry_out(settled, plan).result.outcome == "Unchanged"
