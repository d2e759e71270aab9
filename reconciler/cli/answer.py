"""The outcome of a pass as `apply` and `reconcile` show it, whoever ran it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from reconciler.cli.output import Paper, View
from reconciler.plan import HeldBack, Reason, Sync
from reconciler.report.answer import Answer, is_owed
from reconciler.report.plan_text import Manner, put_done
from reconciler.report.result import Outcome
from reconciler.report.root import Root
from reconciler.report.terminal import Page, Style, short
from reconciler.report.wire import document, encode
from reconciler.resources import ResourceKey

_STYLES: Final = {
    Sync.INVALID: Style.RED,
    Sync.CONFLICT: Style.RED,
    Sync.OUT_OF_SYNC: Style.RED,
    Sync.SUSPENDED: Style.YELLOW,
    Sync.DEFERRED: Style.YELLOW,
    Sync.ORPHANED: Style.YELLOW,
    Sync.SYNCED: Style.GREEN,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, narrowed to the resources that were asked about, if any were.

    `shown` says how each of these stands, or without them what was held back; `unknown` are those of which
    nobody can say.
    """

    answer: Answer
    shown: tuple[HeldBack, ...]
    named: tuple[ResourceKey, ...] = ()
    unknown: tuple[ResourceKey, ...] = ()
    root: str = ""

    @classmethod
    def whole(cls, answer: Answer, root: str = "") -> Self:
        """Show all of it; `root` leads from here to the manifests."""
        return cls(answer, answer.held_back, root=root)

    @classmethod
    def about(
        cls, answer: Answer, named: Iterable[ResourceKey], managed: Container[ResourceKey], root: str = ""
    ) -> Self:
        """Narrow it; a resource that was not held back and has a row is as it should be."""
        keys = tuple(named)
        told = {held.key: held for held in answer.held_back}
        if answer.counts.held_back == len(answer.held_back):
            synced = (key for key in keys if key in managed and key not in told)
            told |= {key: HeldBack(key, Sync.SYNCED, Reason.APPLIED, "") for key in synced}
        shown = tuple(told[key] for key in keys if key in told)
        return cls(answer, shown, keys, tuple(key for key in keys if key not in told), root)

    @property
    def complete(self) -> bool:
        """Whether what the manifests ask for is done, but for what somebody chose to leave."""
        if self.answer.outcome in {Outcome.FAILED, Outcome.STALLED}:
            return False
        if self.named:
            return not self.unknown and not any(_falls_short(held) for held in self.shown)
        return not self.answer.owed and not self.answer.mistakes

    def view(self) -> View:
        """Show it."""
        return View(self._text, self._document, lambda: (str(held.key) for held in self.shown))

    def _document(self) -> dict[str, Any]:
        narrowed = {"named": encode(self.shown), "unknown": encode(self.unknown)} if self.named else {}
        return {**document(self.answer), **narrowed}

    def _put_done(self, page: Page, paper: Paper) -> None:
        """Tell what was done, one beneath the other, as a plan tells what would be."""
        manner = Manner(paper, self.root, done=True)
        put_done(page, self.answer.steps, manner)
        if self.answer.steps and not paper.wide:
            page.skip()

    def _text(self, paper: Paper) -> str:
        answer, page = self.answer, Page(paper.coloured, paper.width)
        if not self.named:
            self._put_done(page, paper)
        said = "the pass did not reach its end" if answer.error else str(answer.counts)
        page.put(f"{answer.outcome}: {said}", Style.GREEN if self.complete else Style.RED)
        if answer.error:
            page.put(answer.error, Style.RED, indent=2)
            return str(page)
        page.put(f"revision {short(answer.revision)}", Style.DIM)
        for held in self.shown:
            _put(page, held, Root(self.root))
        for key in self.unknown:
            page.put(f"{key} is not known", Style.RED, indent=2)
        if self.named:
            return str(page)
        if more := answer.counts.held_back - len(answer.held_back):
            page.put(f"and {more:,} more: `reconciler status` shows them", indent=2)
        if answer.mistakes:
            page.put(f"{_mistakes(answer.mistakes)}: `reconciler validate` shows where", Style.RED)
        return str(page)


def _falls_short(held: HeldBack) -> bool:
    return held.sync is not Sync.SYNCED and is_owed(held)


def _put(page: Page, held: HeldBack, root: Root) -> None:
    if held.sync is Sync.SYNCED:
        page.put(f"{held.key} {held.sync}", _STYLES[held.sync], indent=2)
        return
    place = str(root.path(held.where)) if held.where and held.where.line else ""
    page.put_beside(f"{held.key} {held.sync} ({held.reason})", _STYLES[held.sync], place, indent=2)
    if held.message:
        page.put(held.message, indent=4)


def _mistakes(number: int) -> str:
    return "1 mistake in the manifests" if number == 1 else f"{number:,} mistakes in the manifests"
