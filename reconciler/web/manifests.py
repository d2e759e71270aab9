"""Manifests as they are saved now: the text of one, its mistakes, and how it compares with its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from reconciler.desired import (
    LIMITS,
    Catalogue,
    DesiredState,
    Diagnostic,
    Manifest,
    ParsedFile,
    Snapshot,
    SourceFile,
    parse_file,
)
from reconciler.plan import Policy, keys_to_examine, make_plan
from reconciler.report.diff import Difference, Findings
from reconciler.resources import Kind, ResourceKey
from reconciler.sources.tree import Content, Tree
from reconciler.store.connect import Connection
from reconciler.store.examine import examine
from reconciler.store.pool import Pool
from reconciler.store.survey import Sums, survey

_PATH: Final = """
select path from reconciler.inventory where instance = %s and kind = %s and name = %s"""
_NOTHING_PRUNED: Final = Sums(0, 0, 0)
"""What one resource comes to is no matter of budgets: a look at one prunes nothing."""


@dataclass(frozen=True, slots=True)
class ManifestText:
    """A file, and which of its lines belong to the document that was asked for.

    `text` is None when it can't be shown, and `missing` says why. `diagnostics` are all mistakes in the file.
    """

    path: str
    text: str | None
    missing: str
    line: int
    first: int
    last: int
    revision: str
    saved_at: datetime | None
    diagnostics: tuple[Diagnostic, ...]


class Manifests:
    """Reads single files of a folder, never one that lies outside of it."""

    def __init__(self, root: Path, pool: Pool, instance: str, policy: Policy) -> None:
        self._root = root
        self._pool = pool
        self._instance = instance
        self._policy = policy

    def read(self, path: str) -> Content | None:
        """Give a file, None when it is not there, is too large, or is none that may be read."""
        try:
            with Tree(self._root) as tree:
                content = tree.content(path, LIMITS.file_bytes)
        except (OSError, ValueError):
            return None
        return content if content.is_whole else None

    def parse(self, path: str) -> ParsedFile | None:
        """Give what a file declares; None as above."""
        content = self.read(path)
        return parse_file(SourceFile(path, content.data)) if content else None

    def compare(self, key: ResourceKey, path: str) -> Difference:
        """Compare one resource that is declared in this file, or was, with its rows.

        Only this file and that of its user are looked at, so it costs the same whatever the number of files;
        what else claims the same identity only a whole pass can tell.
        """
        with self._pool.connection() as connection:
            desired = self._declared(connection, key, path)
            found = survey(connection, self._instance, desired, _NOTHING_PRUNED)
            keys = keys_to_examine(desired, found, self._policy) | {key}
            actual = examine(connection, found, desired, keys)
        plan = make_plan(desired, actual, self._policy, self._instance)
        (told,) = Findings(desired, actual, plan).compare([key])
        return told

    def _declared(self, connection: Connection, key: ResourceKey, path: str) -> DesiredState:
        catalogue = Catalogue()
        files = self._files([path])
        users = {one.user for file in files for one in file.manifests if one.key == key and one.user}
        files += self._files(path for name in users for path in self._path_of(connection, name))
        catalogue.advance(Snapshot("", "", tuple({file.path: file for file in files}.values()), whole=False))
        return catalogue.state(frozenset({key}))

    def _files(self, paths: Iterable[str]) -> list[ParsedFile]:
        return [file for path in paths if (file := self.parse(path))]

    def _path_of(self, connection: Connection, user: str) -> list[str]:
        rows = connection.execute(_PATH, [self._instance, Kind.USER, user]).fetchall()
        return [path for (path,) in rows]


def lines_of(text: str, line: int) -> tuple[int, int]:
    """Give the first and the last line of the YAML document that a line belongs to; 0 and 0 for line 0."""
    if not line:
        return 0, 0
    lines = text.splitlines()
    marks = [number for number, one in enumerate(lines, 1) if one.rstrip() == "---" or one.startswith("--- ")]
    first = max((mark + 1 for mark in marks if mark < line), default=1)
    last = min((mark - 1 for mark in marks if mark > line), default=len(lines))
    return first, last


def place_of(file: ParsedFile | None, key: ResourceKey) -> Manifest | None:
    """Find a resource in a file that was understood."""
    return next((one for one in file.manifests if one.key == key), None) if file else None
