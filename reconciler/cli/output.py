"""What a command shows, in the form that was asked for: text for people, JSON, YAML or names for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import click

from reconciler.cli.streams import write
from reconciler.cli.terminal import is_coloured, is_piped, note_left_out, width
from reconciler.report.table import Column, Grid
from reconciler.report.terminal import Paper

__all__ = [
    "Form",
    "Paper",
    "Table",
    "View",
    "as_json",
    "as_yaml",
    "output_option",
    "paper_of",
    "show",
    "show_document",
]

_T = TypeVar("_T")

_NO_FOLD: Final = 1 << 20


class Form(StrEnum):
    """The forms of output."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class View:
    """What a command shows.

    `text` is for people, and may be empty; `document` is JSON that says its version; `names` are what another
    program may be given one by one. `left_out` gives the titles of what the text had no room for.
    """

    text: Callable[[Paper], str]
    document: Callable[[], Mapping[str, Any]]
    names: Callable[[], Iterable[str]]
    left_out: Callable[[], Sequence[str]] = tuple


@dataclass(slots=True)
class Table(Generic[_T]):
    """Rows that a view shows as a table, and the titles for which there was no room when it did."""

    rows: Iterable[_T]
    layout: Sequence[Column[_T]]
    left_out: Sequence[str] = ()

    def text(self, paper: Paper) -> str:
        """Lay it out."""
        grid = Grid(self.layout, paper)
        lines = grid.lines(self.rows)
        self.left_out = grid.left_out
        return "\n".join(lines)


output_option = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice([form.value for form in Form], case_sensitive=False),
    default=Form.TABLE.value,
    help="How it is shown: table, wide, json, yaml or name.",
    metavar="FORM",
)


def paper_of(form: Form) -> Paper:
    """Give what stdout is."""
    return Paper(is_coloured(sys.stdout), width(), form is Form.WIDE, is_piped())


def show(view: View, form: str) -> None:
    """Write a view to stdout.

    Raises:
        BrokenPipeError: nobody reads any more.
        ReconcilerError: it can't be written, on a full disk for one.

    """
    write(_written(view, Form(form)))
    note_left_out(view.left_out())


def show_document(document: Mapping[str, Any], form: str) -> None:
    """Write to stdout, as JSON or YAML, what is made for programs alone; raises as `show` does."""
    write(_ended(as_yaml(document) if Form(form) is Form.YAML else as_json(document)))


def _written(view: View, form: Form) -> str:
    match form:
        case Form.TABLE | Form.WIDE:
            return _ended(view.text(paper_of(form)))
        case Form.JSON:
            return _ended(as_json(view.document()))
        case Form.YAML:
            return _ended(as_yaml(view.document()))
        case Form.NAME:
            return "".join(f"{name}\n" for name in view.names())


def _ended(text: str) -> str:
    return f"{text}\n" if text and not text.endswith("\n") else text


def as_json(document: Mapping[str, Any] | Sequence[Any]) -> str:
    """Give a document, or a part of one, as JSON for people and programs; no line break ends it."""
    import json

    return json.dumps(document, ensure_ascii=False, indent=2)


def as_yaml(document: Mapping[str, Any] | Sequence[Any]) -> str:
    """Give a document, or a part of one, as YAML; a line break ends it."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(document, Dumper=dumper, allow_unicode=True, sort_keys=False, width=_NO_FOLD)
