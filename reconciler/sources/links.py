"""Where a link leads, and whether what is there is read through it.

What stands in the root under a name of its own is read there, once, whatever links lead to it. Through
links is read what is hidden or ignored at its own place: a checkout in a dotfolder, the `..data` of a
mounted ConfigMap.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.desired import ParsedFile
from reconciler.sources import refusals
from reconciler.sources.files import GONE, Files
from reconciler.sources.names import is_fit, is_hidden, is_manifest
from reconciler.sources.rules import is_ignored
from reconciler.sources.tree import Target, signature

_DEPTH = 2  # folder links within folder links: more would let a few of them make a great many paths


class Lead(Enum):
    """What is to be done about a link."""

    FILE = auto()  # read the file through it
    FOLDER = auto()  # walk the folder through it
    ALIAS = auto()  # nothing: what it leads to is read at its own place
    NOTHING = auto()  # nothing: it has no manifests
    KEPT = auto()  # nothing: what is known of it stands
    VANISHED = auto()  # it is gone: list its folder again


@dataclass(frozen=True, slots=True)
class Links:
    """Judges links, and refuses those that lead out of the root, to nothing, or round in a circle."""

    files: Files

    def judge(self, path: str) -> tuple[Lead, str]:
        """Say what to do about a link, and the path that it really leads to."""
        rules = self.files.step.memory.rules
        if is_ignored(path, rules) or is_ignored(f"{path}/", rules):
            return Lead.NOTHING, ""
        if not is_fit(path):
            return self._refuse(_as_meant(path), refusals.bad_name(_as_meant(path)))
        self.files.step.links.add(path)
        try:
            target = self.files.tree.follow(path)
        except OSError as error:
            return self._broken(path, error)
        if stat.S_ISDIR(target.status.st_mode):
            return self._folder(path, target)
        if is_manifest(path.rpartition("/")[2]):
            return self._file(path, target)
        return Lead.NOTHING, ""

    def _broken(self, path: str, error: OSError) -> tuple[Lead, str]:
        if error.errno in GONE and not self._stands(path):
            return Lead.VANISHED, ""
        self.files.refuse(_as_meant(path), error)
        return Lead.KEPT, ""

    def _stands(self, path: str) -> bool:
        try:
            self.files.tree.status(path)
        except OSError as error:
            return error.errno not in GONE
        return True

    def _file(self, path: str, target: Target) -> tuple[Lead, str]:
        step = self.files.step
        step.forget(f"{path}/")
        step.forget_beneath(path)
        if target.real is None:
            return self._refuse(path, refusals.link_outside(path))
        if not stat.S_ISREG(target.status.st_mode):
            return self._refuse(path, refusals.not_regular(path, target.status.st_mode))
        if is_manifest(target.real.rpartition("/")[2]) and self._is_in_sight(target.real):
            return Lead.ALIAS, target.real
        known = step.memory.get(path)
        if known and step.trusts and known.signature == signature(target.status):
            return Lead.KEPT, target.real
        return Lead.FILE, target.real

    def _folder(self, path: str, target: Target) -> tuple[Lead, str]:
        self.files.step.forget(path)
        if target.real is None:
            return self._refuse(f"{path}/", refusals.link_outside(f"{path}/"))
        if self._leads_back(path, target.real):
            return self._refuse(f"{path}/", refusals.link_loop(f"{path}/"))
        if self._is_in_sight(f"{target.real}/"):
            return Lead.ALIAS, target.real
        return Lead.FOLDER, target.real

    def _leads_back(self, path: str, real: str) -> bool:
        here = self.files.tree.follow(path.rpartition("/")[0]).real or ""
        links_above = sum(path.startswith(f"{link}/") for link in self.files.step.links)
        return links_above >= _DEPTH or f"{here}/".startswith(f"{real}/" if real else "")

    def _is_in_sight(self, real: str) -> bool:
        """Whether the walk comes to this path (a folder's ends in `/`) by itself."""
        parts = real.rstrip("/").split("/")
        folders = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]
        rules = self.files.step.memory.rules
        return (
            not is_hidden(real) and is_fit(real) and not any(is_ignored(p, rules) for p in (*folders, real))
        )

    def _refuse(self, path: str, refusal: ParsedFile) -> tuple[Lead, str]:
        self.files.step.refuse(path, refusal)
        return Lead.KEPT, ""


def _as_meant(path: str) -> str:
    """Give the path under which a link that leads nowhere is refused: it may have been a folder's."""
    return path if is_manifest(path.rpartition("/")[2]) else f"{path}/"
