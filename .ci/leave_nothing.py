#!/usr/bin/env python3
"""Runs a command and fails if anything that it started outlives it.

    leave_nothing.py GRACE COMMAND [ARGUMENT ...]

What the command's children leave behind becomes ours (prctl(2), PR_SET_CHILD_SUBREAPER), daemons included. It
has GRACE seconds to end by itself; what is still there then is named, ended, and a failure.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def main(grace: float, command: list[str]) -> int:
    """Return the command's exit code, or 1 where it succeeded and left something behind."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: child.send_signal(number))
    code = _reap_until(child.pid)
    left = _left_behind(grace)
    for pid in left:
        print(f"left behind: {pid} {_command_line(pid)}", file=sys.stderr)
    _end(left)
    return code or int(bool(left))


def _reap_until(wanted: int) -> int:
    pid, status = 0, 0
    while pid != wanted:
        pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _left_behind(grace: float) -> list[int]:
    """Return who is still there when the time of grace is over; usually nobody, and at once."""
    deadline = time.monotonic() + grace
    while children := _children():
        if time.monotonic() > deadline:
            return children
        time.sleep(0.05)
    return []


def _end(pids: list[int]) -> None:
    """Kill them, and what they in turn leave to us, until nobody is left."""
    while pids:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        pids = _children()


def _children() -> list[int]:
    """Return our children that live; those that have ended are reaped on the way."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return []
    return [
        int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == os.getpid()
    ]


def _parent(stat: Path) -> int | None:
    """Return the parent that proc(5) gives: the second field after the name in parentheses."""
    try:
        return int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except FileNotFoundError:
        return "(ended meanwhile)"


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
