"""What is decided: changes, and what is left as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.plan.change import Change
from reconciler.plan.held import Gate, HeldBack


class Verdicts(NamedTuple):
    """The changes that may go on, what was held back, and the gates that were met, closed or open."""

    changes: tuple[Change, ...]
    held: tuple[HeldBack, ...] = ()
    closed: tuple[Gate, ...] = ()
    opened: tuple[Gate, ...] = ()


def sort_out(verdicts: Iterable[Change | HeldBack]) -> Verdicts:
    """Part the changes from what is held back, each in the order given."""
    changes: list[Change] = []
    held: list[HeldBack] = []
    for verdict in verdicts:
        if isinstance(verdict, HeldBack):
            held.append(verdict)
        else:
            changes.append(verdict)
    return Verdicts(tuple(changes), tuple(held))
