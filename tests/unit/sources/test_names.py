"""Which names count, and how others are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.names import is_fit, is_hidden, is_manifest, shown

paths = st.text(st.characters() | st.sampled_from("\\/\n\u202e\udcff"), min_size=1)


@pytest.mark.parametrize(
    "name", ["a.yaml", "a.yml", "a.json", "推理.yaml", "a b.yaml", "a.b.yaml", "_LOCAL.yaml"]
)
def test_yaml_and_json_are_manifests(name: str) -> None:
    """By the end of the name."""
    assert is_manifest(name)


@pytest.mark.parametrize(
    "name", ["a", "a.YAML", "a.yaml.tmp", ".a.yaml", ".yaml", "#a.yaml", "~$a.json", "yaml"]
)
def test_other_names_are_not(name: str) -> None:
    """Dotfiles and leftovers, whatever they end in."""
    assert not is_manifest(name)


@pytest.mark.parametrize(
    ("path", "hidden"), [("a/b.yaml", False), (".a/b", True), ("a/.b", True), ("a.b/c", False)]
)
def test_a_dot_hides_what_is_beneath(path: str, hidden: bool) -> None:  # noqa: FBT001 - the expected answer
    """At the beginning of any part."""
    assert is_hidden(path) is hidden


@pytest.mark.parametrize(
    "name", ["推理任务.yaml", "naïve.yaml", "a\u3000b.yaml", "\U0001f52c.yaml", "a\u200db.yaml"]
)
def test_text_of_any_language_is_fit(name: str) -> None:
    """Only what breaks or turns text, or can't be encoded, is not."""
    assert is_fit(name)
    assert shown(name) == name


@given(paths)
def test_what_is_shown_can_be_stored_and_printed(path: str) -> None:
    """One line of UTF-8."""
    text = shown(path)
    assert text.encode()
    assert len(text.splitlines()) == 1


@given(paths, paths)
def test_two_paths_never_look_the_same(one: str, other: str) -> None:
    """A refused file can't be mistaken for one that is in use."""
    bytes_of = [path.encode("utf-8", "surrogatepass") for path in (one, other)]
    assert (shown(one) == shown(other)) == (bytes_of[0] == bytes_of[1])
