"""What a folder was like when it was last looked at: kept small, and as it was when a look fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.sources.imprint import DIGEST_SIZE, digest, digest_of

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was last understood or refused.

    With an empty `signature` the next look reads the file, whatever it looks like from outside.
    """

    signature: bytes
    imprint: bytes

    @property
    def is_refusal(self) -> bool:
        """Whether no content is known, only why there is none."""
        return len(self.imprint) == DIGEST_SIZE


@dataclass(frozen=True, slots=True)
class Doubt:
    """Content that may be half written: how the file looked, and since when (monotonic seconds)."""

    signature: bytes
    since: float


@dataclass(slots=True)
class _Folder:
    files: dict[str, Known] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)


class Memory:
    """All that is remembered, by path; the path of a folder that can't be listed ends in `/`.

    `root` is the identity of the root, `rules` what each `.reconcilerignore` says, by its folder, `links`
    are the links that were met: what they lead to changes without anything happening to them. `restless`
    are folders that changed as often as they were listed.
    """

    def __init__(self) -> None:
        self.root = ""
        self.rules: dict[str, GitIgnoreSpec] = {}
        self.doubts: Mapping[str, Doubt] = {}
        self.links: frozenset[str] = frozenset()
        self.restless: frozenset[str] = frozenset()
        self._total = 0
        self._folders: dict[str, _Folder] = {}
        self._undo: list[tuple[str, Known | None]] = []

    def __contains__(self, folder: str) -> bool:
        return folder in self._folders

    @contextmanager
    def step(self) -> Iterator[None]:
        """Keep what is changed inside, or, when it raises, nothing of it."""
        self._undo.clear()
        saved = (self.root, dict(self.rules), self.doubts, self.links, self.restless)
        try:
            yield
        except BaseException:
            for path, known in reversed(self._undo):
                self._set(path, known)
            self.root, self.rules, self.doubts, self.links, self.restless = saved
            raise
        finally:
            self._undo.clear()

    @property
    def revision(self) -> str:
        """Name the content: equal for equal files, whatever the order in which they came to be known.

        The sum of a hash for each file (AdHash, Bellare and Micciancio 1997) is kept up to date at the cost
        of what changes.
        """
        return f"{self._total:0{2 * DIGEST_SIZE}x}"

    def get(self, path: str) -> Known | None:
        """Give what is known of one file."""
        folder, name = _split(path)
        node = self._folders.get(folder)
        return node.files.get(name) if node else None

    def files_in(self, folder: str) -> Mapping[str, Known]:
        """Give the files directly in `folder` by name."""
        node = self._folders.get(folder)
        return node.files if node else _NO_FILES

    def folders_in(self, folder: str) -> AbstractSet[str]:
        """Give the names of the folders directly in `folder` beneath which something is known."""
        node = self._folders.get(folder)
        return node.folders if node else frozenset()

    def beneath(self, folder: str) -> Iterator[str]:
        """Give the path of everything that is known beneath `folder`."""
        stack = [folder]
        while stack:
            path = stack.pop()
            prefix = f"{path}/" if path else ""
            yield from (prefix + name for name in self.files_in(path))
            stack.extend(prefix + name for name in self.folders_in(path))

    def put(self, path: str, known: Known | None) -> None:
        """Remember, or with None forget, one file."""
        self._undo.append((path, self.get(path)))
        self._set(path, known)

    def _set(self, path: str, known: Known | None) -> None:
        folder, name = _split(path)
        node = self._folders.get(folder)
        if node and (old := node.files.pop(name, None)):
            self._total = (self._total - _element(path, old)) % _MODULUS
        if known:
            node = node or self._grow(folder)
            node.files[name] = known
            self._total = (self._total + _element(path, known)) % _MODULUS
        else:
            self._shrink(folder)

    def _grow(self, folder: str) -> _Folder:
        node = self._folders[folder] = _Folder()
        while folder:
            folder, name = _split(folder)
            known = folder in self._folders
            self._folders.setdefault(folder, _Folder()).folders.add(name)
            if known:
                break
        return node

    def _shrink(self, folder: str) -> None:
        while (node := self._folders.get(folder)) and not node.files and not node.folders:
            del self._folders[folder]
            if not folder:
                break
            folder, name = _split(folder)
            self._folders[folder].folders.discard(name)


_MODULUS = 1 << (8 * DIGEST_SIZE)
_NO_FILES: Mapping[str, Known] = {}


def _split(path: str) -> tuple[str, str]:
    cut = path.rfind("/", 0, len(path) - 1)
    return ("", path) if cut < 0 else (path[:cut], path[cut + 1 :])


def _element(path: str, known: Known) -> int:
    name = path.encode(errors="surrogateescape")
    return int.from_bytes(digest(digest_of(known.imprint) + name))
