"""What the database refuses is left, with what needs it; everything else of the pass commits."""

from __future__ import annotations

from uuid import UUID

import pytest

from reconciler.plan import Sync
from reconciler.report import Applied
from reconciler.resources import resource_id
from tests.builders import job, manifest, user, workflow, workflow_key
from tests.integration.store.conftest import PRUNING, Person, Writer, keys, told

ADA = manifest(user("ada"))

REFUSALS = {
    "a check": "alter table jobs add constraint no_b check (name <> 'bad')",
    "a trigger that raises": """
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'not here' using errcode = 'ZX001'; end $$;
        create trigger refuse before insert or update on jobs for each row when (new.name = 'bad')
        execute function refuse()""",
    "a trigger that is broken": """
        create function refuse() returns trigger language plpgsql as $$
        begin perform * from no_such_table; return new; end $$;
        create trigger refuse after insert or update on jobs for each row when (new.name = 'bad')
        execute function refuse()""",
    "a deferred trigger": """
        create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'not here'; end $$;
        create constraint trigger refuse after insert or update on jobs deferrable initially deferred
        for each row when (new.name = 'bad') execute function refuse()""",
    "a unique index": """
        insert into users (id, username) values (gen_random_uuid(), 'eve');
        insert into workflows (id, user_id, name) select gen_random_uuid(), id, 'eves' from users;
        insert into jobs (id, workflow_id, name, job_type) select id, id, 'bad', 'x' from workflows;
        create unique index on jobs (name) where name = 'bad'""",
    "a generated column": "alter table jobs add half int generated always as"
    " (1 / length(replace(name, 'bad', ''))) stored",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_row_is_isolated_and_ninety_nine_others_commit(
    writer: Writer, person: Person, refusal: str
) -> None:
    """Whatever refuses it, and however; it is told with the words of the database, and not tried at once."""
    person.does(REFUSALS[refusal])
    flows = [manifest(workflow(f"w{n:02}", job("bad" if n == 37 else "good"))) for n in range(100)]

    applied = writer.run(ADA, *flows)

    assert told(applied) == {"Workflow/w37": "RowRefused"}
    (left,) = applied.left
    assert (left.held.sync, left.retry) == (Sync.CONFLICT, False)
    assert left.held.message.startswith("PostgreSQL refuses its rows: ")
    assert len(applied.done) == 100
    assert person.value("select count(*) from workflows where name like 'w%%'") == 99
    assert person.value("select count(*) from reconciler.inventory") == 100
    assert person.value("select count(*) from reconciler.history") == 100


def test_what_consumers_defer_until_the_end_of_a_set_holds_for_ours(writer: Writer, person: Person) -> None:
    """A rule that every workflow has a job, checked at commit, is met by every set that we write."""
    person.does("alter table jobs add constraint no_b check (name <> 'bad')")
    person.does("""
        create function has_jobs() returns trigger language plpgsql as $$
        begin
            if not exists (select from public.jobs where workflow_id = new.id) then
                raise exception 'a workflow without jobs';
            end if;
            return null;
        end $$;
        create constraint trigger has_jobs after insert on workflows deferrable initially deferred
        for each row execute function has_jobs()""")
    flows = [manifest(workflow(f"w{n}", job("bad" if n in {3, 11} else "good"))) for n in range(16)]

    assert told(writer.run(ADA, *flows)) == {"Workflow/w3": "RowRefused", "Workflow/w11": "RowRefused"}


def test_a_refused_user_takes_only_its_workflows_with_it(writer: Writer, person: Person) -> None:
    """They wait for it by name; those of other users are made."""
    person.does("alter table users add constraint no_bob check (username <> 'bob')")
    flows = [manifest(workflow(f"{owner}-{n}", user=owner)) for owner in ("ada", "bob") for n in range(4)]

    applied = writer.run(ADA, manifest(user("bob")), *flows)

    assert told(applied) == {"User/bob": "RowRefused"} | {f"Workflow/bob-{n}": "UserHeld" for n in range(4)}
    assert "waits for User/bob" in _message(applied, "Workflow/bob-0")
    assert keys(applied) == {"User/ada", *(f"Workflow/ada-{n}" for n in range(4))}


def test_a_refused_update_of_a_user_does_not_touch_its_workflows(writer: Writer, person: Person) -> None:
    """Its row is there, with its last good username."""
    writer.run(ADA)
    person.does("alter table users add constraint no_eve check (username <> 'eve')")

    applied = writer.run(manifest(user("ada", "eve")), manifest(workflow("w")))

    assert told(applied) == {"User/ada": "RowRefused"}
    assert keys(applied) == {"Workflow/w"}
    assert person.rows("select username from users") == [("ada",)]


def test_a_row_to_which_a_table_of_others_refers_is_a_conflict_that_names_it(
    writer: Writer, person: Person
) -> None:
    """Its deletion is refused, alone; the rest is pruned."""
    writer.run(ADA, *(manifest(workflow(f"w{n}")) for n in range(8)))
    person.does("create table public.notes (job_id uuid references jobs, text text)")
    person.does(
        "insert into public.notes select j.id, 'look' from jobs j join workflows w on w.id = workflow_id"
        " where w.name = 'w5'"
    )

    applied = writer.run(ADA, policy=PRUNING)

    assert told(applied) == {"Workflow/w5": "Referenced"}
    assert "public.notes" in _message(applied, "Workflow/w5")
    assert person.rows("select name from workflows") == [("w5",)]
    assert person.value("select count(*) from jobs") == 1


def test_a_job_to_which_a_table_of_others_refers_holds_its_workflow_alone(
    writer: Writer, person: Person
) -> None:
    """The edit that would delete the job is left whole: no half of it is applied."""
    two = [manifest(workflow(f"w{n}", job("a"), job("b"))) for n in range(4)]
    writer.run(ADA, *two)
    person.does("create table public.notes (job_id uuid references jobs, text text)")
    person.does(
        "insert into public.notes select id, '' from jobs where name = 'b' and workflow_id = %s", _id("w2")
    )
    one = [manifest(workflow(f"w{n}", job("a", v=1), job("c"))) for n in range(4)]

    applied = writer.run(ADA, *one)

    assert told(applied) == {"Workflow/w2": "Referenced"}
    assert person.rows("select name, params from jobs where workflow_id = %s order by name", _id("w2")) == [
        ("a", {}),
        ("b", {}),
    ]
    assert person.value("select count(*) from jobs where name = 'c'") == 3


def test_a_refused_resource_does_not_heat_the_loop(writer: Writer, person: Person) -> None:
    """The next pass tries it alone, writes nothing, and leaves no trace in the books."""
    person.does("alter table jobs add constraint no_b check (name <> 'bad')")
    flows = [manifest(workflow("bad", job("bad"))), manifest(workflow("good"))]
    writer.run(ADA, *flows)
    before = person.everything()

    assert told(writer.run(ADA, *flows)) == {"Workflow/bad": "RowRefused"}
    assert person.everything() == before


def _id(name: str) -> UUID:
    return resource_id(workflow_key(name))


def _message(applied: Applied, key: str) -> str:
    return next(left.held.message for left in applied.left if str(left.held.key) == key)
