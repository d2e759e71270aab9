"""A screen that is redrawn in place until `q` or Ctrl-C, as large as the terminal is just now."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from reconciler.cli.streams import write

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""The alternate screen, without a cursor; a line that is too long is cut, not wrapped."""
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_BEGIN: Final = "\x1b[?2026h\x1b[H"
"""Show nothing until the whole is written, where the terminal knows how; from the top left."""
_END: Final = "\x1b[?2026l"
_EMPTY_LINE: Final = "\x1b[K"
"""Comes before what a line shows: after a line as wide as the terminal it would take its last letter."""
_EMPTY_REST: Final = "\x1b[J"

_SIGNALLED: Final = 128
"""What a shell adds to the number of the signal that ended a process."""

_QUIT: Final = ("q", "Q", "\x1b")
_STEPS: Final = {"j": 1, "\x1b[B": 1, "k": -1, "\x1b[A": -1}
"""By how many lines a key scrolls: letters and arrows."""
_LEAPS: Final = {" ": 1, "\x1b[6~": 1, "b": -1, "\x1b[5~": -1}
"""By how many screens."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many columns and lines a terminal has."""

    columns: int
    lines: int


Draw = Callable[[Size], Sequence[str]]
"""Gives the lines to be shown, harmless; those that the terminal has no room for can be scrolled to."""


def keep_drawing(draw: Draw, bell: Bell) -> None:
    """Draw again when the bell rings, when the terminal changes its size, and every second; until `q`."""
    top = 0
    with _own_screen(), bell.rung_by(signal.SIGWINCH), _ended_by(signal.SIGTERM), _ended_by(signal.SIGHUP):
        while True:
            size = Size(*shutil.get_terminal_size())
            lines = draw(size)
            room = size.lines - 1
            top = max(0, min(top, len(lines) - room))
            write(_frame(lines[top : top + room], _footer(len(lines), top, room)))
            for key in _keys(bell):
                if key in _QUIT:
                    return
                top += _STEPS.get(key, 0) + _LEAPS.get(key, 0) * room


class Bell:
    """Rings from any thread, and is heard by the one that waits."""

    def __init__(self) -> None:
        self.hears, self._rings = os.pipe()
        os.set_blocking(self._rings, False)
        os.set_blocking(self.hears, False)

    def ring(self) -> None:
        """Wake whoever waits; a bell that rings already rings on."""
        try:
            os.write(self._rings, b"!")
        except BlockingIOError:
            return

    def hush(self) -> None:
        """Stop ringing."""
        try:
            os.read(self.hears, 4096)
        except BlockingIOError:
            return

    @contextmanager
    def rung_by(self, number: signal.Signals) -> Iterator[None]:
        """Ring whenever this signal comes."""
        before = signal.signal(number, lambda _number, _frame: self.ring())
        try:
            yield
        finally:
            signal.signal(number, before)


@contextmanager
def _ended_by(number: signal.Signals) -> Iterator[None]:
    """End as a signal wants it, but not before the terminal is as it was."""

    def leave(_number: int, _frame: object) -> None:
        sys.exit(_SIGNALLED + number)

    before = signal.signal(number, leave)
    try:
        yield
    finally:
        signal.signal(number, before)


def _keys(bell: Bell) -> Sequence[str]:
    """Give the keys that were pressed, none when none was within a second or something else happened.

    Whoever types faster than we draw has several read at once; a key that is a sequence comes by itself.
    """
    ready, _, _ = select.select([sys.stdin, bell.hears], [], [], 1.0)
    bell.hush()
    if sys.stdin not in ready:
        return ()
    typed = os.read(sys.stdin.fileno(), 64).decode(errors="replace") or "q"
    return (typed,) if typed.startswith("\x1b") else tuple(typed)


@contextmanager
def _own_screen() -> Iterator[None]:
    """Take the terminal over, and leave it as it was whatever happens."""
    keyboard = sys.stdin.fileno()
    with ExitStack() as after:
        before: list[Any] = termios.tcgetattr(keyboard)
        after.callback(termios.tcsetattr, keyboard, termios.TCSADRAIN, before)
        tty.setcbreak(keyboard)
        after.callback(write, _LEAVE)
        write(_ENTER)
        yield


def _frame(lines: Sequence[str], footer: str) -> str:
    body = "".join(f"{_EMPTY_LINE}{line}\n" for line in lines)
    return f"{_BEGIN}{body}{_EMPTY_REST}{footer}{_END}"


def _footer(number: int, top: int, room: int) -> str:
    below = max(number - top - room, 0)
    more = f"  {below:,} more lines below: j k" if below else "  above: k" if top else ""
    return f"\x1b[2mq quits{more}\x1b[0m"
