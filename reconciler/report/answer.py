"""What whoever asked for a pass is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self
from uuid import UUID

from reconciler.desired import Severity
from reconciler.errors import ReconcilerError
from reconciler.plan import HeldBack, Part, Reason
from reconciler.report.result import Counts, Outcome, SyncResult
from reconciler.report.steps import Step

MOST_TOLD: Final = 100
"""How many of the resources that were held back are told one by one."""

_BY_CHOICE: Final = frozenset(
    {Reason.PRUNE_OFF, Reason.PROTECTED, Reason.PRUNE_DELAYED, Reason.SUSPENDED, Reason.NOT_TARGETED}
)
"""Somebody wants it left, or left for a moment: the pass did what it should."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A pass in short.

    `owed` counts the resources that fall short of what was asked; they come first in `held_back`, which
    tells no more than `MOST_TOLD` of all that `counts` knows of. `steps` tell what was done, as many at
    most. `error` says why a pass did not reach its end. `stale` says, resource by resource, why a saved
    plan was refused.
    """

    pass_id: UUID
    outcome: Outcome
    revision: str
    counts: Counts
    owed: int
    mistakes: int
    held_back: tuple[HeldBack, ...]
    error: str = ""
    steps: tuple[Step, ...] = ()
    stale: str = ""

    @classmethod
    def of(cls, result: SyncResult, steps: Iterable[Step] = ()) -> Self:
        """Tell of a pass that has ended, and of what it did."""
        told = sorted(result.held_back, key=lambda held: (not is_owed(held), held.key))
        return cls(
            pass_id=result.pass_id,
            outcome=result.outcome,
            revision=result.revision,
            counts=result.counts,
            owed=sum(map(is_owed, told)),
            mistakes=sum(one.severity is Severity.ERROR for one in result.diagnostics),
            held_back=tuple(told[:MOST_TOLD]),
            steps=tuple(steps),
        )

    @classmethod
    def of_refusal(cls, pass_id: UUID, error: ReconcilerError) -> Self:
        """Tell of a saved plan that was refused: nothing of it was done."""
        return cls(
            pass_id, Outcome.STALLED, "", Counts(), 0, 0, (), error.what, stale=error.why or error.what
        )

    def of_part(self, part: Part | None, held_back: Iterable[HeldBack]) -> Answer:
        """Tell of a part alone, and of what of it was held back; mistakes beside it are not its own."""
        told = (held for held in held_back if part is None or held.key in part.keys)
        found = sorted(told, key=lambda held: (not is_owed(held), held.key))
        return replace(
            self,
            mistakes=0,
            counts=replace(self.counts, held_back=len(found)),
            owed=sum(map(is_owed, found)),
            held_back=tuple(found[:MOST_TOLD]),
        )

    @classmethod
    def of_stall(cls, pass_id: UUID, error: ReconcilerError) -> Self:
        """Tell of a pass that waiting would not have brought to its end."""
        return cls(pass_id, Outcome.STALLED, "", Counts(), 0, 0, (), str(error))


def is_owed(held: HeldBack) -> bool:
    """Whether leaving it falls short of what was asked, rather than being what somebody chose."""
    return held.reason not in _BY_CHOICE
