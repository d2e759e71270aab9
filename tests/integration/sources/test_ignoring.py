"""`.reconcilerignore`: what it hides, and what follows when it changes."""

from __future__ import annotations

from pathlib import Path

from reconciler.sources import DirectorySource
from tests.contract.source_suite import Model, parse
from tests.integration.sources.folders import FileClock, write


def ignore(folder: Path, *patterns: str) -> None:
    """Write the rules of a folder."""
    (folder / ".reconcilerignore").write_text("\n".join(patterns) + "\n", encoding="utf-8")


def test_patterns_are_those_of_git(root: Path, source: DirectorySource, model: Model) -> None:
    """Anchored and not, folders, `**`, negation, comments, an escaped space."""
    write(
        root,
        keep=b"",
        draft=b"",
        sub__draft=b"",
        sub__top=b"",
        top=b"",
        out__x=b"",
        a__b__c__x=b"",
        old__y=b"",
    )
    ignore(root, "# drafts", "draft.yaml", "!/sub/draft.yaml", "/top.yaml", "out/", "a/**/x.yaml", "o*")
    model.take(source.fetch(parse))
    assert set(model.contents) == {"keep.yaml", "sub/draft.yaml", "sub/top.yaml"}


def test_the_deepest_rules_decide(root: Path, source: DirectorySource, model: Model) -> None:
    """A folder's own rules go before those above it; in a folder that is ignored nothing is looked at."""
    write(root, a__x=b"", a__y=b"", b__x=b"", c__d__x=b"")
    ignore(root, "x.yaml", "/c/")
    ignore(root / "a", "!x.yaml", "y.yaml")
    ignore(root / "c" / "d", "!x.yaml")
    model.take(source.fetch(parse))
    assert set(model.contents) == {"a/x.yaml"}


def test_a_change_of_the_rules_is_a_step(root: Path, source: DirectorySource, model: Model) -> None:
    """What they hide from now on is removed, what they show again is new; a hint at them is enough."""
    write(root, a=b"1", sub__b=b"2", sub__deep__c=b"3")
    model.take(source.fetch(parse))
    ignore(root / "sub", "deep/")
    step = model.take(source.fetch(parse, frozenset({"sub/.reconcilerignore"})))
    assert step.removed == ("sub/deep/c.yaml",)
    ignore(root / "sub", "b.yaml")
    model.take(source.fetch(parse, frozenset({"sub/.reconcilerignore"})))
    assert set(model.contents) == {"a.yaml", "sub/deep/c.yaml"}
    (root / "sub" / ".reconcilerignore").unlink()
    model.take(source.fetch(parse))
    assert set(model.contents) == {"a.yaml", "sub/b.yaml", "sub/deep/c.yaml"}


def test_a_hint_at_what_is_ignored_finds_nothing(root: Path, source: DirectorySource) -> None:
    """A file, a folder, something in it."""
    write(root, a=b"1", out__b=b"2")
    ignore(root, "/out/", "skip.yaml")
    source.fetch(parse)
    write(root, skip=b"3", out__b=b"22", out__c=b"4")
    step = source.fetch(parse, frozenset({"skip.yaml", "out", "out/b.yaml", "out/c.yaml"}))
    assert (step.files, step.removed) == ((), ())


def test_a_link_that_is_in_the_way_can_be_ignored(root: Path, source: DirectorySource, model: Model) -> None:
    """As the message says when a link is refused."""
    (root / "broken.yaml").symlink_to("nowhere")
    (root / "outside").symlink_to("/usr")
    ignore(root, "/broken.yaml", "/outside/")
    model.take(source.fetch(parse))
    assert (model.contents, model.refused) == ({}, {})


def test_what_rules_hide_can_be_shown_by_a_link(root: Path, source: DirectorySource, model: Model) -> None:
    """As with what is hidden by a dot."""
    write(root, library__x=b"1", library__y=b"2")
    ignore(root, "/library/")
    (root / "x.yaml").symlink_to("library/x.yaml")
    model.take(source.fetch(parse))
    assert model.contents == {"x.yaml": b"1"}


def test_rules_are_part_of_the_revision(root: Path, clock: FileClock, source: DirectorySource) -> None:
    """They decide what is declared."""
    write(root, a=b"1")
    before = source.fetch(parse).revision
    ignore(root, "b.yaml")
    after = source.fetch(parse)
    assert after.revision != before
    assert after.files == ()
    assert DirectorySource(root, clock).fetch(parse).revision == after.revision
