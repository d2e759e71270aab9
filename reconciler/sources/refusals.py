"""Why a file or folder was not read, and the cure."""

from __future__ import annotations

import errno
import os
import stat

from reconciler.desired import Code, ParsedFile, refuse_file
from reconciler.sources.names import shown


def too_large(path: str, most: int) -> ParsedFile:
    """Refuse a file for its size, before or while it is read."""
    summary = f"the file is larger than {most:,} bytes"
    return refuse_file(path, Code.FILE_TOO_LARGE, summary, "split it into several")


def not_regular(path: str, mode: int) -> ParsedFile:
    """Refuse what bears the name of a file with manifests and is something else."""
    kind = next((name for name, fits in _KINDS if fits(mode)), "not a regular file")
    return refuse_file(path, Code.NOT_A_FILE, f"this is {kind}, not a file", "remove it or rename it")


def bad_name(path: str) -> ParsedFile:
    """Refuse a file or folder that could not be named to anybody."""
    summary = "the name is not UTF-8, or has a backslash or a character that does not show as one"
    return refuse_file(shown(path), Code.PATH_NOT_TEXT, summary, "rename it")


def link_outside(path: str) -> ParsedFile:
    """Refuse a link that leads out of the root."""
    return unreadable(path, OSError(errno.EXDEV, os.strerror(errno.EXDEV)))


def link_loop(path: str) -> ParsedFile:
    """Refuse a link to a folder that it stands in."""
    return refuse_file(
        path, Code.LINK_BROKEN, "this link leads back to a folder that it stands in", "remove it"
    )


def broken_rules(path: str, why: str) -> ParsedFile:
    """Refuse a `.reconcilerignore`."""
    summary = f"these rules can't be understood: {why}"
    return refuse_file(path, Code.IGNORE_RULES, summary, "use gitignore syntax")


def unreadable(path: str, error: OSError) -> ParsedFile:
    """Refuse what the system refuses: it is unknown, not absent."""
    if error.errno in _LINKS:
        return refuse_file(path, *_LINKS[error.errno])
    reason = os.strerror(error.errno or errno.EIO)
    denied = error.errno in (errno.EACCES, errno.EPERM)
    hint = "give the reconciler the right to read it" if denied else "what was known of it stands meanwhile"
    if path.endswith("/"):
        return refuse_file(path, Code.FOLDER_UNREADABLE, f"the folder can't be listed: {reason}", hint)
    return refuse_file(path, Code.UNREADABLE, f"the file can't be read: {reason}", hint)


_KINDS = (
    ("a named pipe", stat.S_ISFIFO),
    ("a socket", stat.S_ISSOCK),
    ("a device", stat.S_ISCHR),
    ("a device", stat.S_ISBLK),
    ("a folder", stat.S_ISDIR),
)
_DANGLING = (
    Code.LINK_BROKEN,
    "this link leads to nothing",
    "mend it, remove it, or name it in .reconcilerignore",
)
_LINKS = {
    errno.EXDEV: (
        Code.LINK_OUTSIDE,
        "this link leads out of the folder of the manifests",
        "put the file itself there, or name the link in .reconcilerignore",
    ),
    errno.ELOOP: (Code.LINK_BROKEN, "this link leads back to itself", "remove it"),
    errno.ENOENT: _DANGLING,
    errno.ENOTDIR: _DANGLING,
}
