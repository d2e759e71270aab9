"""Whatever happens to a folder, and however it is looked at: the steps lead to what a first look finds."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reconciler.desired import ParsedFile, SourceFile
from reconciler.sources import DirectorySource, Reading
from tests.contract.source_suite import Model, parse
from tests.integration.sources.folders import FileClock

PATHS = st.sampled_from(
    [
        "a.yaml",
        "b.yaml",
        "d/a.yaml",
        "d/b.json",
        "d/e/a.yml",
        "d/e/f/a.yaml",
        "g/a.yaml",
        "notes",
        ".h/a.yaml",
    ]
)
FOLDERS = st.sampled_from(["d", "d/e", "d/e/f", "g", ".h", "x.yaml"])
LINKS = st.sampled_from(["a.yaml", "l.yaml", "d/l.yaml", "g", "l"])
TARGETS = st.sampled_from([".h/a.yaml", ".h", "d", "a.yaml", "notes", "../out", "l", "d/e/../b.json"])
CONTENTS = st.sampled_from([b"1", b"2", b"!", b""])
RULES = st.sampled_from(["a.yaml", "d/", "!a.yaml", "\\", "e"])


class Stopped(BaseException):
    """The process ends here."""


class AnyHistory(RuleBasedStateMachine):
    """A folder, a source that follows it, and what changed since it was last looked at."""

    reading = Reading()

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="reconciler-test-"))
        self.root = self.place / "root"
        self.root.mkdir()
        self.clock = FileClock()
        self.source = DirectorySource(self.root, self.clock, self.reading)
        self.model = Model()
        self.touched: set[str] = set()

    def teardown(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.place)

    def _clear(self, path: str) -> bool:
        """Remove what stands at `path`, and make its folder, if that can be."""
        place = self.root / path
        for parent in [*place.relative_to(self.root).parents][:-1][::-1]:
            if (self.root / parent).is_symlink() or (self.root / parent).is_file():
                return False
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        self.touched.add(path)
        return True

    @rule(path=PATHS, content=CONTENTS)
    def write(self, path: str, content: bytes) -> None:
        """Write a file."""
        if self._clear(path):
            (self.root / path).write_bytes(content)

    @rule(path=PATHS | FOLDERS | LINKS)
    def remove(self, path: str) -> None:
        """Remove a file, a folder or a link."""
        self._clear(path)

    @rule(old=PATHS | FOLDERS | LINKS, new=PATHS | FOLDERS | LINKS)
    def rename(self, old: str, new: str) -> None:
        """Rename a file, a folder or a link."""
        within = f"{new}/".startswith(f"{old}/") or f"{old}/".startswith(f"{new}/")
        place = self.root / old
        if not within and (place.exists() or place.is_symlink()) and self._clear(new) and place.exists():
            place.rename(self.root / new)
            self.touched.add(old)

    @rule(path=LINKS, leads_to=TARGETS)
    def link(self, path: str, leads_to: str) -> None:
        """Make a link."""
        if self._clear(path):
            (self.root / path).symlink_to(leads_to)

    @rule(folder=st.sampled_from(["", "d/", "d/e/"]), content=RULES)
    def ignore(self, folder: str, content: str) -> None:
        """Write rules."""
        if self._clear(f"{folder}.reconcilerignore"):
            (self.root / folder / ".reconcilerignore").write_text(content, encoding="utf-8")

    @rule()
    def wait(self) -> None:
        """Let what was written grow old enough to be trusted."""
        self.clock.forward(timedelta(minutes=1))

    @rule()
    def replace_root(self) -> None:
        """Put an equal folder in the root's place."""
        shutil.copytree(self.root, self.place / "copy", symlinks=True)
        shutil.rmtree(self.root)
        (self.place / "copy").rename(self.root)

    @rule(after=st.integers(0, 3))
    def stop_midway(self, after: int) -> None:
        """End a fetch while it reads."""
        calls = 0

        def stops(file: SourceFile) -> ParsedFile:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Stopped
            return parse(file)

        try:
            self.model.take(self.source.fetch(stops))
            self.touched.clear()
        except Stopped:
            pass

    @rule()
    def look_at_everything(self) -> None:
        """Fetch without hints."""
        self.model.take(self.source.fetch(parse))
        self._compare()

    @rule(more=st.sets(PATHS | FOLDERS | st.just("../root"), max_size=2))
    def look_where_it_changed(self, more: set[str]) -> None:
        """Fetch with hints at all that changed, and at some that may not have."""
        self.model.take(self.source.fetch(parse, frozenset(self.touched | more)))
        self._compare()

    def _compare(self) -> None:
        self.touched.clear()
        assert self.model.last
        while self.model.last.unsettled:
            self.clock.forward(self.reading.settle)
            self.model.take(self.source.fetch(parse, frozenset()))
        fresh = Model()
        fresh.take(DirectorySource(self.root, self.clock).fetch(parse))
        assert fresh.last
        if not any(map(self._may_hide_what_was_known, self.model.refused)):
            assert self.model.contents == fresh.contents
            assert self.model.refused == fresh.refused
            assert self.model.last.revision == fresh.last.revision

    def _may_hide_what_was_known(self, path: str) -> bool:
        """Whether more than a file is unknown there: then what was known beneath stands.

        So it is with a folder, with rules, and with a broken link, which may have led to a folder.
        """
        return path.endswith((".reconcilerignore", "/")) or (self.root / path).is_symlink()

    @invariant()
    def nothing_is_told_that_is_not_there(self) -> None:
        """A step that removes what was never there would have raised in the model."""
        assert self.model.files.keys() >= self.model.contents.keys()


class AnyHistoryOfADaemon(AnyHistory):
    """The same for a source that waits until what is doubtful has settled."""

    reading = Reading(settle=timedelta(milliseconds=100))


SETTINGS = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = SETTINGS
TestAnyHistoryOfADaemon = AnyHistoryOfADaemon.TestCase
TestAnyHistoryOfADaemon.settings = SETTINGS
