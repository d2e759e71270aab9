"""Commands against real servers, without a daemon and beside one."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.conftest import Shell, Type
from tests.e2e.daemons import until
from tests.integration.passes.conftest import user, workflow

BROKEN = "name: tile, job_typ: tiling"


@pytest.fixture
def known(shell: Shell, inside: Type) -> None:
    """Have a user and a workflow of theirs, with a label, be there with rows."""
    shell.write(
        "all.yaml", user(), workflow("cmu-1").replace("name: cmu-1", "name: cmu-1, labels: {study: nuclei}")
    )
    assert inside("apply").code == 0


# --- without a daemon ----------------------------------------------------------------------------------


def test_apply_makes_the_rows_and_says_so(shell: Shell) -> None:
    """Exit 0; the second time nothing is left to do."""
    shell.write("all.yaml", user(), workflow("cmu-1"))

    first, second = shell("apply"), shell("apply", "-o", "json")

    assert first.code == 0
    assert first.out.splitlines()[0] == "+ created User/ada  manifests/all.yaml:3"
    assert "Applied: 2 created" in first.out.splitlines()
    assert shell.place.rows("select username from users") == [("ada",)]
    assert (second.code, second.document["outcome"]) == (0, "Unchanged")


def test_apply_with_a_broken_file_does_the_rest_and_exits_1(shell: Shell) -> None:
    """The mistake is named with its place."""
    shell.write("all.yaml", user(), workflow("good"))
    shell.write("bad.yaml", workflow("bad", BROKEN))

    told = shell("apply")

    assert told.code == 1
    assert "Workflow/bad Invalid (ManifestInvalid)  manifests/bad.yaml:7:20" in told.out
    assert shell.place.rows("select name from workflows") == [("good",)]


def test_what_apply_did_is_shown_by_get_and_status(shell: Shell) -> None:
    """It tells how everything stands, as a daemon would; but without a daemon nothing is healthy."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")

    listed = shell("get", "workflows", "-o", "json").document["items"]
    status = shell("status", "-o", "json")

    assert [(one["name"], one["standing"]["sync"]) for one in listed] == [("cmu-1", "Synced")]
    assert shell("get", "syncs", "-o", "name").out.count("\n") == 1
    assert status.code == 1
    assert [one["reason"] for one in status.document["findings"]] == ["NoHeartbeat"]
    assert {one["key"]: one["sync"] for one in status.document["resources"]} == {
        "User/ada": "Synced",
        "Workflow/cmu-1": "Synced",
    }


def test_what_apply_did_is_told_by_events_as_a_daemon_would(shell: Shell, inside: Type) -> None:
    """From Redis: each resource that came to stand otherwise, by the first pass and by a later one."""

    def told() -> list[tuple[str, str]]:
        log = inside("events", "-o", "json").document
        assert log["read_from"] == "redis"
        return [(one["subject"], one["status"]) for one in log["items"] if one["type"] == "resource"]

    shell.write("users.yaml", user())
    shell.write("w.yaml", workflow("cmu-1"))
    inside("apply")
    assert told() == [("User/ada", "Synced"), ("Workflow/cmu-1", "Synced")]
    shell.write("w.yaml", workflow("cmu-1", BROKEN))
    inside("apply")
    assert told()[2:] == [("Workflow/cmu-1", "Invalid")]
    inside("apply")
    assert len(told()) == 3
    passes = [one for one in inside("events", "-o", "name").out.split() if one.startswith("Pass/")]
    assert len(passes) == len(set(passes)) == 3


def test_plan_tells_what_apply_would_do_and_does_nothing(shell: Shell) -> None:
    """With exit 2 for changes when that is asked for, and 1 for mistakes."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    planned = shell("plan")
    assert (planned.code, shell("plan", "--detailed-exitcode").code) == (0, 2)
    assert "+ create Workflow/cmu-1  manifests/all.yaml:7" in planned.out
    assert shell.place.rows("select count(*) from users") == [(0,)]

    shell("apply")
    assert shell("plan", "--detailed-exitcode").code == 0
    shell.place.execute("update jobs set job_type = 'x'")
    document = shell("plan", "-o", "json").document
    assert [one["action"] for one in document["steps"]] == ["heal"]
    assert document["steps"][0]["jobs"][0]["fields"] == [
        {"field": "job_type", "before": "x", "after": "tiling"}
    ]

    shell.write("bad.yaml", workflow("bad", BROKEN))
    broken = shell("plan", "--detailed-exitcode", "-o", "name")
    assert (broken.code, broken.out) == (1, "Workflow/cmu-1\n")
    assert "1 mistake in the manifests" in broken.err


def test_a_plan_can_be_a_part_and_says_so(shell: Shell) -> None:
    """By name or by label; mistakes beside it are told and don't count."""
    shell.write("users.yaml", user())
    shell.write("one.yaml", workflow("cmu-1"))
    shell.write("bad.yaml", workflow("bad", BROKEN))

    part, mistyped = shell("plan", "--target", "Workflow/cmu-1"), shell("plan", "--target", "Workflow/cmu1")

    assert part.code == 0
    assert "a part only: Workflow/cmu-1, with User/ada, which it needs" in part.out
    assert (mistyped.code, "did you mean Workflow/cmu-1?" in mistyped.err) == (2, True)
    assert shell("plan", "--target", "Workflow/bad").code == 1


def test_apply_prunes_when_it_is_asked_to(shell: Shell) -> None:
    """And only then; a named orphan is no failure."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")
    shell.write("all.yaml", user())

    kept, pruned = shell("apply"), shell("apply", "--prune")

    assert kept.code == 0
    assert "Workflow/cmu-1 Orphaned (PruneOff)" in kept.out
    assert (pruned.code, "Applied: 1 pruned" in pruned.out.splitlines()) == (0, True)
    assert shell.place.rows("select name from workflows") == []


def test_a_prune_too_large_waits_for_exactly_its_approval(shell: Shell) -> None:
    """`approve` lists what waits, releases what is named, and refuses what is not known."""
    shell.write("users.yaml", *(user(f"u{number}") for number in range(20)))
    shell("apply")
    shell.write("users.yaml", *(user(f"u{number}") for number in range(5)))

    blocked = shell("apply", "--prune")
    waiting = shell("approve")
    digest = shell("approve", "-o", "name").out.strip()
    unknown = shell("approve", "ffff")
    approved = shell("approve", digest[:8])
    done = shell("apply", "--prune")

    assert (blocked.code, unknown.code, approved.code, done.code) == (1, 2, 0, 0)
    assert f"ago, waits for `reconciler approve {digest}`" in waiting.out
    assert "approved by tester@" in approved.out
    assert all(f"User/u{number}" in waiting.out for number in range(5, 20))
    assert digest in unknown.err
    assert shell.place.rows("select count(*) from users") == [(5,)]
    assert shell("approve").err == "nothing waits for approval\n"


def test_a_suspended_resource_is_left_until_it_is_resumed(shell: Shell) -> None:
    """With a reason that is shown; resuming what is not suspended exits 1."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")
    shell("suspend", "workflow/cmu-1", "--reason", "rescan", "--for", "2h")
    shell.write("all.yaml", user(), workflow("cmu-1", "name: tile, job_type: other"))

    held = shell("apply")
    resumed = shell("resume", "Workflow/cmu-1")
    applied = shell("apply")

    assert (held.code, resumed.code, applied.code) == (0, 0, 0)
    assert "Workflow/cmu-1 Suspended" in held.out
    assert "rescan" in held.out
    assert shell.place.rows("select job_type from jobs") == [("other",)]
    assert shell("resume").code == 1


def test_what_there_is_not_can_not_be_suspended(shell: Shell) -> None:
    """A misspelt name would leave the one that was meant to change; the instance is always there."""
    shell.write("all.yaml", user())
    shell("apply")

    unknown = shell("suspend", "User/adda", "--reason", "x")

    assert unknown.code == 2
    assert unknown.err.startswith("error: there is no User/adda\n")
    assert shell("suspend", "User/ada", "--reason", "x").err.endswith("until `reconciler resume User/ada`\n")
    assert shell("suspend", "--reason", "x").code == 0


def test_what_is_asked_for_by_name_and_not_there_is_named(shell: Shell) -> None:
    """Exit 1, the others shown all the same."""
    shell.write("all.yaml", user())
    shell("apply")

    told = shell("get", "users", "ada", "nobody", "-o", "name")

    assert (told.code, told.out, told.err) == (1, "User/ada\n", "not found: nobody\n")
    empty = shell("get", "workflows")
    assert (empty.code, empty.out) == (0, "")
    assert empty.err == "nothing found: no workflows in instance default\n"


SOUGHT = {
    "jobs -w cmu1": [
        "no jobs in instance default of workflow cmu1",
        "there is no Workflow/cmu1; did you mean Workflow/cmu-1?",
    ],
    "workflows --user adda": [
        "no workflows in instance default of user adda",
        "there is no user with the username adda; did you mean `ada`?",
    ],
    "jobs -w cmu-1 tiel": [
        "no jobs in instance default called tiel, of workflow cmu-1",
        "not found: tiel; did you mean `tile`?",
    ],
    "workflows -l studdy=x": [
        "no workflows in instance default with label studdy=x",
        "nothing has a label studdy; did you mean `study`?",
    ],
    "workflows -l study=nuclej": [
        "no workflows in instance default with label study=nuclej",
        "nothing has study=nuclej; did you mean `nuclei`?",
    ],
    "workflows --branch man": [
        "no workflows in instance default with a job in branch man",
        "no job is in a branch man; did you mean `main`?",
    ],
    "jobs --branch main --status RUNNING --sync Invalid": [
        "no jobs in instance default that stand Invalid, with status RUNNING, in branch main"
    ],
    "users --all --search zz": ["no users with this in their name: zz"],
}


@pytest.mark.parametrize("words", SOUGHT)
@pytest.mark.usefixtures("known")
def test_an_empty_list_says_what_was_looked_for_and_what_was_perhaps_meant(inside: Type, words: str) -> None:
    """What is named and not there is a failure, as it is for names; that nothing matches is none."""
    told, named = inside("get", *words.split()), {"-w cmu1", "--user adda", "-w cmu-1 tiel"}

    assert (told.out, told.err.splitlines()) == (
        "",
        [f"nothing found: {SOUGHT[words][0]}", *SOUGHT[words][1:]],
    )
    assert told.code == (words.split(" ", 1)[1] in named)


def test_the_tables_go_down_and_up(shell: Shell) -> None:
    """`check` tells how they stand, and commands without them what to do."""
    assert shell("db", "check").code == 0
    for nonsense in ("9999", "--", "00002"):
        assert shell("db", "downgrade", nonsense).code == 2
    assert shell("db", "downgrade", "base").code == 0
    behind = shell("db", "check", "-o", "json")
    lost = shell("get", "users")
    assert (behind.code, behind.document["current"]) == (1, "")
    assert lost.code == 1
    assert "reconciler db upgrade" in lost.err
    assert shell("db", "upgrade").code == 0
    assert shell("db", "check").code == 0


def test_a_downgrade_refuses_to_drop_rows(shell: Shell) -> None:
    """With the reason, not a traceback."""
    shell.write("all.yaml", user())
    shell("apply")

    told = shell("db", "downgrade", "base")

    assert told.code == 1
    assert told.err.startswith("error: ")
    assert "this is a mistake in reconciler" not in told.err
    assert shell.place.rows("select username from users") == [("ada",)]


def test_a_changed_table_is_told_by_check(shell: Shell) -> None:
    """Columns of others don't count."""
    shell.place.execute("alter table users add column mood text")
    assert shell("db", "check").code == 0
    shell.place.execute("drop index jobs_branch_idx")
    told = shell("db", "check")
    assert told.code == 1
    assert "jobs_branch_idx" in told.out


def test_a_database_that_is_away_is_an_error_in_one_shape(shell: Shell) -> None:
    """For every command that needs it, with the place and without the password."""
    shell.place.environment["DATABASE_URL"] = "postgresql://me:hunter2@127.0.0.1:1/app"
    for words in (["get", "users"], ["apply"], ["db", "check"], ["approve"], ["status"]):
        told = shell(*words)
        assert told.code == 1, words
        assert told.err.startswith("error: PostgreSQL can't be used at the moment\n  where: postgresql://127")
        assert "hunter2" not in told.err


# --- beside a daemon -----------------------------------------------------------------------------------


def test_the_daemon_greets_and_is_healthy(shell: Shell) -> None:
    """`status` exits 0; `--daemon` too; both say where they read."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    with shell.daemon():
        until(lambda: shell("status").code == 0)
        told = shell("status", "-o", "json")
        assert told.document["healthy"]
        assert told.document["read_from"] == "redis"
        assert shell("status", "--daemon").code == 0
        shell.place.environment["REDIS_URL"] = ""
        assert shell("status", "-o", "json").document["read_from"] == "postgresql"


def test_a_broken_file_makes_the_instance_unhealthy_but_not_the_daemon(shell: Shell) -> None:
    """What a health check calls must not restart a daemon for a typing mistake."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell.write("bad.yaml", workflow("bad", BROKEN))
    with shell.daemon():
        until(lambda: shell("status", "--daemon").code == 0)
        told = shell("status")
        assert told.code == 1
        assert "bad.yaml:7:20" in told.out
        assert shell("status", "-o", "name").out == "Workflow/bad\n"
        assert "Workflow/bad  Invalid" in shell("status", "-o", "wide").out


def test_apply_hands_its_pass_to_a_live_daemon(shell: Shell) -> None:
    """One writer, and the same answer."""
    shell.write("all.yaml", user())
    with shell.daemon():
        shell.write("all.yaml", user(), user("bob"))
        told = shell("apply")
        assert told.code == 0
        assert "the daemon of this instance ran the pass" in told.err
        assert shell.place.rows("select username from users order by 1") == [("ada",), ("bob",)]


def test_reconcile_waits_for_the_pass_it_asked_for(shell: Shell) -> None:
    """Its exit code is that of what was asked about."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell.write("bad.yaml", workflow("bad", BROKEN))
    with shell.daemon():
        assert shell("reconcile").code == 1
        assert shell("reconcile", "Workflow/cmu-1", "user/ada").code == 0
        mistyped = shell("reconcile", "Workflow/cmu-2")
        assert (mistyped.code, mistyped.err) == (
            1,
            "there is no Workflow/cmu-2; did you mean Workflow/cmu-1?\n",
        )
        document = shell("reconcile", "Workflow/bad", "-o", "json").document
        assert [one["reason"] for one in document["held_back"]] == ["ManifestInvalid"]


def test_reconcile_says_why_it_waits(shell: Shell) -> None:
    """At the first failure, and again when its time is up."""
    shell.write("all.yaml", user())
    with shell.daemon():
        shell.place.manifests.rename(shell.place.folder / "away")
        told = shell("reconcile", "--timeout", "1s")
    assert told.code == 1
    first, *rest = told.err.splitlines()
    assert first.startswith("the pass failed, and is tried again: ")
    assert "did not answer" in "".join(rest)


def test_reconcile_can_force_what_is_in_flight(shell: Shell) -> None:
    """Deferred without, applied with."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    with shell.daemon():
        shell.place.execute("update jobs set status = 'RUNNING'")
        shell.write("all.yaml", user(), workflow("cmu-1", "name: tile, job_type: other"))
        deferred = shell("reconcile", "Workflow/cmu-1")
        forced = shell("reconcile", "Workflow/cmu-1", "--force", "Workflow/cmu-1")

        assert (deferred.code, forced.code) == (1, 0)
        assert "Deferred (InFlight)" in deferred.out
        assert shell.place.rows("select job_type, status from jobs") == [("other", "RUNNING")]


def test_an_interrupt_ends_a_command_that_waits(shell: Shell) -> None:
    """At once, quietly, as a shell expects it; what was asked for stands."""
    with shell.place.begin("reconcile", "--timeout", "60s") as waiting:
        until(lambda: shell.place.rows("select 1 from reconciler.requests"))
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(10) == 130
    assert shell.place.rows("select count(*) from reconciler.requests") == [(1,)]


def test_without_a_daemon_nobody_answers(shell: Shell) -> None:
    """Exit 1 after the time that was given, and it says what may be done."""
    told = shell("reconcile", "--timeout", "200ms")

    assert told.code == 1
    assert "did not answer" in told.err
    assert "0.2 s" in told.err


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml", "name"])
def test_everything_is_shown_in_every_form(shell: Shell, inside: Type, form: str) -> None:
    """No form of any command fails."""
    shell.write("all.yaml", user(), workflow("cmu-1", "name: 推理任务, job_type: inference"))
    inside("apply")
    for words in (
        ["get", "users"],
        ["get", "workflows"],
        ["get", "jobs"],
        ["get", "syncs"],
        ["approve"],
        ["db", "check"],
        ["apply"],
        ["plan"],
        ["validate"],
        ["config"],
        ["version"],
    ):
        told = inside(*words, "-o", form)
        assert told.code == 0, (words, told.err)
        assert "mistake" not in told.err


def test_the_database_opens_in_psql_with_its_password_out_of_sight(shell: Shell) -> None:
    """What other users of the machine may read of a process are its arguments, not its environment."""
    asked = r"\! tr '\0' ' ' </proc/$PPID/cmdline; printenv PGPASSWORD"
    address = shell.place.environment["DATABASE_URL"]
    shell.place.environment["DATABASE_URL"] = f"{address}&password=geheim"
    ended = shell("db", "shell", "-qAt", "-c", "select 6 * 7", "-c", asked)
    answer, arguments = ended.out.splitlines()
    assert answer == "42"
    assert arguments.endswith("printenv PGPASSWORD geheim")
    assert ended.out.count("geheim") == 1


def test_one_thing_is_got_by_kind_and_name(shell: Shell) -> None:
    """As other tools have it."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")
    for spelt in (("Workflow/cmu-1",), ("workflow/cmu-1",), ("workflows", "cmu-1")):
        assert shell("get", *spelt, "-o", "name").out == "Workflow/cmu-1\n"


def test_a_status_that_nobody_writes_is_told_from_one_that_no_row_has(shell: Shell) -> None:
    """A scheduler may have statuses of its own, so it is no error."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")
    sought = "nothing found: no jobs in instance default with status"
    assert shell("get", "jobs", "--status", "running").err == f"{sought} RUNNING\n"
    told = shell("get", "jobs", "--status", "RUNING")
    assert told.code == 0
    assert told.err == f"{sought} RUNING\nno status of ours is called RUNING; did you mean `RUNNING`?\n"
