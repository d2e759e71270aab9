"""Which lines of a file belong to a document."""

from __future__ import annotations

import pytest

from reconciler.web.manifests import lines_of


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ("a: 1\nb: 2\n", 2, (1, 2)),
        ("a: 1\n---\nb: 2\nc: 3\n", 1, (1, 1)),
        ("a: 1\n---\nb: 2\nc: 3\n", 4, (3, 4)),
        ("---\na: 1\n--- # next\nb: 2\n", 2, (2, 2)),
        ("---\na: |\n  ---\n  b\n", 4, (2, 4)),
        ("a: 1\n", 0, (0, 0)),
    ],
)
def test_a_document_ends_where_the_next_begins(text: str, line: int, lines: tuple[int, int]) -> None:
    """A mark stands at the beginning of its line; text that is indented is none."""
    assert lines_of(text, line) == lines
