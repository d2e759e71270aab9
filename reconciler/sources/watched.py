"""Which folders are watched: those that are read, and those through which links lead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.sources.names import is_fit

_HOPS = 8


def folders_to_watch(root: Path) -> list[str]:
    """Give the path of every folder in which a change may matter, the root first, each once.

    What is hidden is left out, unless a link leads there; what lies outside is left out in any case, so
    that a link to `/` costs nothing. Folders that can't be listed are left out too: their own folder tells
    when that changes. Raises OSError when the root itself can't be listed.
    """
    seen: dict[tuple[int, int], str] = {}
    stack = [os.fspath(root)]
    while stack:
        folder = stack.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - many of them
            if (status.st_dev, status.st_ino) in seen:
                continue
            stack.extend(_beneath(folder, root))
        except OSError:
            if not seen:
                raise
            continue
        seen[status.st_dev, status.st_ino] = folder
    return list(seen.values())


def _beneath(folder: str, root: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] == "." or not is_fit(entry.name):
                continue
            if entry.is_symlink():
                yield from _along(entry.path, root)
            elif entry.is_dir(follow_symlinks=False):
                yield entry.path


def _along(link: str, root: Path) -> Iterator[str]:
    """Give the folders, inside the root, that a link leads through and to."""
    inside = f"{os.fspath(root)}/"
    for _ in range(_HOPS):
        try:
            target = os.readlink(link)  # noqa: PTH115 - text that is put together, not a path to a file
        except OSError:  # no link any more, or gone
            return
        link = os.path.normpath(os.path.join(os.path.dirname(link), target))  # noqa: PTH118, PTH120 - as above
        if not link.startswith(inside):
            return
        place = link
        while place != os.fspath(root):
            if os.path.isdir(place):  # noqa: PTH112 - as above
                yield place
            place = os.path.dirname(place)  # noqa: PTH120 - as above
