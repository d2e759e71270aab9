"""A mistake in a manifest as a value: what, where, the line itself, the cure, and the other place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a source: `path` relative to its root with `/`, the rest counted from 1.

    A file as a whole has line 0; columns count characters, not bytes.
    """

    path: str
    document: int = 0
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class Severity(StrEnum):
    """An error keeps its file from being applied; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The source line of a place and how many of its characters are meant, for a caret beneath them."""

    text: str
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to the mistake, and why: the first of two duplicates, a step of a cycle."""

    where: Location
    note: str
    excerpt: Excerpt | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: a `code` that is stable for ever, a one-sentence `summary`, and how to mend it."""

    code: str
    where: Location
    summary: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    excerpt: Excerpt | None = None
    related: tuple[Related, ...] = ()
    resource: ResourceKey | None = None
