"""`reconciler init`: what it writes is right, and what is there stays."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.init import settings_file
from reconciler.settings import OPTIONS, load_settings
from tests.json_schema import violations
from tests.unit.cli.conftest import Call

ALL = {
    ".github/workflows/manifests.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".vscode/extensions.json",
    ".vscode/settings.json",
    "README.md",
    "manifests.schema.json",
    "manifests/.reconcilerignore",
    "manifests/users/test_user.yaml",
    "manifests/workflows/cmu-1.yaml",
    "reconciler.toml",
}


def files(folder: Path) -> dict[str, str]:
    """Read everything beneath a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def parsed(path: Path) -> Any:  # noqa: ANN401 - whatever the file says
    """Read a YAML or JSON file."""
    return yaml.safe_load(path.read_text())


def test_a_new_repository_is_valid(call: Call, here: Path) -> None:
    """Two examples that need no database to be checked against; nothing is warned of."""
    told = call("init")

    assert told.code == 0
    assert set(files(here)) == ALL
    assert told.out.splitlines()[0] == "11 files written to ./"
    checked = call("validate")
    assert (checked.code, checked.out) == (0, "2 files, 2 resources: valid\n")
    assert call("validate", "-o", "github").out == ""


def test_the_next_commands_are_told(call: Call) -> None:
    """They are commands, and lead into the folder first."""
    told = call("init", "a/b", "-o", "json").document
    assert told["next"][0] == "cd a/b"
    assert len(told["next"]) == 4
    assert sorted(told["written"]) == sorted(ALL)
    for line in told["next"][1:]:
        assert call(*line.split()[1:], "--help").code == 0


def test_the_next_commands_can_be_pasted_where_it_was_called_by_its_path(here: Path) -> None:
    """In a clone nothing is on the PATH; and a folder may have a blank in its name."""
    (here / "bin").mkdir()
    program = here / "bin" / "reconciler"
    program.write_text(
        f"#!{sys.executable}\nfrom reconciler.__main__ import main\nraise SystemExit(main())\n"
    )
    program.chmod(0o755)

    for folder, into, called in ((".", [], "bin/reconciler"), ("my studies", ["cd 'my studies'"], program)):
        call = ["bin/reconciler", "init", folder, "-o", "json"]
        told = json.loads(subprocess.run(call, check=True, capture_output=True, env={"PATH": ""}).stdout)
        assert told["next"] == [
            *into,
            *(f"{called} {word}" for word in ("validate", "run --embedded", "status")),
        ]


def test_what_is_there_is_left_as_it_is(call: Call, here: Path) -> None:
    """And told; the rest is written beside it; the second time there is nothing to do."""
    (here / "README.md").write_text("mine")
    (here / ".gitignore").write_text("*.pyc\n")
    (here / ".vscode").mkdir()
    (here / ".vscode/settings.json").symlink_to("nowhere")

    told = call("init", "-o", "json")

    assert set(told.document["kept"]) == {"README.md", ".gitignore", ".vscode/settings.json"}
    assert "`.reconciler/`" in told.err
    assert (here / "README.md").read_text() == "mine"
    assert not (here / ".vscode/settings.json").exists()
    before = files(here)
    again = call("init")
    assert (again.code, again.out.splitlines()[0], files(here)) == (0, "all is there", before)


def test_no_example_comes_to_manifests_of_somebody(call: Call, here: Path) -> None:
    """It would be applied with them."""
    (here / "manifests").mkdir()
    (here / "manifests/mine.yaml").write_text("")
    call("init")
    assert {name for name in files(here) if name.startswith("manifests/")} == {"manifests/mine.yaml"}


def test_a_file_where_a_folder_should_be_is_said(call: Call, here: Path) -> None:
    """In words, not as a traceback."""
    (here / ".vscode").write_text("")
    told = call("init")
    assert told.code == 1
    assert ".vscode" in told.err
    assert "Traceback" not in told.err
    assert call("init", ".vscode").code == 2


def test_a_folder_that_cannot_be_looked_into_is_no_mistake_of_ours(call: Call) -> None:
    """One of root's, or one whose name is too long."""
    told = call("init", "x" * 300)

    assert told.code == 1
    assert told.err.startswith("error: the folder can't be looked into\n  where: ")


def test_every_setting_of_a_repository_is_named_with_its_default(here: Path) -> None:
    """With the comment signs gone the file says what holds without it."""
    text = settings_file()
    assert tomllib.loads(text) == {}
    named = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    assert named == {one.name for one in OPTIONS if not one.secret} - {"replica", "embedded"}
    usual = load_settings({})
    (here / "reconciler.toml").write_text(re.sub(r"^# (\w+ = [^#\n]*)$", r"\1", text, flags=re.MULTILINE))
    assert load_settings({}) == usual
    (here / "reconciler.toml").write_text(re.sub(r"^# (?!interval)(\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert load_settings({}).source_name == "studies"


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_a_pipeline_is_written_for_whoever_runs_it(call: Call, here: Path, ci: str) -> None:
    """Its commands are ours, spelt as they are today."""
    call("init", "--ci", ci)
    pipelines = {name: text for name, text in files(here).items() if name.endswith(".yml")}
    assert len(pipelines) == (ci != "none")
    for name, text in pipelines.items():
        assert parsed(here / name)
        assert "reconciler validate" in text
        assert "reconciler plan" in text
    if ci == "github":
        steps = parsed(here / ".github/workflows/manifests.yml")["jobs"]["check"]["steps"]
        assert "reconciler validate -o github" in [step.get("run") for step in steps]


def test_the_hook_looks_at_manifests_and_settings_alone(call: Call, here: Path) -> None:
    """And at all of them together."""
    call("init")
    (repo,) = parsed(here / ".pre-commit-config.yaml")["repos"]
    (hook,) = repo["hooks"]
    assert (hook["entry"], hook["pass_filenames"]) == ("reconciler validate", False)
    assert re.search(hook["files"], "manifests/users/a.yaml")
    assert re.search(hook["files"], "reconciler.toml")
    assert not re.search(hook["files"], "README.md")


def test_the_editor_is_given_the_schema_for_the_manifests(call: Call, here: Path) -> None:
    """It is the one of `reconciler schema`, and takes the examples."""
    call("init")
    settings = json.loads((here / ".vscode/settings.json").read_text())
    ((schema, globs),) = settings["yaml.schemas"].items()
    assert (here / schema).read_text() == call("schema").out
    assert {"manifests/users/test_user.yaml"} <= {
        str(path.relative_to(here)) for glob in globs for path in here.glob(glob)
    }
    for name in ("users/test_user.yaml", "workflows/cmu-1.yaml"):
        document = parsed(here / "manifests" / name)
        assert not list(violations(document, json.loads((here / schema).read_text())))


def test_every_template_is_used(call: Call, here: Path) -> None:
    """None is shipped for nobody."""
    for ci in ("github", "gitlab"):
        call("init", ci, "--ci", ci)
    written = {text for ci in ("github", "gitlab") for text in files(here / ci).values()}
    shelf = resources.files("reconciler.cli") / "starter"
    assert {one.name for one in shelf.iterdir() if one.read_text("utf-8") not in written} == set()


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_gitignore_that_is_no_file_stops_nothing(call: Call, here: Path, kind: str) -> None:
    """It stays as it is, and what belongs into one is told."""
    if kind == "folder":
        (here / ".gitignore").mkdir()
    else:
        (here / ".gitignore").symlink_to("nowhere")

    told = call("init")

    assert told.code == 0
    assert "add `.reconciler/`" in told.err


def test_the_way_into_a_folder_can_be_typed(call: Call) -> None:
    """Whatever it is called."""
    assert "cd 'my study'\n" in call("init", "my study").out


def test_a_file_that_can_not_be_written_comes_with_a_cure(call: Call, here: Path) -> None:
    """As every error does."""
    (here / "study").mkdir()
    (here / "study/manifests").write_text("")

    told = call("init", "study")

    assert told.code == 1
    assert "  fix:   make room, or let this user write there; or name another folder" in told.err
