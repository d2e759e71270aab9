"""The three streams of the process as they may really be: closed, full, hung up, or of a poor encoding."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from reconciler.errors import ReconcilerError

_STDERR: Final = 2


def prepare() -> None:
    """Make stdout and stderr such that text can be written to them.

    One that the caller closed leads nowhere, and takes up its number before some connection does. Characters
    that a stream can't encode are written as escapes.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _open_nowhere(number))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _open_nowhere(number: int) -> TextIO:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    return os.fdopen(number, "w" if number else "r", encoding="utf-8")


def write(text: str) -> None:
    """Write text to stdout, whole.

    Raises:
        BrokenPipeError: nobody reads any more.
        ReconcilerError: it can't be written, on a full disk for one.

    """
    with _told_as_ours():
        sys.stdout.write(text)
        sys.stdout.flush()


def finish() -> None:
    """See to it that what others wrote to stdout has arrived; raises as `write` does."""
    with _told_as_ours():
        sys.stdout.flush()


@contextmanager
def _told_as_ours() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon(sys.stdout)
        raise ReconcilerError(
            "the output can't be written",
            why=error.strerror or str(error),
            fix="make room, or let the output go elsewhere",
        ) from error


def say(text: str, stream: TextIO | None = None) -> None:
    """Write text, to stderr if nothing else is said. When that fails, nobody is left who could be told."""
    stream = sys.stderr if stream is None else stream
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        abandon(stream)


def abandon(*streams: TextIO) -> None:
    """Lead streams nowhere, so that the interpreter's own flush at its end has nothing to complain about."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream.fileno())
    if nowhere > _STDERR:
        os.close(nowhere)
