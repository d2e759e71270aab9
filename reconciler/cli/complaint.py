"""Errors as a person reads them: what, where, why, and the cure, always in one shape, on stderr."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence

import click

from reconciler.cli.streams import say
from reconciler.cli.terminal import broken, is_coloured, room_on_stderr
from reconciler.errors import (
    ReconcilerError,
    StatusUnavailable,
    StoreRefused,
    StoreUnavailable,
    UsageError,
)

_RED = "1;31"
_DIM = "2"
_INDENT = len("  where: ")
_HANG = "  "
_OF_A_SERVER = (StoreUnavailable, StoreRefused, StatusUnavailable)
_CURE = "`reconciler doctor` looks for the cause"
_SHORTAGES = {
    errno.EMFILE: ("too many files are open", "let this process open more: ulimit -n 1024"),
    errno.ENFILE: ("too many files are open", "let the machine open more: sysctl -w fs.file-max=1048576"),
    errno.ENOMEM: ("there is not enough memory", "give this process more, or ask it for less at a time"),
    errno.ENOSPC: ("there is no room left", "make room on the disk, or in TMPDIR"),
    errno.EDQUOT: ("there is no room left", "make room on the disk, or in TMPDIR"),
    errno.EIO: ("a disk gives errors", "see what the kernel's log says of it"),
}


def tell(error: ReconcilerError) -> None:
    """Write an error to stderr, in lines that a terminal has room for."""
    coloured = is_coloured(sys.stderr)
    say("".join(f"{line}\n" for line in lines(error, room_on_stderr(), coloured=coloured)))


def lines(error: ReconcilerError, width: int = 0, *, coloured: bool = False) -> Iterator[str]:
    """Lay out an error for a terminal of so many columns; 0 when it is none, and nothing is broken."""

    def painted(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if coloured else text

    fix = error.fix or _CURE if isinstance(error, _OF_A_SERVER) else error.fix
    first, *rest = _told(error.what, width - len("error: "))
    yield f"{painted('error:', _RED)} {first}"
    yield from rest
    for label, text in (("where: ", error.where), ("why:   ", error.why), ("fix:   ", fix)):
        if text:
            first, *rest = _told(text, width - _INDENT, copied=label.startswith("fix"))
            yield f"  {painted(label, _DIM)}{first}"
            yield from (f"{' ' * _INDENT}{line}" for line in rest)


def _told(text: str, room: int, *, copied: bool = False) -> list[str]:
    """Give the lines of a text, made harmless: it may quote what came from outside.

    A text of several lines keeps them as they are when it is there to be copied, as SQL is.
    """
    if text.isascii() and text.isprintable():
        return broken(text, room)
    from reconciler.report.terminal import harmless

    given = [harmless(line) for line in text.splitlines()] or [""]
    if len(given) == 1:
        return broken(given[0], room)
    return given if copied else [line for one in given for line in _hanging(one, room)]


def _hanging(line: str, room: int) -> list[str]:
    """Break one of several lines so that what goes on stands a little further in than where it began."""
    text = line.lstrip(" ")
    begin = " " * (len(line) - len(text))
    first, *rest = broken(text, room - len(begin) - len(_HANG))
    return [f"{begin}{first}", *(f"{begin}{_HANG}{more}" for more in rest)]


def translate(error: click.ClickException) -> UsageError:
    """Give our error for one of click's."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "reconciler"
    likely = getattr(error, "possibilities", None) or _meant(error)
    fix = f"did you mean {' or '.join(likely)}? " if likely else ""
    fix = f"{fix}`{command} --help` tells more"
    if isinstance(error, click.BadParameter) and (choices := _choices(error)) and (word := _refused(error)):
        where = f"{command} {_named(error, context)}" if isinstance(error.param, click.Option) else command
        return UsageError(f"{word} is not one of {', '.join(choices)}", where=where, fix=fix)
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return UsageError(f"{_named(error, context)} can't be read", why=_plain(error.message), fix=fix)
    what = error.format_message() if not hasattr(error, "possibilities") else error.message
    return UsageError(_plain(what), fix=fix)


def _named(error: click.BadParameter, context: click.Context | None) -> str:
    """Name a parameter as help does."""
    match error.param:
        case click.Option() as option:
            return " / ".join(option.opts)
        case click.Argument() as argument:
            name = argument.make_metavar(context or click.Context(click.Command(None)))
            return name.removesuffix("...").strip("[]")
        case _:
            return "a word"


def _meant(error: click.ClickException) -> list[str]:
    """Name the choices that are like the word which is none of them."""
    if not (choices := _choices(error)):
        return []
    from difflib import get_close_matches

    return get_close_matches(_refused(error)[1:-1], choices)


def _choices(error: click.ClickException) -> list[str]:
    """Name what may stand where a word is that was refused; nothing when that is no choice."""
    if not isinstance(error, click.BadParameter) or isinstance(error, click.MissingParameter):
        return []
    kind = getattr(error.param, "type", None)
    return [str(choice) for choice in kind.choices] if isinstance(kind, click.Choice) else []


def _refused(error: click.ClickException) -> str:
    """Give the word that was refused, in click's quotes."""
    word, found, _ = error.message.partition(" is not one of ")
    return word if found else ""


def _plain(message: str) -> str:
    """Begin in lower case, keep to one line and end without a stop, as every `what` does."""
    message = re.sub(r"\s*\n\s*", " ", message.strip()).removesuffix(".")
    return message[:1].lower() + message[1:]


def trace(error: BaseException, *, wanted: bool) -> None:
    """Show where in the code an error comes from, if that is wanted."""
    if wanted:
        say(_traceback(error))


def tell_unforeseen(error: Exception, arguments: Sequence[str], *, traced: bool) -> None:
    """Tell of an error that nobody foresaw: of what the machine has no more of, or else that it is a bug."""
    if isinstance(error, OSError) and error.errno in _SHORTAGES:
        what, fix = _SHORTAGES[error.errno]
        where = str(error.filename or "")
        tell(ReconcilerError(what, where=where, why=os.strerror(error.errno), fix=fix))
    else:
        _tell_of_bug(error, arguments)
    trace(error, wanted=traced)


def _tell_of_bug(error: Exception, arguments: Sequence[str]) -> None:
    """Write one line, and keep the details in a file."""
    details = f"arguments: {_masked(' '.join(arguments))}\n{_versions()}\n\n{_traceback(error)}"
    tell(
        ReconcilerError(
            "this is a mistake in reconciler",
            why=_masked(f"{type(error).__name__}: {error}"),
            fix=f"report it, please, with {_keep(details)}",
        )
    )


def _traceback(error: BaseException) -> str:
    import traceback

    return _masked("".join(traceback.format_exception(error)))


def _versions() -> str:
    from reconciler import __version__

    return f"reconciler {__version__}, Python {sys.version.split()[0]}"


def _masked(text: str) -> str:
    from reconciler.telemetry import mask

    return mask(text)


def _keep(details: str) -> str:
    """Write details into a new file, beside the embedded instance if there is one; say where they are."""
    import tempfile
    from pathlib import Path

    for folder in (Path(".reconciler"), Path(tempfile.gettempdir())):
        try:
            if folder.is_dir():
                descriptor, name = tempfile.mkstemp(".txt", "mistake-", folder)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(details.encode(errors="backslashreplace"))
                return f"the details in {name}"
        except OSError:
            continue
    return "what --debug shows"
