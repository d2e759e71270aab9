"""What `doctor` wants to know of the folder with the manifests, and whether the kernel tells of changes."""

from __future__ import annotations

import ctypes
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.report.checkup.facts import Folder, Watching
from reconciler.sources.mounts import remote_kind

_SECONDS: Final = 2.0
"""How long a folder is looked through: what was seen by then tells what there is to tell."""
_NAMED: Final = 5
_LIMITS: Final = Path("/proc/sys/fs/inotify")
_SUFFIXES: Final = (".yaml", ".yml", ".json")
_IN_CREATE: Final = 0x100  # inotify(7)


def examine_folder(root: Path) -> Folder:
    """Look through a folder; whatever is wrong with it is part of what is given."""
    try:
        if not stat.S_ISDIR(root.stat().st_mode):
            return Folder(str(root), "is no folder")
        os.scandir(root).close()
    except OSError as error:
        return Folder(str(root), f"can't be read: {error.strerror or error}")
    count = _Count()
    complete = count.walk(root, time.monotonic() + _SECONDS)
    return Folder(
        path=str(root),
        files=count.files,
        bytes=count.bytes,
        folders=count.folders,
        unreadable=tuple(count.unreadable),
        complete=complete,
        remote=remote_kind(root),
    )


@dataclass
class _Count:
    """What was seen so far; no more of what can't be read is named than a person reads."""

    files: int = 0
    bytes: int = 0
    folders: int = 0
    unreadable: list[str] = field(default_factory=list)

    def walk(self, root: Path, deadline: float) -> bool:
        """Count everything beneath; False when there was no time for it."""
        waiting = [str(root)]
        while waiting:
            self.folders += 1
            for entry in self._entries(waiting.pop()):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(_SUFFIXES) and entry.is_file():
                    self._take(entry)
                if time.monotonic() > deadline:
                    return False
        return True

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                yield from entries
        except OSError:
            self._name(folder)

    def _take(self, entry: os.DirEntry[str]) -> None:
        self.files += 1
        try:
            self.bytes += entry.stat().st_size
        except OSError:
            self._name(entry.path)
            return
        if not os.access(entry.path, os.R_OK):
            self._name(entry.path)

    def _name(self, path: str) -> None:
        if len(self.unreadable) < _NAMED:
            self.unreadable.append(path)


def examine_watching(root: Path) -> Watching:
    """Ask the kernel for its limits, and try whether it lets us watch."""
    return Watching(_limit("max_user_watches"), _limit("max_user_instances"), _try(root))


def _limit(name: str) -> int | None:
    try:
        return int((_LIMITS / name).read_text())
    except (OSError, ValueError):
        return None


def _try(root: Path) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    if descriptor < 0:
        return os.strerror(ctypes.get_errno())
    try:
        if libc.inotify_add_watch(descriptor, os.fsencode(root), _IN_CREATE) < 0:
            return os.strerror(ctypes.get_errno())
    finally:
        os.close(descriptor)
    return ""
