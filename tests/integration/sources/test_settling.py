"""What is half written is not believed, and what was known of it stands."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.sources import DirectorySource, Reading
from reconciler.sources.tree import Content, Tree
from tests.contract.source_suite import Model, parse
from tests.integration.sources.folders import FileClock, write

SETTLE = timedelta(milliseconds=100)
OLD = b"apiVersion: reconciler/v1\n" * 20


@pytest.fixture
def source(root: Path, clock: FileClock) -> DirectorySource:
    """Make a source as a daemon has it, that knows one file."""
    write(root, a=OLD)
    source = DirectorySource(root, clock, Reading(settle=SETTLE))
    source.fetch(parse)
    return source


@pytest.mark.parametrize(
    "half",
    [b"", b"\n  \n", b"!", OLD[:1], OLD[:100], OLD[:-1]],
    ids=["empty", "blank", "mistake", "1", "100", "-1"],
)
def test_doubtful_content_is_believed_once_it_has_settled(
    root: Path, clock: FileClock, source: DirectorySource, half: bytes
) -> None:
    """Until then it is named as unsettled, and is no change."""
    write(root, a=half)
    for _ in range(2):
        step = source.fetch(parse)
        assert (step.files, step.removed, step.unsettled) == ((), (), ("a.yaml",))
        clock.forward(SETTLE / 3)
    clock.forward(SETTLE)
    step = source.fetch(parse, frozenset())
    assert [file.digest for file in step.files] == [half]
    assert step.unsettled == ()


@pytest.mark.parametrize("new", [OLD + b"x", b"x" + OLD[1:], b"x" * 40, OLD.replace(b"v1", b"v2", 1)[:-5]])
def test_content_that_raises_no_doubt_is_believed_at_once(
    root: Path, source: DirectorySource, new: bytes
) -> None:
    """It grew, or differs from the old one before its end."""
    write(root, a=new)
    step = source.fetch(parse)
    assert [file.digest for file in step.files] == [new]
    assert step.unsettled == ()


def test_every_write_begins_the_wait_anew(root: Path, clock: FileClock, source: DirectorySource) -> None:
    """A file that is written all the while is not believed, however long that takes."""
    for length in range(1, 8):
        write(root, a=OLD[:length])
        clock.forward(SETTLE * 0.9)
        assert source.fetch(parse, frozenset({"a.yaml"})).unsettled == ("a.yaml",)


def test_a_truncation_that_is_followed_by_the_rest_is_one_change(
    root: Path, clock: FileClock, source: DirectorySource, model: Model
) -> None:
    """An editor that truncates, then writes, never shows the emptiness in between."""
    write(root, a=b"")
    assert source.fetch(parse).files == ()
    clock.forward(SETTLE / 2)
    new = OLD.replace(b"v1", b"v2")
    write(root, a=new)
    model.take(source.fetch(parse))
    assert model.contents == {"a.yaml": new}


def test_back_to_what_it_was_is_no_change(root: Path, clock: FileClock, source: DirectorySource) -> None:
    """Whatever stood there for a moment."""
    write(root, a=b"")
    source.fetch(parse)
    write(root, a=OLD)
    clock.forward(SETTLE)
    step = source.fetch(parse)
    assert (step.files, step.removed, step.unsettled) == ((), (), ())


def test_a_first_look_does_not_believe_what_was_just_written(root: Path, clock: FileClock) -> None:
    """It is unknown then; an old mistake is told at once."""
    write(root, a=b"!", b=b"", c=b"fine")
    first = DirectorySource(root, clock, Reading(settle=SETTLE))
    step = first.fetch(parse)
    assert [file.path for file in step.files] == ["c.yaml"]
    assert step.unsettled == ("a.yaml", "b.yaml")
    clock.forward(timedelta(minutes=1))
    step = DirectorySource(root, clock, Reading(settle=SETTLE)).fetch(parse)
    assert [file.path for file in step.files] == ["a.yaml", "c.yaml"]
    assert step.unsettled == ("b.yaml",)


def test_what_is_unsettled_and_then_gone_is_gone(root: Path, source: DirectorySource) -> None:
    """Known before or not, it is not waited for."""
    write(root, a=b"", new=b"!")
    assert source.fetch(parse).unsettled == ("a.yaml", "new.yaml")
    (root / "a.yaml").unlink()
    (root / "new.yaml").unlink()
    step = source.fetch(parse, frozenset({"elsewhere"}))
    assert (step.files, step.removed, step.unsettled) == ((), ("a.yaml",), ())


def test_a_jump_of_the_wall_clock_settles_no_truncated_file(root: Path) -> None:
    """What could delete waits by the monotonic clock alone."""

    class Jumped(FileClock):
        def monotonic(self) -> float:
            return 0.0

    write(root, a=OLD)
    jumped = Jumped()
    source = DirectorySource(root, jumped, Reading(settle=SETTLE))
    source.fetch(parse)
    write(root, a=OLD[:50])
    jumped.forward(timedelta(days=3650))
    for _ in range(3):
        assert source.fetch(parse).unsettled == ("a.yaml",)


def tree_that(writes: Callable[[], None]) -> Callable[[Path], Tree]:
    """Make trees under which somebody writes whenever a file is read."""

    class Busy(Tree):
        def content(self, path: str, most: int) -> Content:
            before = super().content(path, most)
            writes()
            after = super().content(path, most)
            return Content(before.before, before.data, after.after)

    return Busy


def test_a_file_that_is_written_while_it_is_read_is_read_again(
    root: Path, clock: FileClock, model: Model
) -> None:
    """The bytes of one version are never taken for another's."""
    write(root, a=b"one")
    writes = iter([b"two, longer", b"two, longer"])
    source = DirectorySource(
        root, clock, open_tree=tree_that(lambda: write(root, a=c) if (c := next(writes, b"")) else None)
    )
    model.take(source.fetch(parse))
    assert model.contents == {"a.yaml": b"two, longer"}


def test_a_file_that_is_always_being_written_is_unsettled(root: Path, clock: FileClock) -> None:
    """Also for a command that runs once: after a few tries it says so."""
    write(root, a=b"one", b=b"two")
    number = 0

    def busy() -> None:
        nonlocal number
        number += 1
        with (root / "a.yaml").open("ab") as file:
            file.write(b"x")

    snapshot = DirectorySource(root, clock, open_tree=tree_that(busy)).fetch(parse)
    assert snapshot.unsettled == ("a.yaml",)
    assert [file.path for file in snapshot.files] == ["b.yaml"]
    assert number < 12


def test_a_write_within_the_same_tick_is_seen(root: Path, source: DirectorySource) -> None:
    """Equal size, and a time stamp that did not move: while it is that young, the content decides."""
    before = (root / "a.yaml").stat()
    write(root, a=OLD.replace(b"v1", b"v2"))
    os.utime(root / "a.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [file.path for file in source.fetch(parse).files] == ["a.yaml"]


def test_an_unchanged_file_is_not_opened_again(root: Path, clock: FileClock) -> None:
    """Except where timestamps can't be trusted: there the content decides every time."""
    write(root, a=b"1", b__c=b"2")
    opened: list[str] = []

    class Watched(Tree):
        def content(self, path: str, most: int) -> Content:
            opened.append(path)
            return super().content(path, most)

    source = DirectorySource(root, clock, open_tree=Watched)
    clock.forward(timedelta(seconds=1))
    source.fetch(parse)
    source.fetch(parse)
    assert opened == ["a.yaml", "b/c.yaml"]
    source.by_content = True
    source.fetch(parse)
    assert opened == ["a.yaml", "b/c.yaml"] * 2


def test_a_stale_handle_is_tried_again(root: Path, clock: FileClock, model: Model) -> None:
    """On a network file system a file that was replaced answers ESTALE once."""
    write(root, a=b"1")
    errors = [errno.ESTALE]

    class Stale(Tree):
        def content(self, path: str, most: int) -> Content:
            if errors:
                raise OSError(errors.pop(), "stale", path)
            return super().content(path, most)

    model.take(DirectorySource(root, clock, open_tree=Stale).fetch(parse))
    assert model.contents == {"a.yaml": b"1"}
