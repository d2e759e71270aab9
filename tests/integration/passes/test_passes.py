"""What a pass does with a folder and a database."""

from __future__ import annotations

from reconciler.plan import Policy, Reason, Sync
from reconciler.report import Hints, Outcome
from tests.integration.passes.conftest import Instance, user, workflow

CHAIN = ("name: tile, job_type: tiling", "name: 推理任务, job_type: inference, needs: [tile]")


def test_a_folder_becomes_rows(instance: Instance) -> None:
    """Users, workflows and jobs are there after one pass, parents by id, statuses PENDING."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN))

    result = instance.run()

    assert result.outcome is Outcome.APPLIED
    assert instance.rows("select username from users") == [("ada",)]
    rows = instance.rows("select name, status, position, parent_ids_json from jobs order by created_at")
    (tile,) = instance.rows("select id::text from jobs where name = 'tile'")
    assert rows == [("tile", "PENDING", 0, []), ("推理任务", "PENDING", 1, [tile[0]])]


def test_it_converges_and_then_is_still(instance: Instance) -> None:
    """P3: a second pass writes no row of the consumers' tables, the inventory or the history."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    instance.run()
    before = instance.everything()

    result = instance.run()

    assert result.outcome is Outcome.UNCHANGED
    assert instance.everything() == before


def test_a_narrow_pass_does_what_a_whole_one_would(instance: Instance) -> None:
    """An edit whose path is known is applied from that file alone."""
    instance.write("users.yaml", user())
    instance.write("w.yaml", workflow("cmu-1", CHAIN[0]))
    instance.run()
    instance.write("w.yaml", workflow("cmu-1", *CHAIN))

    result = instance.run(Hints(paths=frozenset({"w.yaml"})))

    assert result.narrow
    assert result.counts.updated == 1
    assert instance.run().outcome is Outcome.UNCHANGED


def test_one_bad_file_harms_only_itself(instance: Instance) -> None:
    """P4: its last good rows stay, and every other file proceeds."""
    instance.write("users.yaml", user())
    instance.write("good.yaml", workflow("good", CHAIN[0]))
    instance.write("bad.yaml", workflow("bad", CHAIN[0]))
    instance.run()
    instance.write("good.yaml", workflow("good", *CHAIN))
    instance.write("bad.yaml", workflow("bad", "name: tile, job_type: tiling, nedes: [x]"))

    result = instance.run()

    assert result.counts.updated == 1
    assert [(str(held.key), held.sync) for held in result.held_back] == [("Workflow/bad", Sync.INVALID)]
    assert instance.rows(
        "select w.name, count(*) from workflows w join jobs j on j.workflow_id = w.id group by 1 order by 1"
    ) == [("bad", 1), ("good", 2)]


def test_a_broken_file_holds_back_every_delete(instance: Instance) -> None:
    """P2: while one file is not understood, absence proves nothing, and the files are named."""
    pruning = instance.under(Policy(prune=True))
    pruning.write("users.yaml", user())
    pruning.write("w.yaml", workflow("goes"))
    pruning.write("broken.yaml", workflow("stays"))
    pruning.run()
    (pruning.folder / "w.yaml").unlink()
    pruning.write("broken.yaml", "kind: [")

    result = pruning.run()

    reasons = {str(held.key): held.reason for held in result.held_back}
    assert reasons["Workflow/goes"] is Reason.PRUNE_HELD
    assert "broken.yaml" in next(held.message for held in result.held_back if held.key.name == "goes")
    assert pruning.rows("select count(*) from workflows") == [(2,)]


def test_a_removed_file_is_pruned_only_when_pruning_is_on(instance: Instance) -> None:
    """Off: reported as orphaned, and no row goes. On: the rows go, and history has them."""
    instance.write("users.yaml", user())
    instance.write("w.yaml", workflow("cmu-1", *CHAIN))
    instance.run()
    (instance.folder / "w.yaml").unlink()

    reported = instance.run()
    assert [(held.sync, held.reason) for held in reported.held_back] == [(Sync.ORPHANED, Reason.PRUNE_OFF)]
    assert instance.rows("select count(*) from jobs") == [(2,)]

    pruned = instance.under(Policy(prune=True)).run()
    assert pruned.counts.pruned == 1
    assert instance.rows("select count(*) from jobs") == [(0,)]
    history = instance.rows(
        "select before -> 'jobs' -> 0 ->> 'name' from reconciler.history where action = 'pruned'"
    )
    assert history == [("tile",)]


def test_a_moved_document_changes_nothing(instance: Instance) -> None:
    """Identity is kind and name, never the path: no row of the consumers' tables is written."""
    instance.write("a.yaml", user(), workflow("cmu-1", *CHAIN))
    instance.run()
    before = instance.rows("select ctid::text, xmin::text from jobs")
    (instance.folder / "a.yaml").rename(instance.folder / "b.yaml")

    result = instance.run()

    assert instance.rows("select ctid::text, xmin::text from jobs") == before
    assert result.counts.noted == 2
    assert instance.rows("select distinct path from reconciler.inventory") == [("b.yaml",)]


def test_two_files_that_claim_one_identity_leave_the_rows_alone(instance: Instance) -> None:
    """Both places are reported, and neither file wins."""
    instance.write("users.yaml", user())
    instance.write("a.yaml", workflow("cmu-1", CHAIN[0]))
    instance.run()
    instance.write("b.yaml", workflow("cmu-1", *CHAIN))

    result = instance.run()

    assert [(str(held.key), held.sync) for held in result.held_back] == [("Workflow/cmu-1", Sync.INVALID)]
    assert {d.where.path for d in result.diagnostics} == {"a.yaml", "b.yaml"}
    assert instance.rows("select count(*) from jobs") == [(1,)]


def test_drift_is_put_back_and_told(instance: Instance) -> None:
    """A hand edit is undone, generations unmoved; history has what was found."""
    instance.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    instance.run()
    instance.execute("update jobs set branch_id = 'x', generation = 7 where name = 'tile'")

    result = instance.run()

    assert result.counts.healed == 1
    assert instance.rows("select branch_id, generation from jobs where name = 'tile'") == [("main", 1)]
    found = instance.rows(
        "select before -> 'jobs' -> 0 ->> 'branch_id' from reconciler.history where action = 'healed'"
    )
    assert found == [("x",)]


def test_a_truncated_table_is_not_made_again_without_approval(instance: Instance) -> None:
    """Made again, all jobs would run again: `HealBlocked` until somebody approves exactly that."""
    instance.write("users.yaml", user())
    for number in range(12):
        instance.write(f"w{number}.yaml", workflow(f"w{number}", *CHAIN))
    instance.run()
    instance.execute("truncate jobs cascade")

    result = instance.run()

    assert {held.reason for held in result.held_back} == {Reason.HEAL_BLOCKED}
    assert len(result.gates) == 1
    assert instance.rows("select count(*) from jobs") == [(0,)]
    assert instance.rows("select digest from reconciler.gates") == [(result.gates[0].digest,)]


def test_a_set_that_waits_no_more_can_not_be_approved(instance: Instance) -> None:
    """Somebody may have restored half of it meanwhile: the word would be for what nobody proposes."""
    pruning = instance.under(Policy(prune=True))
    pruning.write("users.yaml", user())
    for number in range(12):
        pruning.write(f"w{number}.yaml", workflow(f"w{number}"))
    pruning.run()
    for number in range(12):
        (pruning.folder / f"w{number}.yaml").unlink()
    (first,) = pruning.run().gates
    pruning.write("w0.yaml", workflow("w0"))
    (second,) = pruning.run().gates

    assert pruning.rows("select digest from reconciler.gates") == [(second.digest,)]
    assert first.digest != second.digest

    for number in range(12):
        pruning.write(f"w{number}.yaml", workflow(f"w{number}"))
    pruning.run()
    assert pruning.rows("select digest from reconciler.gates") == []


def test_twenty_broken_files_of_five_hundred_are_quarantined_and_no_other(instance: Instance) -> None:
    """Exactly those are held, all are reported, 480 are applied, and nothing is deleted."""
    instance.write("users.yaml", user())
    for number in range(499):
        instance.write(f"w{number:03}.yaml", workflow(f"w{number:03}", *CHAIN))
    instance.under(Policy(prune=True)).run()
    broken = {f"w{number:03}.yaml": BREAKAGES[number % len(BREAKAGES)] for number in range(20)}
    for path, text in broken.items():
        (instance.folder / path).write_bytes(text)
    for number in range(20, 499):
        instance.write(f"w{number:03}.yaml", workflow(f"w{number:03}", *CHAIN, "name: merge, job_type: m"))

    result = instance.under(Policy(prune=True)).run()

    assert {d.where.path for d in result.diagnostics} == broken.keys()
    assert result.counts.updated == 479
    assert result.counts.pruned == 0
    managed = {held.key.name for held in result.held_back} - {"x"}
    assert managed == {f"w{number:03}" for number in range(20)}
    assert instance.rows("select count(*) from workflows") == [(499,)]
    assert instance.rows("select count(*) from jobs") == [(20 * 2 + 479 * 3,)]


BREAKAGES = (
    b"kind: [",
    b"\xff\xfe\x00",
    b"apiVersion: reconciler/v1\nkind: Wrokflow\nmetadata: {name: x}\n",
    b"a: &a [*a]",
    b"- 1\n- 2\n",
    b"apiVersion: reconciler/v2\nkind: User\nmetadata: {name: x}\n",
    b"!!python/object:os.system {}\n",
    b"\x00",
    b"[" * 30_000,
    b"apiVersion: reconciler/v1\nkind: User\nmetadata: {name: -x-}\n",
    b"x: 1\nx: 2\n",
    b"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: x}\nspec: {user: ada, jobs: []}\n",
    workflow("x", "name: a, job_type: t, needs: [a]").encode(),
    workflow("x", "name: a, job_type: t, needs: [b]", "name: b, job_type: t, needs: [a]").encode(),
    workflow("x", "name: a, job_type: t, needs: [c]").encode(),
    workflow("x", "name: a, job_type: t", "name: a, job_type: t").encode(),
    workflow("x", "name: a, job_type: 3").encode(),
    workflow("x", "name: a, job_type: t, params: {v: .nan}").encode(),
    workflow("x", "name: a, job_type: t, parent_indices: [9]").encode(),
    workflow("x", "name: a").encode(),
)
"""Twenty ways to break a file, no two alike."""
