"""A folder as a source: each fetch tells what changed since the last, at the cost of what it looked at."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.desired import Snapshot
from reconciler.errors import SourceRefused, SourceUnavailable
from reconciler.ports import Clock, Parse, Progress
from reconciler.sources.files import Files, Reading
from reconciler.sources.look import Look
from reconciler.sources.memory import Memory
from reconciler.sources.mounts import remote_kind
from reconciler.sources.names import RULES_NAME, is_hidden, is_manifest
from reconciler.sources.rules import is_ignored
from reconciler.sources.step import Step
from reconciler.sources.tree import Tree, identify

_ONCE = Reading()


class DirectorySource:
    """A folder of manifests, read with care: see `Reading`, and for links `reconciler.sources.links`.

    `by_content` has every fetch read every file that it looks at, for file systems whose timestamps don't
    tell. Not for several threads, but `concerns` may be called from any.
    """

    def __init__(
        self,
        root: Path,
        clock: Clock,
        reading: Reading = _ONCE,
        progress: Progress | None = None,
        open_tree: Callable[[Path], Tree] = Tree,
    ) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - what its links lead to may change
        self.by_content = False
        self._remote = ""
        self._clock = clock
        self._reading = reading
        self._progress = progress
        self._open_tree = open_tree
        self._memory = Memory()

    @property
    def name(self) -> str:
        return f"directory:{self.root}"

    def fetch(self, parse: Parse, hints: frozenset[str] | None = None) -> Snapshot:
        """Give the step from the last snapshot to what is there now: see `ports.Source`.

        The first fetch, and one that finds another folder in the root's place, look at everything whatever
        the hints. When this raises, the next fetch gives the step from the snapshot before.
        """
        with self._opened() as tree, self._memory.step():
            known_root = tree.identity == self._memory.root
            if not known_root:
                self._remote = remote_kind(self.root)
            step = Step(self._memory, trusts=known_root and not self.by_content and not self._remote)
            look = Look(Files(tree, step, parse, self._reading, self._clock), self._progress)
            whole = hints is None or not known_root or any(hint.strip("./") == "" for hint in hints)
            if whole or hints is None:
                look.everything()
            else:
                look.at(hints)
            self._remember(tree, step)
            return Snapshot(
                revision=f"dir:{self._memory.revision}",
                root=tree.identity,
                files=step.files,
                removed=step.removed,
                unsettled=step.unsettled,
                whole=whole,
            )

    def concerns(self, path: str) -> bool:
        """Whether a change at this path, relative to the root, may change what the next fetch gives.

        Where there are links everything may, because they lead to what is hidden.
        """
        folder, _, name = path.rpartition("/")
        if self._memory.links or not name:
            return True
        if is_hidden(folder) or is_ignored(path, self._memory.rules):
            return False
        return is_manifest(name) or name == RULES_NAME or not (name[0] == "." or self._is_plain(path))

    def _is_plain(self, path: str) -> bool:
        try:
            return stat.S_ISREG(os.lstat(self.root / path).st_mode)
        except OSError:  # gone, so it may have been a folder
            return False

    @contextmanager
    def _opened(self) -> Iterator[Tree]:
        try:
            with self._open_tree(self.root) as tree:
                yield tree
        except OSError as error:
            raise _translated(error, self.root) from error

    def _remember(self, tree: Tree, step: Step) -> None:
        """End the step, unless another folder took the root's place meanwhile."""
        if identify(self.root) != tree.identity:
            raise SourceUnavailable(
                "the manifests folder was replaced while it was read",
                where=str(self.root),
                fix="it is read again",
            )
        self._memory.root = tree.identity
        self._memory.doubts = step.doubts
        self._memory.links = frozenset(step.links)
        self._memory.restless = frozenset(step.moving)


def _translated(error: OSError, root: Path) -> SourceRefused | SourceUnavailable:
    why = os.strerror(error.errno or errno.EIO)
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return SourceRefused(
            "the root of the manifests is not a folder", where=str(root), why=why, fix="name a folder"
        )
    if error.errno == errno.ENOENT:
        return SourceUnavailable(
            "the manifests folder is missing",
            where=str(root),
            fix="make it, or name another with --manifests",
        )
    return SourceUnavailable(
        "the manifests folder can't be read",
        where=str(root),
        why=why,
        fix="let this user read it; `reconciler doctor` looks at it, and at how many files may be open",
    )
