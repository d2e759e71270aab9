"""What full looks find is held against what events announced."""

from __future__ import annotations

from reconciler.sources.probe import Probe


def heard() -> Probe:
    """Make a probe that two full looks have armed."""
    probe = Probe()
    probe.found([], 0)
    probe.found([], 0)
    return probe


def test_a_change_that_nobody_announced_is_unheard() -> None:
    """After a second, and once."""
    probe = heard()
    probe.found(["a", "b/c"], 10)
    assert probe.unheard(10.5) == []
    assert probe.unheard(11.5) == ["a", "b/c"]
    assert probe.unheard(12) == []


def test_what_was_announced_before_or_soon_after_is_heard() -> None:
    """Itself or a folder above it; also one look earlier, for it may have come while that was going on."""
    probe = heard()
    probe.announce(["a", "b"])
    probe.found([], 5)
    probe.found(["a", "b/c", "late", "d/late"], 10)
    probe.announce(["late", "d"])
    assert probe.unheard(12) == []
    probe.found(["a"], 20)
    probe.found(["a"], 30)
    assert probe.unheard(32) == ["a"]


def test_who_announced_anything_announced_everything() -> None:
    """As a watcher does when it begins: nothing that the next two looks find is held against it."""
    probe = heard()
    probe.announce(None)
    probe.found(["a"], 0)
    probe.found(["b"], 0)
    assert probe.unheard(9) == []
    probe.found(["c"], 10)
    assert probe.unheard(19) == ["c"]


def test_a_flood_of_announcements_is_not_kept() -> None:
    """It counts as anything."""
    probe = heard()
    for number in range(11_000):
        probe.announce([str(number)])
    probe.found(["x"], 0)
    assert probe.unheard(9) == []


def test_a_probe_that_is_new_knows_nothing() -> None:
    """What changed before it began can't have been announced to it."""
    probe = Probe()
    probe.found(["a"], 0)
    probe.found(["b"], 0)
    assert probe.unheard(9) == []
