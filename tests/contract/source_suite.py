"""What every source promises, whatever is behind it: subclass `SourceContract`, give it a `World`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import pytest

from reconciler.desired import Diagnostic, Location, ParsedFile, Snapshot, SourceFile
from reconciler.errors import SourceUnavailable
from reconciler.ports import Source


def parse(file: SourceFile) -> ParsedFile:
    """Read a file as a test does: its content is its digest, and `!` in it is a mistake."""
    if b"!" not in file.content:
        return ParsedFile(file.path, file.content)
    mistake = Diagnostic("RC103", Location(file.path, line=1, column=1), "This is not YAML")
    return ParsedFile(file.path, file.content, diagnostics=(mistake,), understood=False)


class Model:
    """What a reader of snapshots knows after any number of steps."""

    def __init__(self) -> None:
        self.files: dict[str, ParsedFile] = {}
        self.last: Snapshot | None = None

    def take(self, snapshot: Snapshot) -> Snapshot:
        """Go one step on."""
        for path in snapshot.removed:
            del self.files[path]
        for file in snapshot.files:
            self.files[file.path] = file
        self.last = snapshot
        return snapshot

    @property
    def contents(self) -> dict[str, bytes]:
        """What is understood, by path."""
        return {path: file.digest for path, file in self.files.items() if file.understood}

    @property
    def refused(self) -> dict[str, str]:
        """What is not understood, by path, with the code that says why."""
        return {p: file.diagnostics[0].code for p, file in self.files.items() if not file.understood}


class World(ABC):
    """A place that a source reads, and the ways in which it changes."""

    @abstractmethod
    def source(self) -> Source:
        """Make a source that knows nothing yet."""

    @abstractmethod
    def change(self, write: dict[str, bytes], remove: Iterable[str] = ()) -> None:
        """Make these files, or make them anew, and remove those."""

    @abstractmethod
    def lose(self) -> None:
        """Make the place unreachable."""

    @abstractmethod
    def restore(self) -> None:
        """End what `lose` did."""


class SourceContract:
    """The promises of `reconciler.ports.Source`; a subclass has a fixture `world`."""

    def test_the_first_snapshot_has_every_manifest(self, world: World) -> None:
        """YAML and JSON at any depth, nothing else."""
        world.change(
            {"a.yaml": b"1", "b/c/d.yml": b"2", "e.json": b"3", "README.md": b"4", ".f/g.yaml": b"5"}
        )
        snapshot = world.source().fetch(parse)
        assert {f.path: f.digest for f in snapshot.files} == {
            "a.yaml": b"1",
            "b/c/d.yml": b"2",
            "e.json": b"3",
        }
        assert snapshot.whole
        assert not snapshot.removed
        assert not snapshot.unsettled

    def test_nothing_changed_is_an_empty_step(self, world: World) -> None:
        """The second fetch gives the same revision and no file."""
        world.change({"a.yaml": b"1", "b.yaml": b"2"})
        source = world.source()
        first, second = source.fetch(parse), source.fetch(parse)
        assert second.files == ()
        assert second.removed == ()
        assert (second.revision, second.root) == (first.revision, first.root)

    def test_a_step_has_what_changed_and_what_is_gone(self, world: World) -> None:
        """One changed, one new, one gone, one as it was."""
        world.change({"same.yaml": b"1", "changed.yaml": b"2", "gone.yaml": b"3"})
        source = world.source()
        before = source.fetch(parse)
        world.change({"changed.yaml": b"22", "new.yaml": b"4"}, ["gone.yaml"])
        step = source.fetch(parse)
        assert {f.path for f in step.files} == {"changed.yaml", "new.yaml"}
        assert step.removed == ("gone.yaml",)
        assert step.revision != before.revision

    def test_a_mistake_is_a_file_that_is_not_understood(self, world: World) -> None:
        """What the reader says of a file comes through, beside the others."""
        world.change({"good.yaml": b"1", "bad.yaml": b"!"})
        model = Model()
        model.take(world.source().fetch(parse))
        assert model.contents == {"good.yaml": b"1"}
        assert model.refused == {"bad.yaml": "RC103"}

    def test_the_same_files_have_the_same_revision_whatever_the_history(self, world: World) -> None:
        """A change and its undoing leave the revision as it was, for this source and for a new one."""
        world.change({"a.yaml": b"1", "b/c.yaml": b"2"})
        source = world.source()
        before = source.fetch(parse).revision
        world.change({"a.yaml": b"x", "d.yaml": b"3"}, ["b/c.yaml"])
        assert source.fetch(parse).revision != before
        world.change({"a.yaml": b"1", "b/c.yaml": b"2"}, ["d.yaml"])
        assert source.fetch(parse).revision == before
        assert world.source().fetch(parse).revision == before

    def test_two_files_that_swap_their_content_are_another_revision(self, world: World) -> None:
        """A revision is about which file says what, not only about what is said."""
        world.change({"a.yaml": b"1", "b.yaml": b"2"})
        source = world.source()
        before = source.fetch(parse).revision
        world.change({"a.yaml": b"2", "b.yaml": b"1"})
        assert source.fetch(parse).revision != before

    def test_a_hint_finds_what_it_names(self, world: World) -> None:
        """A file by its path, all beneath a folder by the folder's, what is gone by the path that it had."""
        world.change({"a.yaml": b"1", "b/c.yaml": b"2", "b/d/e.yaml": b"3", "f.yaml": b"4"})
        source, model = world.source(), Model()
        model.take(source.fetch(parse))
        world.change({"a.yaml": b"11", "b/d/e.yaml": b"33"}, ["b/c.yaml", "f.yaml"])
        model.take(source.fetch(parse, frozenset({"a.yaml", "b", "f.yaml"})))
        assert model.contents == {"a.yaml": b"11", "b/d/e.yaml": b"33"}
        assert model.last
        assert model.last.revision == world.source().fetch(parse).revision

    def test_a_useless_hint_finds_nothing(self, world: World) -> None:
        """Paths that never were, that lead out, that can't be, or that are no manifests."""
        world.change({"a.yaml": b"1"})
        source = world.source()
        source.fetch(parse)
        hints = frozenset(
            {"never.yaml", "never/was.yaml", "../../etc/passwd", "/etc/passwd", "README.md", ".git"}
            | {"a\0.yaml", "\ud800.yaml", "x" * 5000 + ".yaml", "a.yaml/b.yaml", "a.yaml/", "//a.yaml"}
        )
        step = source.fetch(parse, hints)
        assert (step.files, step.removed, step.unsettled) == ((), (), ())

    def test_the_first_fetch_looks_at_everything_whatever_the_hints(self, world: World) -> None:
        """What is not known can't be narrowed."""
        world.change({"a.yaml": b"1", "b.yaml": b"2"})
        snapshot = world.source().fetch(parse, frozenset({"a.yaml"}))
        assert snapshot.whole
        assert len(snapshot.files) == 2

    def test_a_fetch_that_fails_leaves_the_step_to_the_next(self, world: World) -> None:
        """What changed before the failure is told by the fetch that succeeds."""
        world.change({f"{n}.yaml": b"1" for n in range(5)})
        source, model = world.source(), Model()
        model.take(source.fetch(parse))
        world.change({f"{n}.yaml": b"2" for n in range(4)}, ["4.yaml"])
        calls = 0

        def fails(file: SourceFile) -> ParsedFile:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyboardInterrupt
            return parse(file)

        with pytest.raises(KeyboardInterrupt):
            source.fetch(fails)
        model.take(source.fetch(parse))
        assert model.contents == {f"{n}.yaml": b"2" for n in range(4)}
        assert model.last
        assert model.last.revision == world.source().fetch(parse).revision

    def test_a_source_that_is_lost_raises_and_goes_on_when_it_is_back(self, world: World) -> None:
        """Unavailable is an error, never an empty snapshot; and nothing is told twice afterwards."""
        world.change({"a.yaml": b"1"})
        source = world.source()
        source.fetch(parse)
        world.lose()
        with pytest.raises(SourceUnavailable):
            source.fetch(parse)
        world.restore()
        step = source.fetch(parse)
        assert (step.files, step.removed) == ((), ())

    def test_the_name_tells_the_source(self, world: World) -> None:
        """Two sources of one place have one name."""
        assert world.source().name == world.source().name
        assert ":" in world.source().name
