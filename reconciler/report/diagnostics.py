"""Mistakes in manifests as people and programs are told of them: excerpts with carets, or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.desired import Diagnostic, Excerpt, Location, Severity, shown
from reconciler.report import wire
from reconciler.report.cells import broken, columns, window, wrapped


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Everything that was found, and how much of what in how many files."""

    errors: int
    warnings: int
    files: int
    diagnostics: tuple[Diagnostic, ...]

    @classmethod
    def of(cls, diagnostics: Iterable[Diagnostic]) -> Diagnostics:
        """Count."""
        found = tuple(diagnostics)
        errors = sum(one.severity is Severity.ERROR for one in found)
        return cls(errors, len(found) - errors, len({one.where.path for one in found}), found)

    @property
    def summary(self) -> str:
        """One line: `3 errors and 1 warning in 2 files`."""
        counts = [_count(self.errors, "error")] if self.errors or not self.warnings else []
        if self.warnings:
            counts.append(_count(self.warnings, "warning"))
        where = f" in {_count(self.files, 'file')}" if self.files else ""
        return f"{' and '.join(counts)}{where}"


def to_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Give the diagnostics as a document that says its version and its kind."""
    return wire.document(Diagnostics.of(diagnostics))


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool, width: int) -> str:
    """Show each diagnostic with its line and a caret, and at the end how many there were; "" for none.

    `width` is that of the terminal: longer lines of source are cut around the caret, messages are broken.
    """
    found = Diagnostics.of(diagnostics)
    if not found.diagnostics:
        return ""
    page = _Page(_COLORS if color else _PLAIN, max(width, _NARROWEST))
    parts = [page.show(one) for one in found.diagnostics]
    return "\n".join([*parts, page.paint("error" if found.errors else "warning", found.summary), ""])


def blocks(diagnostics: Iterable[Diagnostic], *, color: bool, width: int) -> Iterator[list[str]]:
    """Give the lines that show each diagnostic, without the count at the end."""
    page = _Page(_COLORS if color else _PLAIN, max(width, _NARROWEST))
    return (list(page.lines(one)) for one in diagnostics)


_NARROWEST: Final = 40
_PLAIN: Final[dict[str, str]] = {}
_COLORS: Final = {
    "error": "1;31",
    "warning": "1;33",
    "summary": "1",
    "gutter": "1;34",
    "related": "34",
    "help": "1;36",
}


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place to be shown: with `primary` the mistake itself, else a place that belongs to it."""

    where: Location
    excerpt: Excerpt
    note: str
    primary: bool


class _Page:
    """Writes diagnostics in one manner."""

    def __init__(self, colors: dict[str, str], width: int) -> None:
        self._colors = colors
        self._width = width

    def paint(self, role: str, text: str) -> str:
        """Give a text the colour of its role."""
        color = self._colors.get(role)
        return f"\x1b[{color}m{text}\x1b[0m" if color else text

    def show(self, one: Diagnostic) -> str:
        """Give the lines of one diagnostic."""
        return "".join(f"{line}\n" for line in self.lines(one))

    def lines(self, one: Diagnostic) -> Iterator[str]:
        """Give what `show` puts together."""
        yield from self._headline(one)
        numbers = [one.where.line, *(other.where.line for other in one.related)]
        margin = max(len(str(max(numbers))), 1)
        left = " " * margin
        bar = self.paint("gutter", f"{left} |")
        yield f"{self.paint('gutter', f'{left}-->')} {_visible(str(one.where))}"
        files = _by_file(one)
        for path, marks in files:
            if path != one.where.path:
                yield bar
                yield f"{self.paint('gutter', f'{left}:::')} {_visible(str(marks[0].where))}"
            yield bar
            yield from self._snippet(marks, margin, bar)
        if files and one.hint:
            yield bar
        note = self.paint("gutter", f"{left} =")
        for other in one.related:
            if other.excerpt is None:
                yield f"{note} {_visible(other.note)}: {_visible(str(other.where))}"
        if one.hint:
            first, *rest = broken(_visible(one.hint), self._width - margin - len(" = help: "))
            yield f"{note} {self.paint('help', 'help')}: {first}"
            yield from (f"{left}{' ' * len(' = help: ')}{line}" for line in rest)

    def _headline(self, one: Diagnostic) -> Iterator[str]:
        label = f"{one.severity}[{_visible(one.code)}]"
        indent = len(f"{label}: ")
        first, *rest = broken(_visible(one.summary), self._width - indent)
        yield f"{self.paint(str(one.severity), label)}{self.paint('summary', f': {first}')}"
        yield from (f"{' ' * indent}{self.paint('summary', line)}" for line in rest)

    def _snippet(self, marks: Sequence[_Mark], margin: int, bar: str) -> Iterator[str]:
        """Show the lines of one file in their order, what is marked in each beneath it."""
        previous: _Mark | None = None
        shown_line = ""
        for mark in marks:
            view = window(
                mark.excerpt.text, mark.excerpt.column, mark.excerpt.width, self._width - margin - 3
            )
            if previous is not None and mark.where.line > previous.where.line + 1:
                yield self.paint("gutter", "." * 3)
            if previous is None or mark.where.line != previous.where.line or view.text != shown_line:
                yield f"{self.paint('gutter', f'{mark.where.line:>{margin}} |')} {view.text}".rstrip()
            role, sign = ("error", "^") if mark.primary else ("related", "-")
            note = f" {_visible(mark.note)}" if mark.note else ""
            room = self._width - margin - 3 - view.start - view.width
            beside, *rest = (
                [note] if columns(note) <= room else ["", *wrapped(note, self._width - margin - 3)]
            )
            yield f"{bar} {' ' * view.start}{self.paint(role, sign * view.width + beside)}"
            yield from (f"{bar} {self.paint(role, line)}" for line in rest)
            previous, shown_line = mark, view.text


def _by_file(one: Diagnostic) -> list[tuple[str, list[_Mark]]]:
    """Sort what is to be shown by file, that of the mistake first, and by line."""
    marks = [_Mark(one.where, one.excerpt, "", primary=True)] if one.excerpt else []
    marks.extend(
        _Mark(other.where, other.excerpt, other.note, primary=False) for other in one.related if other.excerpt
    )
    files: dict[str, list[_Mark]] = {}
    for mark in marks:
        files.setdefault(mark.where.path, []).append(mark)
    return [(path, sorted(found, key=lambda mark: mark.where)) for path, found in files.items()]


def _visible(text: str) -> str:
    return shown(text, len(text) + 1)
