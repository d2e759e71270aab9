"""Folders and single files read once, together: what `validate` is given."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from reconciler.desired import Diagnostic, Location, ParsedFile, Snapshot, SourceFile
from reconciler.ports import Clock, Parse, Progress
from reconciler.sources.directory import DirectorySource
from reconciler.sources.files import Reading
from reconciler.sources.refusals import not_regular, too_large, unreadable
from reconciler.sources.tree import Tree

STDIN: Final = "-"
_MOST: Final = Reading().most_bytes


def read_once(
    paths: Iterable[Path], parse: Parse, clock: Clock, progress: Progress | None = None
) -> Snapshot:
    """Read everything at these paths; places in it begin as the paths do, so that an editor finds them.

    A file that is named is read whatever its name is, and so is a pipe; `-` is what comes in on stdin. Of a
    folder, what a daemon would read.

    Raises:
        SourceUnavailable, SourceRefused: a folder can't be read.

    """
    found: dict[str, ParsedFile] = {}
    unsettled: list[str] = []
    for path in paths:
        name = os.path.normpath(path)
        if name == STDIN or (Path(name).exists() and not Path(name).is_dir()):
            found[name] = _read(name, parse)
            continue
        snapshot = DirectorySource(path, clock, progress=progress).fetch(parse)
        placed = (_placed(file, name) for file in snapshot.files)
        found |= {file.path: file for file in placed}
        unsettled += (_beneath(name, path) for path in snapshot.unsettled)
    return Snapshot("", "", tuple(found.values()), unsettled=tuple(unsettled))


def _read(name: str, parse: Parse) -> ParsedFile:
    if name == STDIN or Path(name).is_fifo():
        return _drain(name, parse)
    path = Path(name).resolve()
    try:
        with Tree(path.parent) as tree:
            content = tree.content(path.name, _MOST)
    except OSError as error:
        return unreadable(name, error)
    if not stat.S_ISREG(content.before.st_mode):
        return not_regular(name, content.before.st_mode)
    if len(content.data) > _MOST or content.before.st_size > _MOST:
        return too_large(name, _MOST)
    return parse(SourceFile(name, content.data))


def _drain(name: str, parse: Parse) -> ParsedFile:
    """Read a pipe to its end, or as far as any file is read: somebody named it and writes into it."""
    try:
        with open(0 if name == STDIN else name, "rb", closefd=name != STDIN) as pipe:
            data = pipe.read(_MOST + 1)
    except OSError as error:
        return unreadable(name, error)
    return too_large(name, _MOST) if len(data) > _MOST else parse(SourceFile(name, data))


def _placed(file: ParsedFile, folder: str) -> ParsedFile:
    """Give a file of a folder the path that leads to it from here."""
    return replace(
        file,
        path=_beneath(folder, file.path),
        manifests=tuple(replace(one, where=_moved(one.where, folder)) for one in file.manifests),
        diagnostics=tuple(_moved_diagnostic(one, folder) for one in file.diagnostics),
    )


def _beneath(folder: str, path: str) -> str:
    return path if folder == "." else os.path.join(folder, path)  # noqa: PTH118 - text: a folder ends in `/`


def _moved(where: Location, folder: str) -> Location:
    return replace(where, path=_beneath(folder, where.path))


def _moved_diagnostic(one: Diagnostic, folder: str) -> Diagnostic:
    related = tuple(replace(other, where=_moved(other.where, folder)) for other in one.related)
    return replace(one, where=_moved(one.where, folder), related=related)
