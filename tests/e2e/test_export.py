"""`reconciler export` on a real PostgreSQL: rows of ours, and rows that somebody else made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.conftest import Shell, Type
from tests.integration.passes.conftest import user, workflow

ROW = "00000000-0000-4000-8000-0000000000"
"""The beginning of every id here; two digits follow."""

FOREIGN = """
insert into users (id, username, created_at) values
    ('ROW01', 'ada', '2024-01-01Z'),
    ('ROW02', '张三 <zhang@example.org>', '2024-01-02Z');
insert into workflows (id, user_id, name, status, generation, created_at) values
    ('ROW11', 'ROW01', 'cmu-1', 'RUNNING', 7, '2024-02-01Z'),
    ('ROW12', 'ROW02', 'CMU-1', 'COMPLETED', 1, '2024-02-02Z'),
    ('ROW13', 'ROW02', null, 'PENDING', 1, '2024-02-03Z');
insert into jobs
    (id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, status, generation,
    created_at)
values
    ('ROW21', 'ROW11', 'Job1: 切片', 'tiling', 'main', '[]',
        '{"image": "s3://a", "mpp": 0.25, "big": 100000000000000000000}', 0, 'SUCCEEDED', 3, '2024-02-01Z'),
    ('ROW22', 'ROW11', 'no', 'inference', 'b', '["ROW21"]', '{}', 1, 'RUNNING', 1, '2024-02-02Z'),
    ('ROW23', 'ROW12', 'tile', 'tiling', 'main', '[]',
        '{"script": "a\\nb\\n"}', 0, 'SUCCEEDED', 1, '2024-02-03Z'),
    ('ROW24', 'ROW13', 'tile', 'tiling', 'main', '[]', '{}', 0, 'PENDING', 1, '2024-02-04Z');
""".replace("ROW", ROW)
NAMELESS = f"{ROW}13"
RENAMED = f"{ROW}11"
"""`CMU-1` sorts before `cmu-1`, and so keeps its name."""

PLACES = """
select 'users', id::text, ctid::text, xmin::text, t::text from users t
union all select 'workflows', id::text, ctid::text, xmin::text, t::text from workflows t
union all select 'jobs', id::text, ctid::text, xmin::text, t::text from jobs t order by 1, 2"""


def files(folder: Path) -> dict[str, bytes]:
    """Read everything beneath a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def places(shell: Shell) -> dict[str, tuple[Any, ...]]:
    """Give every row with its place and its writer, by id."""
    return {row[1]: row[2:] for row in shell.place.rows(PLACES)}


def test_a_database_of_others_is_adopted_as_it_is(shell: Shell) -> None:
    """Export, apply: the plan is empty then, and only rows that had to be renamed were written."""
    shell("db", "upgrade")
    shell.place.execute(FOREIGN)
    before = places(shell)

    told = shell("export", "--out", "manifests", "-o", "json")

    assert told.code == 0, told.err
    assert {one["key"]: one["called"] for one in told.document["items"]} == {
        "User/ada": None,
        "User/user-00000000": None,
        "Workflow/CMU-1": None,
        "Workflow/cmu-1-00000000": "cmu-1",
        "Workflow/workflow-00000000": "",
    }
    assert set(files(shell.place.manifests)) == {
        "users/ada.yaml",
        "users/user-00000000.yaml",
        "workflows/CMU-1.yaml",
        "workflows/cmu-1-00000000.yaml",
        "workflows/workflow-00000000.yaml",
    }
    assert shell("validate").code == 0
    applied = shell("apply")
    assert (applied.code, "\nApplied: 5 adopted\n" in applied.out) == (0, True), applied
    assert shell("plan", "--detailed-exitcode").code == 0
    after = places(shell)
    assert {row for row in before if before[row] != after[row]} == {NAMELESS, RENAMED}
    assert shell.place.rows(
        "select name, status, generation, created_at::date::text from workflows order by id"
    ) == [
        ("cmu-1-00000000", "RUNNING", 8, "2024-02-01"),
        ("CMU-1", "COMPLETED", 1, "2024-02-02"),
        ("workflow-00000000", "PENDING", 2, "2024-02-03"),
    ]


def test_what_was_exported_is_the_same_again_once_it_is_managed(shell: Shell) -> None:
    """Byte for byte, but for the annotations that adoption needed; nothing is left to adopt."""
    shell.write("all.yaml", user(), workflow("w", "name: a, job_type: t", "name: b, job_type: t, needs: [a]"))
    shell("apply")
    first = shell("export")
    assert first.code == 0
    assert [one["kind"] for one in yaml.safe_load_all(first.out)] == ["User", "Workflow"]
    (shell.place.manifests / "all.yaml").write_text(first.out)
    assert shell("plan", "--detailed-exitcode").code == 0
    shell("apply")
    assert shell("export").out == first.out
    assert shell("export", "--unmanaged").out == ""


def test_what_no_manifest_can_say_is_named_and_the_rest_is_written(shell: Shell) -> None:
    """By row id and reason; exit 1."""
    shell("db", "upgrade")
    shell.place.execute(FOREIGN)
    shell.place.execute("update jobs set parent_ids_json = '[\"x\"]' where name = 'no'")

    told = shell("export")

    assert told.code == 1
    assert f"left out: Workflow/cmu-1-00000000, row {RENAMED}, called 'cmu-1': the job 'no'" in told.err
    assert f"Workflow/workflow-00000000: row {NAMELESS} has no name" in told.err
    assert len(list(yaml.safe_load_all(told.out))) == 4


def test_parents_that_were_encoded_twice_are_mended_by_what_is_told(shell: Shell, inside: Type) -> None:
    """An older client did that; the statement is typed as it stands."""
    inside("db", "upgrade")
    shell.place.execute(FOREIGN)
    shell.place.execute("update jobs set parent_ids_json = to_jsonb(parent_ids_json::text) where name = 'no'")

    (left,) = inside("export", "-o", "json").document["unwritable"]
    assert left["fix"].startswith("update jobs set parent_ids_json = ")
    shell.place.execute(left["fix"])

    assert inside("export").code == 0


def test_a_long_list_of_what_is_not_there_is_cut(inside: Type) -> None:
    """Of thousands of names a person reads some; `-o json` has them all."""
    inside("db", "upgrade")
    told = inside("export", *(f"User/u{number}" for number in range(50)))

    assert (told.code, len(told.err.splitlines())) == (1, 21)
    assert told.err.endswith("and 30 more: -o json lists them\n")


def test_a_folder_without_a_name_is_not_this_one(inside: Type) -> None:
    """A variable that is not set would spill manifests wherever somebody stands."""
    told = inside("export", "--out", "")

    assert (told.code, told.err.splitlines()[0]) == (2, "error: the folder has no name")


def test_files_that_say_something_else_are_not_replaced(shell: Shell) -> None:
    """None is written then; those that say the same are left, and `--force` replaces."""
    shell.write("all.yaml", user(), workflow("w"))
    shell("apply")
    assert shell("export", "--out", "out").code == 0
    mine = shell.place.manifests.parent / "out/users/ada.yaml"
    mine.write_text("# mine\n")
    (mine.parent.parent / "workflows/w.yaml").unlink()

    refused = shell("export", "--out", "out")

    assert refused.code == 1
    assert "out/users/ada.yaml" in refused.err
    assert "--force" in refused.err
    assert set(files(mine.parent.parent)) == {"users/ada.yaml"}
    forced = shell("export", "--out", "out", "--force")
    assert (forced.code, "2 files written, 0 as they were" in forced.err) == (0, True)
    assert "0 files written, 2 as they were" in shell("export", "--out", "out").err


def test_resources_are_exported_by_name_and_an_unknown_one_is_told(shell: Shell) -> None:
    """With what may have been meant."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell("apply")
    assert shell("export", "workflow/cmu-1", "-o", "name").out == "Workflow/cmu-1\n"
    told = shell("export", "Workflow/cmu-2")
    assert (told.code, told.out) == (1, "")
    assert "did you mean Workflow/cmu-1?" in told.err
