"""Plans in files and parts of everything, as people type them: without a daemon and beside one."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

from tests.e2e.conftest import Shell, Type
from tests.e2e.daemons import until
from tests.integration.passes.conftest import user, workflow


def plan_in(shell: Shell, name: str = "one.plan") -> Path:
    """Name a file in the shell's folder."""
    return shell.place.folder / name


def standing(ask: Type) -> Counter[str]:
    """Count how the resources stand, as the status tells."""
    return Counter(one["sync"] for one in ask("status", "-o", "json").document["resources"])


def test_a_plan_is_saved_read_and_carried_out(shell: Shell) -> None:
    """For its owner alone; exactly it; once."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    made = shell("plan", "--out", "one.plan", "--detailed-exitcode")
    shell.write("later.yaml", workflow("cmu-2"))

    read, done, again = (
        shell(*words)
        for words in (
            ("plan", "--show", "one.plan"),
            ("apply", "--plan", "one.plan"),
            ("apply", "--plan", "one.plan"),
        )
    )

    assert (made.code, plan_in(shell).stat().st_mode & 0o777) == (2, 0o600)
    assert "reconciler apply --plan one.plan" in made.err
    assert read.out == made.out
    assert (done.code, again.code) == (0, 1)
    assert "+ created Workflow/cmu-1  manifests/all.yaml:7" in done.out
    assert shell.place.rows("select name from workflows") == [("cmu-1",)]
    assert "Workflow/cmu-1: it was to be created, and nothing of that is left to do" in again.err
    told = shell("status", "-o", "json").document["resources"]
    assert [one["sync"] for one in told] == ["Synced", "Synced"]


def test_a_plan_for_something_else_is_refused(shell: Shell) -> None:
    """Another instance, another folder; a file that was edited, or is none."""
    shell.write("all.yaml", user())
    shell("plan", "--out", "one.plan")
    document = json.loads(plan_in(shell).read_text())
    document["terms"]["max_prune"] = 1.0
    plan_in(shell, "edited.plan").write_text(json.dumps(document))
    (shell.place.folder / "other").mkdir()

    said = {
        words: shell("apply", "--plan", *words.split())
        for words in (
            "one.plan --instance other",
            "one.plan --manifests other",
            "edited.plan",
            "no.plan",
            "one.plan --target User/ada",
        )
    }

    assert {words: ended.code for words, ended in said.items()} == {
        "one.plan --instance other": 1,
        "one.plan --manifests other": 1,
        "edited.plan": 1,
        "no.plan": 2,
        "one.plan --target User/ada": 2,
    }
    assert "made for another instance" in said["one.plan --instance other"].err
    assert "made for another source" in said["one.plan --manifests other"].err
    assert "edited or cut short" in said["edited.plan"].err
    assert shell.place.rows("select count(*) from users") == [(0,)]


def test_a_plan_holds_no_password(shell: Shell) -> None:
    """Nor an address."""
    shell.write("all.yaml", user())
    shell("plan", "--out", "one.plan")

    assert shell.place.environment["DATABASE_URL"] not in plan_in(shell).read_text()
    assert "postgresql" not in plan_in(shell).read_text()


def test_apply_of_a_part_does_nothing_else(shell: Shell) -> None:
    """By label; what else differs is no failure of it."""
    shell.write("users.yaml", user())
    labelled = workflow("cmu-1").replace("annotations: {}", "labels: {study: lung}")
    shell.write("one.yaml", labelled)
    shell.write("two.yaml", workflow("cmu-2"))
    shell.write("bad.yaml", workflow("bad", "name: tile, job_typ: tiling"))

    done = shell("apply", "-l", "study=lung")

    assert done.code == 0
    assert shell.place.rows("select name from workflows") == [("cmu-1",)]
    assert shell.place.rows("select username from users") == [("ada",)]
    assert shell("apply", "--target", "Workflow/bad").code == 1


def test_beside_a_daemon_the_daemon_carries_out_plans_and_parts(shell: Shell) -> None:
    """What it would not do by itself: it does not prune, and heals nothing."""
    shell.write("all.yaml", user(), workflow("cmu-1"), workflow("cmu-2"), workflow("cmu-3"))
    with shell.daemon("--no-self-heal"):
        until(lambda: standing(shell) == {"Synced": 4})
        shell.write("all.yaml", user(), workflow("cmu-1"))
        until(lambda: standing(shell) == {"Synced": 2, "Orphaned": 2})
        shell("plan", "--prune", "--target", "Workflow/cmu-2", "--out", "one.plan")
        done = shell("apply", "--plan", "one.plan")
        again = shell("apply", "--plan", "one.plan", "-o", "json")
        part = shell("apply", "--prune", "--target", "Workflow/cmu-3")
        left = shell.place.rows("select name from workflows order by name")

    assert (done.code, again.code, part.code) == (0, 1, 0)
    assert "the daemon of this instance carried it out" in done.err
    assert "- pruned Workflow/cmu-2" in done.out
    assert "nothing of that is left to do" in again.err
    assert "- pruned Workflow/cmu-3" in part.out
    assert left == [("cmu-1",)]


def test_beside_a_daemon_that_does_not_prune_a_plan_over_its_budget_is_approved_and_done(
    shell: Shell, inside: Type
) -> None:
    """What waits is named and the exit code says so; the daemon's own passes do not strike it out."""
    names = [f"u{number:02}" for number in range(12)]
    shell.write("all.yaml", *map(user, names))
    with shell.daemon():
        until(lambda: standing(inside) == {"Synced": 12})
        shell.write("all.yaml", *map(user, names[:6]))
        until(lambda: standing(inside) == {"Synced": 6, "Orphaned": 6})
        inside("plan", "--prune", "--out", "one.plan")
        first = inside("apply", "--plan", "one.plan")
        inside("reconcile")
        (digest,) = inside("approve", "-o", "name").out.split()
        inside("approve", digest)
        inside("reconcile")
        second = inside("apply", "--plan", "one.plan")
        left = shell.place.rows("select count(*) from users")

    assert (first.code, second.code) == (1, 0)
    assert "User/u11 Orphaned (PruneBlocked)" in first.out
    assert f"`reconciler approve {digest}` releases exactly these" in first.out.replace("\n    ", " ")
    assert "6 pruned" in second.out
    assert left == [(6,)]


def test_diff_shows_what_differs_and_exits_1(shell: Shell) -> None:
    """0 when nothing does, 2 when it can't be told; a mistyped name is met with the likely one."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    new = shell("diff", "Workflow/cmu-1")
    shell("apply")
    same, none = shell("diff", "Workflow/cmu-1", "User/ada"), shell("diff")
    shell.place.execute("update jobs set branch_id = 'x'")
    edited, everything = shell("diff", "Workflow/cmu-1"), shell("diff", "-o", "json")
    mistyped = shell("diff", "Workflow/cmu1")
    nowhere = shell("diff", "--database-url", "postgresql://127.0.0.1:1/app")

    told = (new, same, none, edited, everything, mistyped, nowhere)
    assert [ended.code for ended in told] == [1, 0, 0, 1, 1, 2, 2]
    assert "+  name: cmu-1" in new.out
    assert "Workflow/cmu-1 is what its manifest says" in same.out
    assert (none.out, none.err) == ("", "nothing differs\n")
    assert "-      branch_id: x" in edited.out.splitlines()
    assert [one["key"] for one in everything.document["items"]] == ["Workflow/cmu-1"]
    assert "did you mean Workflow/cmu-1?" in mistyped.err


def test_diff_shows_the_rows_of_what_no_pass_would_touch(shell: Shell) -> None:
    """Of what no manifest declares, what is suspended, and what is not understood."""
    shell.write("all.yaml", user(), workflow("cmu-1"), workflow("cmu-2"))
    shell("apply")
    shell("suspend", "Workflow/cmu-1", "--reason", "looking into it")
    shell.place.execute("update jobs set branch_id = 'x'")
    shell.write("all.yaml", user(), workflow("cmu-1"))

    shown, names = shell("diff"), shell("diff", "-o", "name")
    shell.write("all.yaml", user(), workflow("cmu-1", "name: tile, job_typ: tiling"))
    wrong = shell("diff")

    assert names.out.split() == ["Workflow/cmu-1", "Workflow/cmu-2"]
    assert "left as it is, Suspended" in shown.out
    assert {"-      branch_id: x", "-  name: cmu-2"} <= set(shown.out.splitlines())
    assert "Workflow/cmu-1 has a manifest that is not understood  manifests/all.yaml:" in wrong.out
    assert "1 mistake in the manifests" in wrong.err
    assert {shown.code, names.code, wrong.code} == {1}


def test_a_plan_that_nobody_waits_for_any_more_is_taken_back(shell: Shell) -> None:
    """Ctrl-C while the daemon hangs: nothing of it happens later."""
    shell.write("all.yaml", user(), workflow("cmu-1"), workflow("cmu-2"))
    with shell.daemon():
        shell.write("all.yaml", user(), workflow("cmu-1"))
        until(lambda: "Orphaned" in shell("status").out)
        shell("plan", "--prune", "--target", "Workflow/cmu-2", "--out", "one.plan")
        (daemon,) = shell.place.daemons
        daemon.send_signal(signal.SIGSTOP)
        try:
            waiting = shell.place.begin("apply", "--plan", "one.plan")
            handed_in = "select count(*) from reconciler.requests where plan is not null"
            until(lambda: shell.place.rows(handed_in) == [(1,)])
            waiting.send_signal(signal.SIGINT)
            code = waiting.wait(30)
            left = shell.place.rows(handed_in)
        finally:
            daemon.send_signal(signal.SIGCONT)
        asked = shell("reconcile")

    assert (code, left, asked.code) == (130, [(0,)], 0)
    assert shell.place.rows("select name from workflows order by name") == [("cmu-1",), ("cmu-2",)]
