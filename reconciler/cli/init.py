"""`reconciler init`: a repository to begin with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.called import own_name
from reconciler.cli.grammar import Command
from reconciler.cli.output import Paper, View, output_option, show
from reconciler.cli.terminal import note
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.settings import Option


_EXAMPLES: Final = {
    "manifests/users/test_user.yaml": "user.yaml",
    "manifests/workflows/cmu-1.yaml": "workflow.yaml",
    "manifests/.reconcilerignore": "reconcilerignore",
}
_FILES: Final = {
    ".vscode/settings.json": "vscode-settings.json",
    ".vscode/extensions.json": "vscode-extensions.json",
    ".pre-commit-config.yaml": "pre-commit.yaml",
    ".gitignore": "gitignore",
    "README.md": "readme.md",
}
_CI: Final = {
    "github": {".github/workflows/manifests.yml": "github.yaml"},
    "gitlab": {".gitlab-ci.yml": "gitlab.yaml"},
    "none": {},
}
_NEXT: Final = ("validate", "run --embedded", "status")
_ELSEWHERE: Final = frozenset({"replica", "embedded"})
"""Settings of one process or one machine: they have no place in a repository."""
_SAMPLES: Final = {"source_name": "studies", "cron": "0 6 * * *", "http_hosts": "reconciler.example"}


@click.command(
    "init",
    cls=Command,
    examples="""
        reconciler init
        reconciler init studies
        reconciler init studies --ci gitlab
        reconciler init -o name > written.txt
    """,
)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--ci",
    type=click.Choice([*_CI]),
    default="github",
    show_default=True,
    metavar="NAME",
    help="Whose pipeline is written: github, gitlab or none.",
)
@output_option
def command(folder: Path, ci: str, form: str) -> int:
    """Write a starter repository into a folder, by default this one.

    Example manifests, settings, the schema for editors, a hook for pre-commit, and a pipeline that checks
    pull requests. No file that is there is touched: what is missing is written beside it, and examples only
    where there are no manifests yet.
    """
    from reconciler.cli.files import write_files

    try:
        texts = _texts(folder, ci)
    except OSError as error:
        raise ReconcilerError(
            "the folder can't be looked into",
            where=str(error.filename or folder),
            why=error.strerror or str(error),
            fix="name one in which you may read and write",
        ) from error
    kept = [name for name in texts if os.path.lexists(folder / name)]
    missing = {folder / name: text for name, text in texts.items() if name not in kept}
    write_files(missing)
    _remind(folder / ".gitignore")
    start = Start(folder, [str(path.relative_to(folder)) for path in missing], kept)
    show(View(start.text, start.document, lambda: (str(folder / name) for name in start.written)), form)
    return 0


def _remind(ignored: Path) -> None:
    """Tell whoever has a `.gitignore` of their own what belongs there: the servers' data."""
    try:
        text = ignored.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""  # a link that leads nowhere, or a folder: git reads nothing there either
    if ".reconciler" not in text:
        note(f"add `.reconciler/` to {ignored}: `run --embedded` keeps its servers and their data there")


def _texts(folder: Path, ci: str) -> dict[str, str]:
    """Give the files of a new repository; examples only where no manifests are that they would come to."""
    manifests = folder / "manifests"
    fresh = not manifests.is_dir() or not any(manifests.iterdir())
    templates = {**(_EXAMPLES if fresh else {}), **_FILES, **_CI[ci]}
    shelf = resources.files("reconciler.cli") / "starter"
    texts = {name: (shelf / template).read_text("utf-8") for name, template in templates.items()}
    return dict(
        sorted({**texts, "reconciler.toml": settings_file(), "manifests.schema.json": _schema()}.items())
    )


def _schema() -> str:
    from reconciler.desired.editors import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def settings_file() -> str:
    """Give a `reconciler.toml` that says every setting of a repository, with its default, as a comment."""
    from reconciler.settings import OPTIONS

    head = (
        "# Settings; each may be a flag or a variable too. What is commented out is the default.\n"
        "# `reconciler config` shows every value and where it comes from.\n"
        "# DATABASE_URL and REDIS_URL are secrets, and stand in the environment.\n"
    )
    told = (option for option in OPTIONS if not option.secret and option.name not in _ELSEWHERE)
    return head + "".join(map(_setting, told))


def _setting(option: Option) -> str:
    bare = option.default in {"true", "false"} or option.default.isdecimal()
    value = option.default if bare else json.dumps(option.default or _SAMPLES[option.name])
    sample = "" if option.default else "  # for example; there is no default"
    return f"\n# {option.help}\n# {option.name} = {value}{sample}\n"


@dataclass(frozen=True, slots=True)
class Start:
    """What was written, and what was there already and stayed."""

    folder: Path
    written: list[str]
    kept: list[str]

    @property
    def commands(self) -> list[str]:
        """What to type next."""
        there = [] if self.folder == Path() else [f"cd {quote(str(self.folder))}"]
        return [*there, *(f"{own_name(self.folder)} {command}" for command in _NEXT)]

    def text(self, paper: Paper) -> str:
        """Tell a person."""
        from reconciler.report.terminal import Page, Style, many

        page = Page(paper.coloured, paper.width)
        told = (
            f"{many(len(self.written), 'file')} written to {self.folder}/" if self.written else "all is there"
        )
        page.put_whole(told, Style.GREEN)
        for name in self.written:
            page.put_whole(name, indent=2)
        if self.kept:
            page.put_whole("there already, and left as they were", Style.YELLOW)
        for name in self.kept:
            page.put_whole(name, indent=2)
        page.put_whole("next")
        for line in self.commands:
            page.put_whole(line, Style.CYAN, indent=2)
        return str(page)

    def document(self) -> Mapping[str, Any]:
        """Tell a program."""
        from reconciler.report.wire import VERSION

        told = {"folder": str(self.folder), "written": self.written, "kept": self.kept, "next": self.commands}
        return {"apiVersion": VERSION, "kind": "Start", **told}
