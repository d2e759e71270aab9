"""`reconciler validate`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

USER = "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n"
WORKFLOW = (
    "apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: cmu-1}\n"
    "spec:\n  user: ada\n  jobs:\n    - {name: tile, job_type: tiling}\n"
)
BROKEN = WORKFLOW.replace("cmu-1", "cmu-2").replace("job_type: tiling", "job_typ: tiling")


@pytest.fixture
def manifests(here: Path) -> Path:
    """Give the folder that is validated when none is named."""
    folder = here / "manifests"
    folder.mkdir()
    return folder


def test_what_is_valid_is_counted(call: Call, manifests: Path) -> None:
    """One line on stdout, nothing on stderr, exit 0."""
    (manifests / "users.yaml").write_text(USER)
    (manifests / "cmu.yaml").write_text(f"{WORKFLOW}---\n{USER.replace('{name: ada}', '{name: bob}')}")

    told = call("validate")

    assert (told.code, told.out, told.err) == (0, "2 files, 3 resources: valid\n", "")


def test_a_mistake_shows_its_place_as_seen_from_here(call: Call, manifests: Path) -> None:
    """So that an editor finds it; exit 1."""
    (manifests / "deep").mkdir()
    (manifests / "deep/bad.yaml").write_text(BROKEN)

    told = call("validate")

    assert told.code == 1
    assert " --> manifests/deep/bad.yaml:7:20\n" in told.out
    assert "did you mean `job_type`?" in told.out
    assert told.out.endswith("1 file, 1 resource: not valid\n")


def test_both_places_of_a_duplicate_are_shown_from_here(call: Call, manifests: Path) -> None:
    """Across the paths that were given."""
    (manifests / "a.yaml").write_text(USER)
    (manifests.parent / "b.yaml").write_text(USER)

    told = call("validate", "manifests", "b.yaml", "-o", "json")

    places = {one["where"]["path"] for one in told.document["diagnostics"]}
    related = {other["where"]["path"] for one in told.document["diagnostics"] for other in one["related"]}
    assert places | related == {"manifests/a.yaml", "b.yaml"}


def test_files_and_folders_may_be_mixed_and_are_read_once(call: Call, manifests: Path) -> None:
    """A file that is named needs no suffix; one that is named twice is no duplicate of itself."""
    (manifests / "a.yaml").write_text(USER)
    (manifests.parent / "manifest").write_text(WORKFLOW)

    told = call("validate", "manifests", "./manifests/a.yaml", "manifest")

    assert told.out == "2 files, 2 resources: valid\n"


def test_a_user_out_of_sight_is_a_warning(call: Call, manifests: Path) -> None:
    """The database may have it: exit 0."""
    (manifests / "cmu.yaml").write_text(WORKFLOW)

    told = call("validate")

    assert told.code == 0
    assert told.out.startswith("warning[")
    assert told.out.endswith("1 file, 1 resource: valid\n")


def test_json_tells_the_same(call: Call, manifests: Path) -> None:
    """Versioned, with counts and with every mistake."""
    (manifests / "users.yaml").write_text(USER)
    (manifests / "bad.yaml").write_text(BROKEN)

    told = call("validate", "-o", "json")
    document = told.document

    assert told.code == 1
    assert (document["apiVersion"], document["kind"], document["valid"]) == (
        "reconciler/v1",
        "Validation",
        False,
    )
    assert (document["read"], document["resources"], document["errors"]) == (2, 2, 1)
    assert [one["code"] for one in document["diagnostics"]] == ["RC205"] or document["errors"] > 0
    assert call("validate", "-o", "name").out == "manifests/bad.yaml\n"


def test_nothing_to_validate_is_not_valid(call: Call, manifests: Path) -> None:
    """A mistyped folder must not pass a pull request; one that is missing is said to be."""
    assert call("validate").code == 1
    manifests.rmdir()
    told = call("validate")
    assert told.code == 1
    assert "missing" in told.err


def test_a_file_that_cannot_be_read_is_told_like_a_mistake(call: Call, manifests: Path) -> None:
    """Among the others, with its code."""
    (manifests / "big.yaml").write_bytes(b"#" * (5 * 1024 * 1024))

    told = call("validate", "manifests/big.yaml", "-o", "json")

    assert told.code == 1
    assert [one["code"] for one in told.document["diagnostics"]] == ["RC502"]


def test_annotations_for_github_name_the_place_as_seen_from_here(call: Call, manifests: Path) -> None:
    """Exit codes are the same in every form; nothing but commands on stdout."""
    (manifests / "bad.yaml").write_text(BROKEN)

    told = call("validate", "-o", "github")

    assert told.code == 1
    assert all(
        line.startswith(("::error file=manifests/", "::warning file=")) for line in told.out.splitlines()
    )
    assert "title=RC205 unknown-field::" in told.out
    (manifests / "bad.yaml").write_text(f"{WORKFLOW}---\n{USER}")
    assert call("validate", "-o", "github").out == ""
    assert call("validate", "-o", "github").code == 0


def test_a_folder_without_manifests_fails_for_github_too(call: Call, manifests: Path) -> None:
    """A job that checks nothing must not be green."""
    assert manifests.is_dir()
    told = call("validate", "-o", "github")
    assert (told.code, told.out[:7]) == (1, "::error")


def test_sarif_is_one_log(call: Call, manifests: Path) -> None:
    """With the results of this run."""
    (manifests / "bad.yaml").write_text(BROKEN)

    told = call("validate", "-o", "sarif")

    (run,) = told.document["runs"]
    assert told.code == 1
    assert "RC205" in {result["ruleId"] for result in run["results"]}


def test_text_is_what_is_shown_without_being_asked(call: Call, manifests: Path) -> None:
    """And `table` is another word for it."""
    (manifests / "bad.yaml").write_text(BROKEN)
    assert call("validate").out == call("validate", "-o", "text").out == call("validate", "-o", "table").out


@pytest.mark.parametrize("word", ["-", "/dev/stdin"])
def test_what_comes_in_by_a_pipe_is_checked(here: Path, word: str) -> None:
    """A template that was filled in need not become a file first."""
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "validate", word],
        cwd=here,
        input=f"{USER}---\n{BROKEN}",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, f" --> {word}:" in ended.stdout) == (1, True)
    assert ended.stdout.endswith("1 file, 2 resources: not valid\n")


def test_a_pipe_is_read_no_further_than_any_file(here: Path) -> None:
    """Whoever writes into it for ever is told so, and does not fill the memory."""
    with Path("/dev/zero").open("rb") as endless:
        writer = subprocess.Popen(["cat"], stdin=endless, stdout=subprocess.PIPE)
        ended = subprocess.run(
            [sys.executable, "-m", "reconciler", "validate", "-"],
            cwd=here,
            stdin=writer.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
        writer.kill()
        writer.communicate()

    assert "larger than" in ended.stdout


def test_what_is_neither_file_nor_folder_is_named_as_what_it_is(call: Call) -> None:
    """It is not the root of the manifests that is wrong."""
    told = call("validate", "/dev/null")

    assert told.code == 1
    assert "this is a device, not a file" in told.out
