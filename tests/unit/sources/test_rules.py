"""`.reconcilerignore` in gitignore syntax."""

from __future__ import annotations

import pytest

from reconciler.sources.rules import RulesBroken, compile_rules, is_ignored


def test_no_rules_ignore_nothing() -> None:
    """As long as nobody wrote any."""
    assert not is_ignored("a/b.yaml", {})


def test_the_deepest_that_mentions_a_path_decides() -> None:
    """What it does not mention is left to those above."""
    rules = {"": compile_rules(b"x.yaml\ny.yaml\n"), "a": compile_rules(b"!x.yaml\n")}
    assert not is_ignored("a/x.yaml", rules)
    assert is_ignored("a/y.yaml", rules)
    assert is_ignored("b/x.yaml", rules)


def test_a_pattern_for_folders_means_folders() -> None:
    """Which are asked about with a slash at their end."""
    rules = {"": compile_rules(b"\xef\xbb\xbfout/\n")}
    assert is_ignored("out/", rules)
    assert not is_ignored("out", rules)


@pytest.mark.parametrize("content", [b"\xff", b"\\", b"a\n!\\\n"])
def test_rules_that_can_not_be_understood_are_refused(content: bytes) -> None:
    """With the reason."""
    with pytest.raises(RulesBroken, match=r"UTF-8|pattern"):
        compile_rules(content)
