"""The log of passes: what came of each, every mistake and everything left once, a failure once aloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, TypeVar

from reconciler.desired import Diagnostic, Severity
from reconciler.errors import ReconcilerError
from reconciler.plan import Reason, Sync
from reconciler.report import Counts, Movement, PassReport, ResourceStatus, SyncResult, Trigger
from reconciler.telemetry import get_logger

Told = Callable[[PassReport], None]
"""Takes in each pass that has ended, after it was told in the status."""

_T = TypeVar("_T")

_LISTED: Final = 10
"""How many of a kind one pass logs one by one."""

_WRONG: Final = frozenset({Sync.INVALID, Sync.CONFLICT, Sync.OUT_OF_SYNC})

log = get_logger(__name__)


class Journal:
    """Logs what changes, and keeps quiet about what stays as it was told."""

    def __init__(self, told: Told | None = None) -> None:
        self._told = told
        self._mistakes: frozenset[Diagnostic] = frozenset()
        self._complaint = ""
        self._waits = False

    def leads(self, epoch: int) -> None:
        """Log that this replica writes from now on."""
        self._complaint, self._waits = "", False
        log.info("this replica writes", epoch=epoch)

    def stands_by(self, epoch: int | None) -> None:
        """Log, once, that another replica writes; `epoch` is the one under which this one did until now."""
        if epoch is not None:
            log.warning("another replica writes now", epoch=epoch)
        elif not self._waits:
            log.info("another replica writes, this one stands by")
        self._waits = True

    def ended(self, report: PassReport, moved: Movement) -> None:
        """Log a pass: aloud when anything came of it, and the first one of an epoch in any case."""
        self._complaint = ""
        self._tell_mistakes(report)
        left = [one for one in moved.changed if one.sync is not Sync.SYNCED]
        _each([one for one in left if one.reason is not Reason.MANIFEST_INVALID], _tell_left)
        for carried in report.carried:
            _tell_pass(carried.result, Movement())
        _tell_pass(report.result, moved)
        if self._told is not None:
            self._told(report)

    def _tell_mistakes(self, report: PassReport) -> None:
        """Log the mistakes that were not there before, with their places and cures."""
        found = report.result.diagnostics
        _each([one for one in found if one not in self._mistakes], _tell_mistake)
        self._mistakes = frozenset(found)

    def failed(self, message: str, error: ReconcilerError, **keys: object) -> None:
        """Log a failure loudly once, and quietly while it stays the same."""
        say = log.debug if str(error) == self._complaint else log.warning
        self._complaint = str(error)
        say(message, reason=error.reason, error=error, **keys)


def _each(things: Sequence[_T], tell: Callable[[_T], None]) -> None:
    for thing in things[:_LISTED]:
        tell(thing)
    if len(things) > _LISTED:
        log.warning("and more of these", number=len(things) - _LISTED)


def _tell_mistake(mistake: Diagnostic) -> None:
    say = log.warning if mistake.severity is Severity.ERROR else log.info
    say(
        "a mistake in the manifests",
        place=mistake.where,
        code=mistake.code,
        mistake=mistake.summary,
        **({"help": mistake.hint} if mistake.hint else {}),
    )


def _tell_left(status: ResourceStatus) -> None:
    say = log.warning if status.sync in _WRONG else log.info
    stands = {"sync": status.sync, "reason": status.reason, "why": status.message}
    say("a resource is left as it is", resource=status.key, **stands)


def _tell_pass(result: SyncResult, moved: Movement) -> None:
    came = moved.changed or moved.gone or result.counts != Counts(held_back=result.counts.held_back)
    say = log.info if came or result.trigger is Trigger.START else log.debug
    say(
        "a pass ended",
        pass_id=result.pass_id,
        revision=result.revision,
        trigger=result.trigger,
        outcome=result.outcome,
        counts={name: number for name, number in asdict(result.counts).items() if number},
        changed=_changed(result),
        mistakes=sum(one.severity is Severity.ERROR for one in result.diagnostics),
        milliseconds=round(sum(result.seconds.values()) * 1000, 1),
        stages={stage: round(seconds * 1000, 1) for stage, seconds in result.seconds.items()},
    )


def _changed(result: SyncResult) -> list[str]:
    """Name what the pass changed, as far as one can take it in."""
    done = result.applied.done if result.applied else frozenset()
    return [str(key) for key in sorted(done)[:_LISTED]]
