"""The step from one snapshot to the next, gathered while a folder is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.desired import ParsedFile
from reconciler.sources.imprint import digest
from reconciler.sources.memory import Doubt, Known, Memory
from reconciler.sources.names import RULES_NAME, shown

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(slots=True)
class Step:
    """What differs from the memory, which is brought up to date along with it.

    `trusts` says whether a file that looks the same from outside counts as the same. `moving` are folders
    that changed as often as they were listed.
    """

    memory: Memory
    trusts: bool
    doubts: dict[str, Doubt] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    moving: set[str] = field(default_factory=set)
    _parsed: dict[str, ParsedFile] = field(default_factory=dict)
    _removed: set[str] = field(default_factory=set)
    _told: dict[str, bool] = field(default_factory=dict)

    @property
    def files(self) -> tuple[ParsedFile, ...]:
        """The files whose content is new, by path."""
        return tuple(self._parsed[path] for path in sorted(self._parsed))

    @property
    def removed(self) -> tuple[str, ...]:
        """The paths that the snapshot before this one had, and this one has not."""
        return tuple(sorted(map(shown, self._removed)))

    @property
    def unsettled(self) -> tuple[str, ...]:
        """What was being written, or moved about, while it was looked at; folders end in `/`."""
        return tuple(sorted(map(shown, {*self.doubts, *(f"{folder or '.'}/" for folder in self.moving)})))

    def accept(self, path: str, known: Known, parsed: ParsedFile) -> None:
        """Take the content of a file, understood or not."""
        self._note(path)
        self.memory.put(path, known)
        self._removed.discard(path)
        self._parsed[path] = parsed

    def accept_rules(self, path: str, known: Known, spec: GitIgnoreSpec) -> None:
        """Take the content of a `.reconcilerignore`: it is no manifest, so the snapshot does not have it."""
        self.forget(path)
        self.memory.put(path, known)
        self.memory.rules[path.removesuffix(RULES_NAME).rstrip("/")] = spec

    def refuse(self, path: str, refusal: ParsedFile) -> None:
        """Say why `path` was not read, if that was not said before."""
        known = self.memory.get(path)
        mistake = refusal.diagnostics[0]
        imprint = digest(f"{mistake.code}\0{mistake.summary}\0{mistake.hint}".encode())
        if known is None or known.imprint != imprint:
            self.accept(path, Known(b"", imprint), refusal)

    def forget(self, path: str) -> None:
        """Take it that a file, or the refusal of a folder, is gone."""
        if self.memory.get(path) is None:
            return
        self._note(path)
        self.memory.put(path, None)
        self._parsed.pop(path, None)
        if self._told[path]:
            self._removed.add(path)
        if path.endswith(RULES_NAME):
            self.memory.rules.pop(path.removesuffix(RULES_NAME).rstrip("/"), None)

    def forget_beneath(self, folder: str) -> None:
        """Take it that a folder is gone with all that was in it."""
        if folder in self.memory:
            for path in list(self.memory.beneath(folder)):
                self.forget(path)

    def _note(self, path: str) -> None:
        """Keep in mind, before its first change, whether the last snapshot had this path."""
        if path not in self._told:
            known = self.memory.get(path)
            self._told[path] = known is not None and (known.is_refusal or not path.endswith(RULES_NAME))
