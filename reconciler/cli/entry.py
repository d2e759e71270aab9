"""The way in and out: arguments to a command, its outcome or its error to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from reconciler.cli import complaint, streams
from reconciler.cli.grammar import COMPLETE, NAME, Session
from reconciler.cli.program import program
from reconciler.cli.terminal import is_said, note
from reconciler.errors import ReconcilerError, UsageError

_NOTHING_OFFERED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
"""As a shell tells of a process that Ctrl-C ended."""
PIPE_CLOSED: Final = 141
"""As a shell tells of a process that SIGPIPE ended."""
_NO_MEMORY: Final = """error: there is not enough memory
  why:   this process may have no more
  fix:   give it more (`ulimit -v`, MemoryMax, the container's limit), or ask it for less at a time
"""
"""Ready to be written: there is no memory to make it then."""


def main(arguments: Sequence[str] | None = None, commands: click.Group = program) -> int:
    """Run one command, and give the exit code; raises nothing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session(debug=is_said("RECONCILER_DEBUG"))
    streams.prepare()
    try:
        return _run(commands, given, session)
    except BrokenPipeError:
        streams.abandon(sys.stdout, sys.stderr)
        return PIPE_CLOSED
    except MemoryError:
        streams.say(_NO_MEMORY)
        return session.failed
    finally:
        streams.say("")  # what a log could not write would make the interpreter end with a code of its own


def _refuse_what_is_no_text(arguments: Sequence[str]) -> None:
    """Refuse words that are not UTF-8, unless they name a file: those may be called anything."""
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            if not os.path.lexists(word):
                raise UsageError(
                    "an argument is no text",
                    where=word.encode(errors="backslashreplace").decode(),
                    why="its bytes are not UTF-8",
                    fix="type it again; in a script, see how that is encoded",
                ) from error


def _run(commands: click.Group, arguments: list[str], session: Session) -> int:
    try:
        if instruction := os.environ.get(COMPLETE):
            return _complete(commands, instruction)
        _refuse_what_is_no_text(arguments)
        with commands.make_context(NAME, arguments, obj=session) as context:
            return int(commands.invoke(context) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        note(error.format_message())
        return WRONG_USAGE
    except click.ClickException as error:
        complaint.tell(complaint.translate(error))
        return WRONG_USAGE
    except ReconcilerError as error:
        complaint.tell(error)
        complaint.trace(error, wanted=session.debug)
        return WRONG_USAGE if isinstance(error, UsageError) else session.failed
    except (BrokenPipeError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a person is told in one line, and the details are kept
        complaint.tell_unforeseen(error, arguments, traced=session.debug)
        return session.failed


def _complete(commands: click.Group, instruction: str) -> int:
    """Give a shell the words that may stand where somebody has pressed Tab; none when anything is wrong."""
    from click.shell_completion import shell_complete

    from reconciler.cli import shells

    shells.prepare()
    try:
        return shell_complete(commands, {}, NAME, COMPLETE, instruction)
    except (Exception, SystemExit):  # noqa: BLE001 - a complaint would land in the midst of the line
        return _NOTHING_OFFERED
