"""What the streams are: whether they take colour, how wide they are, and a progress bar for long work."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING, Final, TextIO

from reconciler.cli.streams import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn, TaskID

    from reconciler.ports import Progress

_ELSEWHERE: Final = (120, 24)
"""How wide text is made that goes into a file or a pipe."""
_PATIENCE: Final = 0.4
"""Seconds that work may take before a bar shows it."""


def is_said(variable: str) -> bool:
    """Whether the environment says yes; whatever is not a no is one."""
    return os.environ.get(variable, "").lower() not in {"", "0", "false", "no", "off"}


def is_coloured(stream: TextIO) -> bool:
    """Whether text for this stream is coloured: NO_COLOR says no, FORCE_COLOR yes, else a terminal is."""
    if os.environ.get("NO_COLOR"):
        return False
    if is_said("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Give how many columns stdout has, or how wide text is made that goes into a file or a pipe."""
    return shutil.get_terminal_size(_ELSEWHERE).columns


def is_piped() -> bool:
    """Whether lines may be as long as they like: stdout is no terminal, and COLUMNS says of no width."""
    return shutil.get_terminal_size((0, 0)).columns == 0


def room_on_stderr() -> int:
    """Give how many columns stderr has; 0 when it is no terminal, and lines may be as long as they like."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    except OSError:
        return 0


def note(text: str) -> None:
    """Tell a person something that is no data, in lines that a terminal has room for."""
    say("".join(f"{line}\n" for line in broken(text, room_on_stderr())))


def broken(text: str, room: int) -> list[str]:
    """Break a text between words, and no command that it quotes; where there is no room, leave it whole."""
    if room <= 0 or len(text) * 2 <= room:
        return [text]
    from reconciler.report import cells

    return [line for part in text.split("\n") for line in cells.broken(part, room)]


def note_left_out(titles: Sequence[str]) -> None:
    """Tell a person for what a table had no room."""
    if titles:
        note(f"no room for {', '.join(titles)}: -o wide shows everything")


def note_put_off(why: str) -> None:
    """Tell a person who waits for a pass that it failed, and is tried again."""
    from reconciler.report.terminal import harmless

    note(f"the pass failed, and is tried again: {harmless(why)}")


def _shows_movement() -> bool:
    """Whether stderr is a screen on which lines can be drawn anew."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal what is waited for, and how long already, while it is not known how far it is."""
    if not _shows_movement():
        yield
        return
    wait = _Wait(what)
    try:
        yield
    finally:
        wait.end()


@contextmanager
def progress() -> Iterator[Progress | None]:
    """Lend somebody to be told of long work: a bar on stderr if that is a terminal, else nobody."""
    if not _shows_movement():
        yield None
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """Shows the stages of work one beneath the other, once it has taken long enough to be wondered about."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._bars: Bars | None = None
        self._stages: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bars is None:
            if time.monotonic() - self._began < _PATIENCE:
                return
            self._bars = _open_bars()
        if stage not in self._stages:
            self._stages[stage] = self._bars.add_task(stage, total=total or None)
        self._bars.update(self._stages[stage], completed=done, total=total or None)

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()


class _Wait:
    """Turns a wheel, once it has taken long enough to be wondered about."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = Lock()
        self._bars: Bars | None = None
        self._timer = Timer(_PATIENCE, self._show)
        self._timer.daemon = True
        self._timer.start()

    def _show(self) -> None:
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with self._lock:
            if not self._timer.finished.is_set():
                self._bars = _begun(columns)
                self._bars.add_task(self._what, total=None)

    def end(self) -> None:
        """Stop, and leave the line empty."""
        with self._lock:
            self._timer.cancel()
            if self._bars is not None:
                self._bars.stop()


def _open_bars() -> Bars:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    return _begun((TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()))


def _begun(columns: Iterable[ProgressColumn]) -> Bars:
    from rich.console import Console
    from rich.progress import Progress

    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    bars.start()
    return bars
