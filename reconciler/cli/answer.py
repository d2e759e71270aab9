"""The outcome of a pass as `apply` and `reconcile` show it, whoever ran it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from reconciler.cli.held import is_owed, put_held
from reconciler.cli.output import Paper, View
from reconciler.plan import HeldBack, Reason, Sync
from reconciler.report import Counts, Outcome
from reconciler.report.terminal import Page, Style
from reconciler.report.wire import decode, document
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of a pass to whoever asked for it; `told` is that as JSON.

    `held_back` are the first hundred; `counts` knows how many there are. `named` are the resources that
    were asked about, when not all were, and `unknown` those of them of which nobody can say how they stand.
    """

    pass_id: str
    outcome: Outcome
    revision: str
    counts: Counts
    held_back: tuple[HeldBack, ...]
    mistakes: int
    named: tuple[ResourceKey, ...] = ()
    unknown: tuple[ResourceKey, ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """Read what `reconcile.answer` wrote."""
        return cls(
            told["passId"],
            Outcome(told["outcome"]),
            told["revision"],
            decode(Counts, told["counts"]),
            tuple(decode(HeldBack, held) for held in told["heldBack"]),
            told["mistakes"],
        )

    def about(self, keys: Iterable[ResourceKey], managed: Container[ResourceKey]) -> Answer:
        """Narrow it to some resources; one that was not held back and has a row is as it should be."""
        told = {held.key: held for held in self.held_back}
        for key in keys:
            if key not in told and key in managed and not self.untold:
                told[key] = HeldBack(key, Sync.SYNCED, Reason.APPLIED, "")
        found = tuple(told[key] for key in keys if key in told)
        return replace(
            self, named=tuple(keys), held_back=found, unknown=tuple(key for key in keys if key not in told)
        )

    @property
    def untold(self) -> int:
        """How many more were held back than are told here."""
        return 0 if self.named else self.counts.held_back - len(self.held_back)

    @property
    def complete(self) -> bool:
        """Whether what the manifests ask for is done, but for what somebody chose to leave."""
        if self.outcome in {Outcome.FAILED, Outcome.STALLED} or any(map(is_owed, self.held_back)):
            return False
        return not (self.unknown if self.named else self.mistakes or self.untold)

    def view(self) -> View:
        """Show it."""
        return View(
            self._text,
            lambda: document(self),
            lambda: (str(held.key) for held in self.held_back),
        )

    def _text(self, paper: Paper) -> str:
        page = Page(paper.coloured, paper.width)
        style = Style.GREEN if self.complete else Style.RED
        page.put_whole(f"{self.outcome}: {self.counts}", style)
        page.put(f"revision {self.revision}", Style.DIM)
        put_held(page, self.held_back)
        if self.untold:
            page.put(f"and {self.untold} more: `reconciler status` shows them", indent=2)
        for key in self.unknown:
            page.put(f"{key} is not known: `reconciler get` lists what is", Style.RED, indent=2)
        if self.mistakes and not self.named:
            page.put(f"{_mistakes(self.mistakes)}: `reconciler validate` shows where", Style.RED)
        return str(page)


def _mistakes(number: int) -> str:
    return "1 mistake in the manifests" if number == 1 else f"{number:,} mistakes in the manifests"
