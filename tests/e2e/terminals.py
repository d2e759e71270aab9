"""A terminal with somebody before it: a command runs in it, keys are pressed, the screen is read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from tests.e2e.daemons import PATIENCE, Workplace


class Terminal:
    """A pseudo-terminal of so many columns and lines, and the command that runs in it."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._near, self.far = pty.openpty()
        self.process: subprocess.Popen[bytes] | None = None
        self.text = ""
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """Make it of another size; the command is told by a signal."""
        columns, lines = size
        fcntl.ioctl(self._near, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def run(self, place: Workplace, *arguments: str) -> None:
        """Begin a command of ours, whose terminal this is."""
        self.process = place.take_over(self.far, *arguments)

    def echoes(self) -> bool:
        """Whether keys show when they are pressed, as they do before a shell."""
        return bool(termios.tcgetattr(self.far)[3] & termios.ECHO)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._near, keys.encode())

    def wait_for(self, pattern: str) -> str:
        """Read until this pattern has been written, and give what was written up to there; that is read."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.text)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._near], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} was not written; last: {self.text[-2000:]!r}")
            self.text += os.read(self._near, 65536).decode(errors="replace")
        said, self.text = self.text[: found.end()], self.text[found.end() :]
        return said

    def ended(self) -> int:
        """Read to the end, and give the exit code."""
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self._near], [], [], 0.05)[0]:
                self.text += os.read(self._near, 65536).decode(errors="replace")
        return self.process.wait(1)

    def close(self) -> None:
        """Switch it off."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._near)
        os.close(self.far)
