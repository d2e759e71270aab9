"""Differences between manifests and rows as a person reads them: unified diffs of YAML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.report.diff import Difference, State
from reconciler.report.plan_text import Manner
from reconciler.report.terminal import Page, Style

_SAID: Final = {
    State.SAME: ("is what its manifest says", Style.GREEN),
    State.DIFFERS: ("differs", Style.YELLOW),
    State.NO_ROW: ("has no row", Style.YELLOW),
    State.NOT_DECLARED: ("is declared by no manifest", Style.YELLOW),
    State.INVALID: ("has a manifest that is not understood", Style.RED),
}
_STYLES: Final = {"@": Style.CYAN, "+": Style.GREEN, "-": Style.RED}
_HEAD: Final = 2
"""Lines of a unified diff that name its sides."""


def render_differences(found: Sequence[Difference], manner: Manner) -> str:
    """Give each difference as text: what is there with `-`, what the manifest says instead with `+`.

    No line break ends it. Whatever comes from outside is shown so that it can't steer the terminal.
    """
    page = manner.page
    for place, one in enumerate(found):
        if place:
            page.skip()
        _put(page, one, manner)
    return str(page)


def _put(page: Page, one: Difference, manner: Manner) -> None:
    said, style = _SAID[one.state]
    where = manner.place(one.where) if one.where else ""
    page.put_beside(f"{one.key} {said}", style, where)
    for remark in _remarks(one):
        page.put(remark, Style.DIM, indent=4)
    for place, line in enumerate(one.unified.split("\n") if one.unified else ()):
        page.put_whole(line, Style.BOLD if place < _HEAD else _style(line))


def _remarks(one: Difference) -> Iterator[str]:
    if one.action is not None:
        yield f"a pass would {one.action} it; {one.why}"
    if held := one.held_back:
        yield f"left as it is, {held.sync} ({held.reason}): {held.message}"
    if one.strangers:
        yield f"beneath it hang jobs that nobody manages: {', '.join(one.strangers)}"


def _style(line: str) -> Style:
    return _STYLES.get(line[:1], Style.PLAIN)
