"""A wake-up: why a pass should run, and where it may look first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from reconciler.plan import Selection
from reconciler.report.result import Trigger
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known to have moved; a pass may look at nothing else.

    `paths` are relative to the source's root, a folder meaning all beneath it. `row_ids` are rows of `users`
    and `workflows`.
    """

    paths: frozenset[str] = frozenset()
    row_ids: frozenset[UUID] = frozenset()
    keys: frozenset[ResourceKey] = frozenset()

    def __or__(self, other: Hints) -> Hints:
        return Hints(self.paths | other.paths, self.row_ids | other.row_ids, self.keys | other.keys)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked for a pass and waits for its result.

    `force` names workflows whose jobs in flight may be altered. `plan` is a saved plan as a document, which
    is to be carried out instead of a pass of the usual kind. `paths` are all that needs to be looked at,
    everything when there is none.
    """

    id: UUID
    force: frozenset[ResourceKey] = field(default_factory=frozenset)
    plan: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    paths: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Wakeup:
    """Any number of requests for a pass, made one.

    `triggers` stand in the order in which they came, each once. `hints` is None when everything is to be
    looked at. `asked_at` is when the first of the requests came, in monotonic seconds; the inbox notes it.
    """

    triggers: tuple[Trigger, ...]
    hints: Hints | None = None
    requests: tuple[Request, ...] = ()
    asked_at: float | None = field(default=None, compare=False)

    @property
    def trigger(self) -> Trigger:
        """The one that is told: the first, though a start goes before all."""
        return Trigger.START if Trigger.START in self.triggers else self.triggers[0]

    @property
    def whole(self) -> bool:
        """Whether everything is to be looked at."""
        return self.hints is None

    @property
    def force(self) -> frozenset[ResourceKey]:
        """The workflows whose jobs in flight may change."""
        return frozenset[ResourceKey]().union(*(request.force for request in self.requests))

    def widened(self) -> Wakeup:
        """Give the same wake-up, to look at everything."""
        return replace(self, hints=None)

    def __or__(self, other: Wakeup) -> Wakeup:
        """Make one of two: what either asked for is asked for, and whole is more than any hint."""
        triggers = tuple(dict.fromkeys((*self.triggers, *other.triggers)))
        requests = tuple(dict.fromkeys((*self.requests, *other.requests)))
        hints = None if self.hints is None or other.hints is None else self.hints | other.hints
        asked_at = min((at for at in (self.asked_at, other.asked_at) if at is not None), default=None)
        return Wakeup(triggers, hints, requests, asked_at)


@dataclass(frozen=True, slots=True)
class Order:
    """What the daemon asks of one pass.

    `pass_id` names the pass before it begins, so that it can be told even if it fails. `epoch` is the
    writer's fence. `absent_long_enough` are resources that no manifest has declared for as long as a folder
    needs to prove it; None when the source needs no such delay. With a `selection` nothing else is changed.
    """

    wakeup: Wakeup
    pass_id: UUID
    epoch: int
    absent_long_enough: frozenset[ResourceKey] | None = None
    selection: Selection | None = None
