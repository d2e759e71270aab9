"""Tables for people: columns as wide as what stands in them, whatever characters that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from reconciler.cli.output import Paper
from reconciler.report.terminal import Style, columns, harmless

_T = TypeVar("_T")
_T_contra = TypeVar("_T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Column(Generic[_T_contra]):
    """One column; `wide` ones are shown only when everything is asked for."""

    title: str
    cell: Callable[[_T_contra], str]
    wide: bool = False
    style: Callable[[_T_contra], Style] | None = None


def table(rows: Iterable[_T], layout: Sequence[Column[_T]], paper: Paper) -> str:
    """Lay rows out beneath their titles; an empty cell shows as `-`."""
    shown = [column for column in layout if paper.wide or not column.wide]
    things = list(rows)
    cells = [[harmless(column.cell(thing)) or "-" for column in shown] for thing in things]
    widths = [
        max(columns(text) for text in texts)
        for texts in zip([column.title for column in shown], *cells, strict=True)
    ]
    lines = [_line([column.title for column in shown], widths, [Style.DIM] * len(shown), paper)]
    for thing, texts in zip(things, cells, strict=True):
        styles = [column.style(thing) if column.style else Style.PLAIN for column in shown]
        lines.append(_line(texts, widths, styles, paper))
    return "\n".join(lines)


def _line(texts: Sequence[str], widths: Sequence[int], styles: Sequence[Style], paper: Paper) -> str:
    padded = []
    for place, (text, width, style) in enumerate(zip(texts, widths, styles, strict=True)):
        gap = " " * (width - columns(text)) if place < len(texts) - 1 else ""
        painted = f"\x1b[{style}m{text}\x1b[0m" if paper.coloured and style else text
        padded.append(f"{painted}{gap}")
    return "  ".join(padded).rstrip()
