"""Remarks as a person reads them on a terminal: what is well on a line, what is not with its cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconciler.report.checkup.remark import CHECKS, Grade, Remark
from reconciler.report.terminal import Page, Style, many

_STYLES: Final = {
    Grade.OK: Style.GREEN,
    Grade.UNKNOWN: Style.DIM,
    Grade.WARN: Style.YELLOW,
    Grade.FAIL: Style.RED,
}
_GRADE: Final = max(map(len, Grade)) + 2
_NAME: Final = max(map(len, CHECKS)) + 2


def render(remarks: Sequence[Remark], *, color: bool, width: int) -> str:
    """Lay remarks out: grade, check, what was found; beneath it the cure."""
    page = Page(color, width)
    indent = _GRADE + _NAME
    for remark in _merged(remarks):
        head = f"{remark.grade:<{_GRADE}}{remark.check}"
        page.put(remark.text, _STYLES[remark.grade] if remark.fix else Style.PLAIN, indent=indent, label=head)
        if remark.fix:
            page.put(f"fix: {remark.fix}", Style.CYAN, indent=indent)
    page.skip()
    page.put(summary(remarks), Style.BOLD)
    return str(page)


def _merged(remarks: Sequence[Remark]) -> Iterator[Remark]:
    """Tell of all that could not be looked at for one reason at once."""
    told: set[str] = set()
    for remark in remarks:
        if remark.grade is not Grade.UNKNOWN:
            yield remark
        elif remark.text not in told:
            told.add(remark.text)
            alike = [one.check for one in remarks if one.grade is Grade.UNKNOWN and one.text == remark.text]
            more = f"; nor {', '.join(alike[1:])}" if alike[1:] else ""
            yield replace(remark, text=f"{remark.text}{more}")


def summary(remarks: Sequence[Remark]) -> str:
    """Count what was found."""
    failures = sum(remark.grade is Grade.FAIL for remark in remarks)
    warnings = sum(remark.grade is Grade.WARN for remark in remarks)
    if not failures and not warnings:
        return "all is well"
    return f"{many(failures, 'failure')}, {many(warnings, 'warning')}"
