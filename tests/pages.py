"""Documentation that is tried: a page's commands are typed, in order, and what they print is compared.

Comments mark what is tried, most of them right above a fenced block:

    <!-- runs -->                    every `$ command` is typed; the lines below it are what it prints
    <!-- runs until the end -->      as above, but the one command is left running till the page ends
    <!-- saved as PATH -->           the block is written into that file
    <!-- Ctrl-C -->                  what was left running first is stopped
    <!-- runs on a screen -->        the one command runs on a terminal that is left on, and shows this
    <!-- the screen -->              what that terminal shows by now

`<!-- runs at 120 columns -->` types into a terminal of that width. `…` stands for whatever was left out. A
page says once, with `<!-- tried in: PLACE -->`, what stands there when it begins: see `PLACES`.

`python -m tests.pages [PAGE]...` tries pages and writes down anew what no longer agrees: output is captured,
never typed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.embedded.binaries import find_postgres
from tests.e2e.daemons import PATIENCE, until
from tests.e2e.screen import Screen, opened
from tests.services import run_services

ROOT: Final = Path(__file__).parents[1]

_PLACE: Final = re.compile(r"<!-- tried in: (\w+) -->")
_BLOCK: Final = re.compile(
    r"<!-- (?P<mark>runs(?: until the end| on a screen)?(?: at (?P<columns>\d+) columns)?|the screen"
    r"|saved as (?P<path>\S+)) -->\n"
    r"```\w*\n(?P<text>.*?)```|<!-- Ctrl-C -->",
    re.DOTALL,
)
_STEP: Final = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.+)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_LOOKS: Final = re.compile(
    r"(\S*/)?reconciler (config|db check|describe|diff|doctor|events|get|graph|history|plan|status|validate)"
    r"|cat |curl -s |head |ls|(psql|\S*reconciler db shell) .*\bselect\b|redis-cli ",
    re.IGNORECASE,
)
"""What changes nothing, and so is typed again until it shows what it should."""

_VARIES: Final = (
    (r"/\S*/(?=\.reconciler\b|manifests\b)", "/FOLDER/"),
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b[0-9a-f]{12}\b|\b[0-9a-f]{8}\b", "ID"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"leader \S+: (.*?) up .*? epoch \d+", r"leader HOST: \1"),
    (r"\b127\.0\.0\.1:\d+\b", "LOOPBACK"),
    (r"-> 0\d{3}\b", "-> SCHEMA"),
    (r"\bpid \d+\b", "pid"),
    (r"\bretry\b", "files"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?", "TIME"),
    (r"\b\d\d:\d\d:\d\d(?:\.\d{3})?\b", "TIME"),
    (r"\b\d+(?:\.\d+)? (?:ms|s|min|h)\b", "TIME"),
    (r"\bTIME \((?:fetch|build|load|plan|apply) [^)]*\)", "TIME"),
    (r"-{3,}", "---"),
    (r"\s+", " "),
)
"""What differs from run to run: folders, identifiers, who leads, whether a file had settled, times, and
which steps of a pass took so little time that they are not told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is tried: a folder, and what its commands find in their environment."""

    folder: Path
    environment: Mapping[str, str]


@dataclass(slots=True)
class Terminal:
    """Types commands at a place; ends what it left running."""

    place: Place
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    screen: Screen | None = None
    _screens: ExitStack = field(default_factory=ExitStack)

    def type(self, command: str, columns: int) -> str:
        """Run a command to its end, and give what it printed to both streams, as a terminal mixes them."""
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self.place.folder,
            env=self._environment(columns),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return ended.stdout.replace(str(self.place.folder), "/home/ada/study")

    def leave_running(self, command: str, columns: int) -> Callable[[], str]:
        """Start a command, and give what reads what it has printed so far."""
        log = self.place.folder.parent / f"running-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            self.running.append(
                subprocess.Popen(
                    ["bash", "-c", command],
                    cwd=self.place.folder,
                    env=self._environment(columns),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        return log.read_text

    def turn_on(self, command: str, columns: int) -> None:
        """Run a command on a terminal of its own, in place of the one before."""
        self._screens.close()
        environment = {name: text for name, text in self._environment(0).items() if name != "COLUMNS"}
        bash = ("/bin/bash", "-c", f"exec {command}")
        self.screen = self._screens.enter_context(opened(self.place.folder, bash, columns, environment))

    def look(self) -> str:
        """Give what the terminal shows that was turned on."""
        assert self.screen, "no screen was turned on"
        return self.screen.look().replace(str(self.place.folder), "/home/ada/study")

    def stop(self) -> None:
        """Press Ctrl-C wherever something runs, and turn the screen off."""
        self._screens.close()
        while self.running:
            self.interrupt()

    def interrupt(self) -> None:
        """Press Ctrl-C where something has been running for longest, and wait for its end."""
        process = self.running.pop(0)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)

    def _environment(self, columns: int) -> dict[str, str]:
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place.folder.parent),
            "USER": "ada",
            "LC_ALL": "C.UTF-8",
        }
        return {**base, "COLUMNS": str(columns), **self.place.environment}


# --- places -----------------------------------------------------------------------------------------------


@contextmanager
def _checkout(folder: Path) -> Iterator[Place]:
    """A fresh clone in which `make` has built the environment already, and nothing runs."""
    for name in ("manifests", "requirements"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    environment = folder / ".venv"
    environment.mkdir()
    for part in ("bin", "lib"):
        (environment / part).symlink_to(Path(sys.prefix) / part)
    (environment / ".run-stamp").touch()
    yield Place(folder, {"RECONCILER_HTTP": "127.0.0.1:0"})


@contextmanager
def _installation(folder: Path) -> Iterator[Place]:
    """An empty folder, `reconciler` on the PATH, a PostgreSQL and a Redis, and nothing in them."""
    servers = folder.parent / "servers"
    servers.mkdir()
    with run_services(servers, None) as services, services.database(template="template0") as url:
        path = f"{Path(sys.prefix) / 'bin'}:{find_postgres()}:{os.environ['PATH']}"
        redis_url = services.empty_redis()
        addresses = {"DATABASE_URL": url, "REDIS_URL": redis_url}
        yield Place(folder, {"PATH": path, "RECONCILER_HTTP": "127.0.0.1:0", **addresses})


PLACES: Final = {"checkout": _checkout, "installation": _installation}


@contextmanager
def terminal(page: str) -> Iterator[Terminal]:
    """Give a terminal at the place that the page asks for; nothing of it is left afterwards."""
    found = _PLACE.search(page)
    assert found, "the page does not say where it is tried"
    with ExitStack() as parts:
        above = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="page-")))
        folder = above / "study"
        folder.mkdir()
        made = Terminal(parts.enter_context(PLACES[found[1]](folder)))
        parts.callback(made.stop)
        yield made


# --- trying -----------------------------------------------------------------------------------------------

Show = Callable[[Terminal, str, str, int], str]
"""Type a command, given what the page shows below it, and give what it shall show."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a page is gone through: what is done with commands that end, that are left, and on a screen.

    Without a command, `on_screen` looks at the screen that there is.
    """

    ended: Show
    left: Show
    on_screen: Show

    def of(self, mark: str) -> Show:
        """Choose by the mark of a block."""
        return self.left if "until the end" in mark else self.on_screen if "screen" in mark else self.ended


def walk(page: str, at: Terminal, manner: Manner) -> str:
    """Go through a page, and give it with what every command showed."""

    def block(found: re.Match[str]) -> str:
        if found["mark"] is None:
            at.interrupt()
            return found[0]
        if path := found["path"]:
            target = at.place.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(found["text"])
            return found[0]
        shows = manner.of(found["mark"])
        columns = int(found["columns"] or 100)

        def step(one: re.Match[str]) -> str:
            return f"$ {one['command']}\n{shows(at, one['command'], one['shown'], columns)}"

        if found["mark"] == "the screen":
            text = shows(at, "", found["text"], columns)
        else:
            text = _STEP.sub(step, found["text"])
        return f"{page[found.start() : found.start('text')]}{text}{page[found.end('text') : found.end()]}"

    return _BLOCK.sub(block, page)


def agrees(said: str, shown: str) -> bool:
    """Whether both are the same but for what varies; `…` stands for whatever was left out."""
    parts = (re.escape(_steady(part)) for part in shown.split("…"))
    return re.fullmatch(r".*".join(parts), _steady(said)) is not None


def _steady(text: str) -> str:
    text = " ".join(text.split())
    for varies, steady in _VARIES:
        text = re.sub(varies, steady, text)
    return text.strip()


def check(at: Terminal, command: str, shown: str, columns: int) -> str:
    """Type a command, one that only looks until it shows what the page says; fails if it never does."""
    said = ""

    def as_written() -> bool:
        nonlocal said
        said = at.type(command, columns)
        return agrees(said, shown)

    return _until_shown(as_written, command, shown, lambda: said, PATIENCE if _LOOKS.match(command) else 0.0)


def check_running(at: Terminal, command: str, shown: str, columns: int) -> str:
    """Start a command, and wait until it has printed what the page says."""
    said = at.leave_running(command, columns)
    return _until_shown(lambda: agrees(said(), shown), command, shown, said, PATIENCE)


def check_screen(at: Terminal, command: str, shown: str, columns: int) -> str:
    """Turn a screen on, if there is a command, and look at it until it shows what the page says."""
    if command:
        at.turn_on(command, columns)
    return _until_shown(lambda: agrees(at.look(), shown), command or "the screen", shown, at.look, PATIENCE)


CHECKING: Final = Manner(check, check_running, check_screen)


def _until_shown(
    as_written: Callable[[], bool], command: str, shown: str, said: Callable[[], str], within: float
) -> str:
    try:
        until(as_written, within)
    except AssertionError as error:
        raise AssertionError(f"`{command}` shows\n{said()}\ninstead of\n{shown}") from error
    return shown


# --- recording --------------------------------------------------------------------------------------------


def _record(at: Terminal, command: str, shown: str, columns: int) -> str:
    said = at.type(command, columns)
    if _LOOKS.match(command):
        said = _calm(lambda: at.type(command, columns))
    return shown if agrees(said, shown) else _as_block(said)


def _record_running(at: Terminal, command: str, shown: str, columns: int) -> str:
    said = _calm(at.leave_running(command, columns), at_least=3.0)
    return shown if agrees(said, shown) else _as_block(said)


def _record_screen(at: Terminal, command: str, shown: str, columns: int) -> str:
    if command:
        at.turn_on(command, columns)
    said = _calm(at.look, at_least=3.0)
    return shown if agrees(said, shown) else _as_block(said)


def _calm(look: Callable[[], str], at_least: float = 1.0) -> str:
    """Look until the same was seen for a while: what was asked for just before may be under way."""
    seen, since = look(), time.monotonic()
    while time.monotonic() - since < at_least:
        time.sleep(0.2)
        if _steady(now := look()) != _steady(seen):
            since = time.monotonic()
        seen = now
    return seen


def _as_block(said: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in said.splitlines())


def record(path: Path) -> bool:
    """Try a page, and write down what it showed; tells whether that differs from before."""
    page = path.read_text()
    with terminal(page) as at:
        renewed = walk(page, at, Manner(_record, _record_running, _record_screen))
    path.write_text(renewed)
    return renewed != page


def tried() -> list[Path]:
    """Give every page on which something runs."""
    every = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in every if _PLACE.search(path.read_text())]


if __name__ == "__main__":
    for each in [Path(name) for name in sys.argv[1:]] or tried():
        sys.stdout.write(f"{each}: {'written anew' if record(each) else 'as it was'}\n")
