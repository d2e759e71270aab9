"""The command line, one file per command.

Law: a command parses, calls, renders, and chooses its exit code; nothing is decided here. What it shows
goes to stdout, everything else to stderr. Heavy libraries are imported by the command that needs them, when
it runs.
"""

from reconciler.cli.entry import main

__all__ = ["main"]
