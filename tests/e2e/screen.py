"""A terminal in which commands run: what they draw there, and keys pressed in front of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.daemons import PATIENCE

CTRL_C = b"\x03"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"\x1b\[\?2026h\x1b\[H(.*?)\x1b\[\?2026l", re.DOTALL)
"""What is drawn at once, from the top left of a screen that is drawn anew."""
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
"""What hides the cursor, and brings it back."""


class Screen:
    """A command on a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        self._terminal = terminal
        self._drawn = b""
        self._seen = 0

    @property
    def drawn(self) -> str:
        """Everything that was drawn so far."""
        return self._drawn.decode(errors="replace")

    @property
    def shown(self) -> str:
        """What a person sees, without colour: the last whole frame, or else all that was printed."""
        frames = _FRAME.findall(self.drawn)
        return _ESCAPE.sub("", frames[-1] if frames else self.drawn).replace("\r", "")

    def look(self) -> str:
        """Watch until nothing is drawn for a moment, and give what is shown."""
        before = None
        while before != self._drawn:
            before = self._drawn
            self._watch()
        return self.shown

    def until(self, text: str) -> None:
        """Watch until a text is drawn."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.drawn:
            assert time.monotonic() < deadline, f"{text!r} was not drawn: {self.drawn!r}"
            assert self._watch(), f"it ended without {text!r}: {self.drawn!r}"

    def then(self, text: str) -> None:
        """Watch until a text is drawn after what was watched for before."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.drawn.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"{text!r} was not drawn: {self.drawn[self._seen :]!r}"
            assert self._watch(), f"it ended without {text!r}: {self.drawn[self._seen :]!r}"
        self._seen = found + len(text)

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal of another size; the command is told."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def echoes(self) -> bool:
        """Whether keys show when they are pressed, as they do before a shell."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

    def hang_up(self) -> None:
        """Close the terminal, as the button of its window does."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, self._terminal)
        os.close(nowhere)

    def end(self) -> int:
        """Watch until the command ends; give its exit code."""
        while self._watch():
            pass
        return self.process.wait(PATIENCE)

    def _watch(self) -> bool:
        """Look a moment; False when nobody draws any more."""
        ended = self.process.poll() is not None
        if not select.select([self._terminal], [], [], 0.1)[0]:
            return not ended
        try:
            drawn = os.read(self._terminal, 65536)
        except OSError:  # EIO: the last process has closed it
            return False
        self._drawn += drawn
        return bool(drawn)


@contextmanager
def screen(
    folder: Path, *arguments: str, columns: int = 80, environment: Mapping[str, str] | None = None
) -> Iterator[Screen]:
    """Run our command on a terminal of so many columns, with this environment besides the usual one."""
    usual = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = (sys.executable, "-m", "reconciler", *arguments)
    with opened(folder, command, columns, {**usual, **(environment or {})}) as shown:
        yield shown


@contextmanager
def opened(
    folder: Path, command: Sequence[str], columns: int, environment: Mapping[str, str]
) -> Iterator[Screen]:
    """Run any command on a terminal of so many columns and 24 lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # `setsid --ctty` by way of Python: the terminal's keys reach who it controls.
    setting_up = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", setting_up, *command],
        cwd=folder,
        env={"TERM": "xterm-256color", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield Screen(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)
