"""One look at a folder: what is there is compared with what is remembered, and what differs is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator

from reconciler.ports import Progress
from reconciler.sources import refusals
from reconciler.sources.files import GONE, Files
from reconciler.sources.found import Found, find
from reconciler.sources.links import Lead, Links
from reconciler.sources.names import RULES_NAME, is_fit, is_manifest
from reconciler.sources.rules import is_ignored

_ROUNDS = 3  # how often folders that change while they are looked at are listed again
_REPORT_EVERY = 500


class Look:
    """Walks, then follows links, then reads, and does it again where something moved meanwhile."""

    def __init__(self, files: Files, progress: Progress | None) -> None:
        self._files = files
        self._tree = files.tree
        self._step = files.step
        self._memory = files.step.memory
        self._progress = progress
        self._links = Links(files)
        self._followed: list[tuple[str, str]] = []
        self._unread: dict[str, None] = {}
        self._marks: dict[str, bytes] = {}
        self._vanished: set[str] = set()

    def everything(self) -> None:
        """Look at the whole tree, until no folder changes any more while that is done."""
        self._walk("")
        self._finish()
        self._until_still()

    def at(self, hints: Iterable[str]) -> None:
        """Look at these paths, at what is in doubt, and at every link that was met before."""
        for hint in sorted({*hints, *self._memory.doubts, *self._memory.links}, key=_rules_first):
            self._reach(hint)
        self._list_again(self._memory.restless)
        self._until_still()

    def _until_still(self) -> None:
        """List again what changed meanwhile; what never stands still is put down as moving."""
        for _ in range(_ROUNDS):
            if not (moved := self._moved()):
                return
            self._list_again(moved)
        self._step.moving |= self._moved()

    def _reach(self, hint: str) -> None:
        """Go down to `hint`, as far as there are folders that count, and look at what stands there."""
        if not _can_be(hint):
            return
        path = ""
        parts = [part for part in hint.split("/") if part not in ("", ".")]
        for number, part in enumerate(parts):
            if part == RULES_NAME and number == len(parts) - 1:
                break
            if part.startswith("."):
                return
            path = _join(path, part)
            try:
                status = self._tree.status(path)
            except OSError as error:
                self._missing(path, error)
                return
            if not stat.S_ISDIR(status.st_mode):
                self._place(path, status, "/".join(parts[number + 1 :]))
                return
            if not self._is_open(path):
                return
            if path not in self._memory:
                break
        self._walk(path)

    def _missing(self, path: str, error: OSError) -> None:
        """Forget what is not there; what can't be told, because its folder can't be searched, is unknown."""
        if error.errno in GONE or error.errno == errno.ENAMETOOLONG:
            self._clear(path)
        elif folder := _parent(path):
            self._files.refuse(f"{folder}/", error)
        else:
            raise error

    def _place(self, path: str, status: os.stat_result, rest: str) -> None:
        """Look at one path that is no folder; `rest` is where a hint meant to go from there."""
        if stat.S_ISLNK(status.st_mode):
            self._followed.append((path, rest))
        elif is_manifest(_name(path)) and not is_ignored(path, self._memory.rules):
            self._step.forget(f"{path}/")
            self._step.forget_beneath(path)
            if stat.S_ISREG(status.st_mode) and status.st_size <= self._files.reading.most_bytes:
                self._plain(path)
            else:
                self._odd(path, status)
        else:
            self._clear(path)

    def _plain(self, path: str) -> None:
        if is_fit(_name(path)):
            self._unread[path] = None
        else:
            self._step.refuse(path, refusals.bad_name(path))

    def _odd(self, path: str, status: os.stat_result) -> None:
        regular = stat.S_ISREG(status.st_mode)
        most = self._files.reading.most_bytes
        refusal = refusals.too_large(path, most) if regular else refusals.not_regular(path, status.st_mode)
        self._step.refuse(path, refusal if is_fit(_name(path)) else refusals.bad_name(path))

    def _is_open(self, folder: str) -> bool:
        """Whether to go into a folder; if not, what was known of it is settled."""
        if is_ignored(f"{folder}/", self._memory.rules):
            self._clear(folder)
            return False
        self._step.forget(folder)
        if is_fit(_name(folder)):
            return True
        self._step.refuse(f"{folder}/", refusals.bad_name(f"{folder}/"))
        return False

    def _clear(self, path: str) -> None:
        self._step.forget(path)
        self._step.forget(f"{path}/")
        self._step.forget_beneath(path)

    def _walk(self, folder: str) -> None:
        stack = [folder]
        while stack:
            path = stack.pop()
            stack.extend(self._list(path))

    def _list(self, folder: str) -> Iterator[str]:
        """Compare one folder with the memory; gives the folders in it that want to be walked."""
        self._marks.pop(folder, None)
        try:
            found = find(self._tree, folder, self._files.reading.most_bytes)
        except OSError as error:
            self._not_listed(folder, error)
            return
        self._marks[folder] = found.mark
        if found.vanished:
            self._vanished.add(folder)
        self._step.forget(f"{folder}/")
        if not found.rules:
            self._step.forget(_join(folder, RULES_NAME))
        elif not self._has_rules(folder):
            return
        kept = self._compare(folder, found)
        self._forget_gone(folder, kept, found)
        for name in found.links:
            self._followed.append((_join(folder, name), ""))
        for name in found.folders:
            path = _join(folder, name)
            if self._is_open(path):
                yield path

    def _not_listed(self, folder: str, error: OSError) -> None:
        if not folder:
            raise error
        if error.errno in GONE:
            self._vanished.add(_parent(folder))
        else:
            self._files.refuse(f"{folder}/", error)

    def _has_rules(self, folder: str) -> bool:
        """Read a folder's rules; without any that were ever understood its files can't be told apart."""
        if not self._files.read(_join(folder, RULES_NAME)):
            self._vanished.add(folder)
        return folder in self._memory.rules

    def _compare(self, folder: str, found: Found) -> set[str]:
        """Look at the files of a folder; gives the names of those that count."""
        known = self._memory.files_in(folder)
        rules = self._memory.rules
        trusts = self._step.trusts
        kept = set()
        for name, seen in found.plain.items():
            before = known.get(name)
            path = f"{folder}/{name}" if folder else name
            if rules and is_ignored(path, rules):
                continue
            kept.add(name)
            if before is None or before.signature != seen or not trusts:
                self._plain(path)
        for name, status in found.odd.items():
            path = _join(folder, name)
            if not is_ignored(path, rules):
                kept.add(name)
                self._odd(path, status)
        return kept

    def _forget_gone(self, folder: str, kept: set[str], found: Found) -> None:
        there = {*found.folders, *found.links}
        for name in self._memory.files_in(folder).keys() - kept - there - {RULES_NAME}:
            if name.removesuffix("/") not in there:
                self._step.forget(_join(folder, name))
        for name in self._memory.folders_in(folder) - there:
            self._step.forget_beneath(_join(folder, name))

    def _finish(self) -> None:
        """Follow the links, which may lead to more folders, then read."""
        while self._followed:
            self._follow(*self._followed.pop())
        self._read()

    def _follow(self, path: str, rest: str) -> None:
        lead, real = self._links.judge(path)
        match lead:
            case Lead.FILE:
                self._unread[path] = None
            case Lead.FOLDER:
                self._walk(path)
            case Lead.VANISHED:
                self._vanished.add(_parent(path))
            case Lead.NOTHING:
                self._clear(path)
            case Lead.ALIAS:
                self._clear(path)
                if rest:
                    self._reach(_join(real, rest))
            case Lead.KEPT:
                pass

    def _read(self) -> None:
        unread, self._unread = list(self._unread), {}
        for number, path in enumerate(unread):
            if self._progress and number % _REPORT_EVERY == 0:
                self._progress("read", number, len(unread))
            if not self._files.read(path):
                self._vanished.add(_parent(path))
        if self._progress and unread:
            self._progress("read", len(unread), len(unread))

    def _list_again(self, folders: Iterable[str]) -> None:
        """List these once more, and walk what is new in them."""
        self._vanished = set()
        for folder in folders:
            rules = self._memory.rules.get(folder)
            beneath = list(self._list(folder))
            changed = self._memory.rules.get(folder) is not rules
            for path in beneath:
                if changed or (path not in self._marks and path not in self._memory):
                    self._walk(path)
        self._finish()

    def _moved(self) -> set[str]:
        return self._vanished | {folder for folder, mark in self._marks.items() if self._mark(folder) != mark}

    def _mark(self, folder: str) -> bytes:
        try:
            return self._tree.mark(folder)
        except OSError:
            return b""


def _rules_first(path: str) -> tuple[bool, int]:
    """Sort so that no file is judged by rules that have changed."""
    return _name(path) != RULES_NAME, path.count("/")


def _can_be(path: str) -> bool:
    """Whether the system can be asked for such a path at all."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]
