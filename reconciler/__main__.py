"""The process, as `reconciler` and `python -m reconciler` start it: told to end, it ends without a word."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

_SIGNALLED = 128
"""What a shell adds to a signal's number to tell of a process that the signal ended."""


def main() -> int:
    """Run one command, and give its exit code.

    Ctrl-C ends the process also while modules are loaded and while the interpreter shuts down, when nobody
    could catch an exception. SIGTERM lets a command leave the terminal and its servers in order.
    """
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, _vanish)
    from reconciler.cli import main as run  # noqa: PLC0415 - it takes most of the time of a short command

    signal.signal(signal.SIGTERM, _unwind)
    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return run()
    finally:
        if interruptible:
            signal.signal(signal.SIGINT, _vanish)


def _vanish(number: int, _frame: object) -> NoReturn:
    os._exit(_SIGNALLED + number)


def _unwind(number: int, _frame: object) -> NoReturn:
    sys.exit(_SIGNALLED + number)


if __name__ == "__main__":
    sys.exit(main())
