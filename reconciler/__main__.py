"""The process, as `reconciler` and `python -m reconciler` start it: told to end, it ends without a word."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

_SIGNALLED = 128
"""What a shell adds to a signal's number to tell of a process that the signal ended."""
_SELDOM = 200_000
"""For how many new objects the collector of garbage waits: loading modules makes many that all stay."""


def main() -> int:
    """Run one command, and give its exit code.

    Ctrl-C ends the process also while modules are loaded and while the interpreter shuts down, when nobody
    could catch an exception. SIGTERM lets a command leave the terminal and its servers in order.
    """
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, _vanish)
    sys.unraisablehook = _heed
    gc.set_threshold(_SELDOM)
    # What else is installed has no say in what a manifest may be, and looking for it takes time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
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


def _heed(discarded: sys.UnraisableHookArgs, /) -> None:
    """End the process where nobody could catch that it was told to; complain as usual of anything else.

    In a callback of a weak reference, of which the import system has some, the signal would be lost.
    """
    match discarded.exc_value:
        case KeyboardInterrupt():
            os._exit(_SIGNALLED + signal.SIGINT)
        case SystemExit(code=int(code)):
            os._exit(code)
        case _:
            sys.__unraisablehook__(discarded)


if __name__ == "__main__":
    sys.exit(main())
