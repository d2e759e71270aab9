"""What real shells complete after `reconciler`, from the script that it prints."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell, Type
from tests.integration.passes.conftest import user, workflow

Ask = Callable[..., list[str]]

_BASH = """
source <(reconciler completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_reconciler_completion reconciler
printf '%s\\n' "${COMPREPLY[@]}"
"""
_ZSH = """
compdef() { }
compadd() { print -l -- ${completions} }
_describe() { for one in $completions_with_descriptions; do print -r -- ${one%%:*}; done }
_path_files() { print -- path }
eval "$(reconciler completion zsh)"
words=("$@")
CURRENT=$#
_reconciler_completion
"""
_FISH = """
reconciler completion fish | source
complete --do-complete (string join -- ' ' $argv)
"""
_SCRIPTS = {
    "bash": ("--norc", "-c", _BASH, "bash"),
    "zsh": ("-f", "-c", _ZSH, "zsh"),
    "fish": ("--no-config", "-c", _FISH),
}


@pytest.fixture(params=[*_SCRIPTS])
def ask(request: pytest.FixtureRequest, shell: Shell) -> Ask:
    """Give a way to press Tab at the end of a line in a real shell: what it offers."""
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"no {request.param} here")
    shell.place.environment["RECONCILER_COMPLETION_WAIT"] = "60s"

    def press(*line: str) -> list[str]:
        binaries = Path(sys.executable).parent
        ended = subprocess.run(
            [program, *_SCRIPTS[request.param], *line],
            cwd=shell.place.folder,
            env={"PATH": f"{binaries}:/usr/bin:/bin", "HOME": "/nonexistent", **shell.place.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.stderr == ""
        return [word.partition("\t")[0] for word in ended.stdout.split("\n") if word]

    return press


def test_commands_options_and_choices_are_completed(ask: Ask) -> None:
    """In groups too, and for settings that take one of a few words."""
    assert ask("reconciler", "stat") == ["status"]
    assert {"upgrade", "downgrade", "check"} <= set(ask("reconciler", "db", ""))
    assert "--redis-url" in ask("reconciler", "status", "--")
    assert {"json", "name"} <= set(ask("reconciler", "status", "-o", ""))
    assert ask("reconciler", "run", "--log-level", "w") == ["warning"]
    assert {"bash", "zsh", "fish"} == set(ask("reconciler", "completion", ""))


def test_what_narrows_a_list_is_completed_as_it_is_shown(ask: Ask) -> None:
    """In capitals where it has them, in whichever it is typed."""
    assert ask("reconciler", "get", "workflows", "--sync", "In") == ["Invalid"]
    assert ask("reconciler", "get", "workflows", "--status", "C") == ["CANCELLED", "COMPLETED"]
    assert ask("reconciler", "get", "jobs", "--status", "s") == ["SUCCEEDED"]


def test_names_that_there_are_are_completed(ask: Ask, shell: Shell) -> None:
    """From PostgreSQL, with the instance that stands on the line."""
    shell.write("all.yaml", user(), workflow("cmu-1"), workflow("cmu-2"))
    assert shell("apply").code == 0
    (shell.place.manifests / "all.yaml").unlink()

    assert ask("reconciler", "suspend", "Workflow/cmu-") == ["Workflow/cmu-1", "Workflow/cmu-2"]
    assert ask("reconciler", "get", "users", "") == ["ada"]
    assert ask("reconciler", "get", "User/ada", "Workflow/") == ["Workflow/cmu-1", "Workflow/cmu-2"]
    assert ask("reconciler", "get", "jobs", "-w", "") == ["cmu-1", "cmu-2"]
    assert ask("reconciler", "graph", "--instance", "other", "") == []


def test_a_name_with_blanks_is_completed_as_one_word(ask: Ask, shell: Shell, inside: Type) -> None:
    """Names of jobs are free text."""
    _write_jobs(shell)
    assert inside("apply").code == 0

    assert set(as_read(ask("reconciler", "describe", "job", "cmu-1/"))) == JOBS
    assert as_read(ask("reconciler", "get", "jobs", "-w", "cmu-1", "f")) == ["find nuclei"]


def test_jobs_are_completed_after_their_workflow(
    shell: Shell, inside: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First from the manifests, then from PostgreSQL; asked as bash asks."""

    def press(*line: str) -> list[str]:
        with monkeypatch.context() as tab:
            tab.setenv("_RECONCILER_COMPLETE", "bash_complete")
            tab.setenv("COMP_WORDS", "\n".join(line))
            tab.setenv("COMP_CWORD", str(len(line) - 1))
            told = inside()
        return as_read([word.partition(",")[2] for word in told.out.splitlines()])

    shell.place.environment["RECONCILER_COMPLETION_WAIT"] = "60s"
    _write_jobs(shell)
    for _ in range(2):
        assert press("reconciler", "describe", "job", "cmu") == ["cmu-1", "cmu-2"]
        assert set(press("reconciler", "describe", "job", "cmu-1/")) == JOBS
        assert press("reconciler", "describe", "Job/cmu-1/f") == ["Job/cmu-1/find nuclei"]
        assert press("reconciler", "describe", "job", "cmu-2") == ["cmu-2/tile"]
        assert press("reconciler", "get", "jobs", "-w", "cmu-1", "f") == ["find nuclei"]
        assert "workflow" not in press("reconciler", "describe", "W")
        assert inside("apply").code == 0
        (shell.place.manifests / "all.yaml").unlink(missing_ok=True)


JOBS = {"cmu-1/Job1: 推理任务", "cmu-1/find nuclei"}


def _write_jobs(shell: Shell) -> None:
    jobs = ('name: "Job1: 推理任务", job_type: x', "name: find nuclei, job_type: x")
    shell.write("all.yaml", user(), workflow("cmu-1", *jobs), workflow("cmu-2"))


def as_read(words: list[str]) -> list[str]:
    """Read words as a shell would that was given them; bash is given them escaped."""
    return [shlex.split(word)[0] if "\\" in word else word for word in words]


def test_digests_that_wait_are_completed(ask: Ask, shell: Shell) -> None:
    """To be approved."""
    shell.write("users.yaml", *(user(f"u{number}") for number in range(20)))
    shell("apply")
    shell.write("users.yaml", user("u1"))
    shell("apply", "--prune")

    assert ask("reconciler", "approve", "") == shell("approve", "-o", "name").out.split()


def test_without_a_database_manifests_are_asked(ask: Ask, shell: Shell) -> None:
    """And without either nothing is offered, and nothing said."""
    shell.write("all.yaml", user(), workflow("cmu-1"))
    shell.place.environment["DATABASE_URL"] = "postgresql://127.0.0.1:1/app"
    assert ask("reconciler", "suspend", "work") == ["Workflow/cmu-1"]

    shell.place.environment["RECONCILER_INTERVAL"] = "nonsense"
    assert ask("reconciler", "suspend", "work") == []
    assert ask("reconciler", "nonsense", "") == []
