"""Why a file or folder was not read, each reason with a stable code and the cure."""

from __future__ import annotations

import errno
import hashlib
import os
import stat

from reconciler.desired import Diagnostic, Location, ParsedFile
from reconciler.sources.names import shown


def refuse_file(path: str, code: str, summary: str, hint: str) -> ParsedFile:
    """Make of a file that was not read what the reader makes of one that it did not understand."""
    text = f"{code}\0{summary}\0{hint}".encode()
    diagnostic = Diagnostic(code, Location(path), summary, hint)
    return ParsedFile(path, hashlib.sha256(text).digest(), diagnostics=(diagnostic,), understood=False)


def too_large(path: str, most: int) -> ParsedFile:
    """Refuse a file for its size, before or while it is read."""
    return refuse_file(
        path, "RC502", f"The file is larger than {most:,} bytes", "split it into several files"
    )


def not_regular(path: str, mode: int) -> ParsedFile:
    """Refuse what bears the name of a file with manifests and is something else."""
    kind = next((name for name, fits in _KINDS if fits(mode)), "not a regular file")
    return refuse_file(path, "RC503", f"This is {kind}, not a file", "remove it or give it another name")


def bad_name(path: str) -> ParsedFile:
    """Refuse a file or folder that could not be named to anybody."""
    summary = "The name is not UTF-8, or has a backslash or a character that does not show as one"
    return refuse_file(shown(path), "RC505", summary, "rename it")


def link_outside(path: str) -> ParsedFile:
    """Refuse a link that leads out of the root."""
    return unreadable(path, OSError(errno.EXDEV, os.strerror(errno.EXDEV)))


def link_loop(path: str) -> ParsedFile:
    """Refuse a link to a folder that it stands in."""
    return refuse_file(path, "RC507", "This link leads back to a folder that it stands in", "remove it")


def broken_rules(path: str, why: str) -> ParsedFile:
    """Refuse a `.reconcilerignore`."""
    return refuse_file(path, "RC508", f"These rules can't be understood: {why}", "use gitignore syntax")


def unreadable(path: str, error: OSError) -> ParsedFile:
    """Refuse what the system refuses: it is unknown, not absent."""
    if error.errno in _LINKS:
        return refuse_file(path, *_LINKS[error.errno])
    reason = os.strerror(error.errno or errno.EIO)
    denied = error.errno in (errno.EACCES, errno.EPERM)
    hint = "give the reconciler the right to read it" if denied else "what was known of it stands meanwhile"
    if path.endswith("/"):
        return refuse_file(path, "RC506", f"The folder can't be listed: {reason}", hint)
    return refuse_file(path, "RC501", f"The file can't be read: {reason}", hint)


_KINDS = (
    ("a named pipe", stat.S_ISFIFO),
    ("a socket", stat.S_ISSOCK),
    ("a device", stat.S_ISCHR),
    ("a device", stat.S_ISBLK),
    ("a folder", stat.S_ISDIR),
)
_DANGLING = ("RC507", "This link leads to nothing", "mend it, remove it, or name it in .reconcilerignore")
_LINKS = {
    errno.EXDEV: (
        "RC504",
        "This link leads out of the folder of the manifests",
        "put the file itself there, or name the link in .reconcilerignore",
    ),
    errno.ELOOP: ("RC507", "This link leads back to itself", "remove it"),
    errno.ENOENT: _DANGLING,
    errno.ENOTDIR: _DANGLING,
}
