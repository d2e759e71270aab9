"""Whoever is told of an error is told what to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import errors
from reconciler.settings import OPTIONS
from reconciler.settings.options import Option

PACKAGE = Path(errors.__file__).parent
DOCTORED = {"StoreUnavailable", "StoreRefused", "StatusUnavailable"}
"""A command that tells of these points to `doctor` by itself."""


def raised(path: Path) -> Iterator[tuple[int, str, set[str | None]]]:
    """Give the errors that a module makes: line, class, and which parts each is told with."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in errors.__all__:
            yield node.lineno, node.func.id, {keyword.arg for keyword in node.keywords}


def test_every_error_comes_with_its_cure() -> None:
    """What went wrong is only half of what a person needs. HTTP says in its own documents what it takes."""
    lacking = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "web"
        for line, name, parts in raised(path)
        if name not in DOCTORED and not parts & {"fix", None}
    ]

    assert lacking == []


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_setting_that_can_not_be_read_comes_with_an_example(option: Option) -> None:
    """Or with what it has to be."""
    assert option.fix
