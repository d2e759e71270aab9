"""The errors that leave this package's edges, each saying what failed, where, why, and what to do.

    ReconcilerError
    ├── TransientError            it may pass by itself: tried again with backoff
    │   ├── StoreUnavailable      PostgreSQL refuses connections, is starting, went away, is full
    │   ├── SourceUnavailable     the folder or repository can't be read just now
    │   ├── StatusUnavailable     Redis does not answer; never stops a pass
    │   └── PlanOutdated          the rows moved between plan and apply: plan again
    ├── TerminalError             waiting does not help: stalled until something changes
    │   ├── StoreRefused          no permission, a read-only server, a pooler in between
    │   ├── SchemaMismatch        tables that this version can't work with
    │   ├── SourceRefused         a root that is not a folder, a source that is not the one on record
    │   ├── EmbeddedFailed        the embedded PostgreSQL or Redis does not start
    │   ├── AlreadyRunning        another process holds this folder
    │   └── InternalError         a mistake of ours
    ├── PlanStale                 a saved plan is not what would be done any more; nothing of it was done
    ├── SteppedDown               another replica writes now: every write of ours is refused
    └── UsageError                wrong flags, settings or names: exit code 2

Mistakes in manifests are not errors but data: see `reconciler.desired.Diagnostic`.
"""

from __future__ import annotations

__all__ = [
    "AlreadyRunning",
    "EmbeddedFailed",
    "InternalError",
    "PlanOutdated",
    "PlanStale",
    "ReconcilerError",
    "SchemaMismatch",
    "SourceRefused",
    "SourceUnavailable",
    "StatusUnavailable",
    "SteppedDown",
    "StoreRefused",
    "StoreUnavailable",
    "TerminalError",
    "TransientError",
    "UsageError",
]


class ReconcilerError(Exception):
    """What went wrong (`what`), with what (`where`), because of what (`why`), and the cure (`fix`).

    Every part is text for a person, without secrets; only `what` is obligatory.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix

    @property
    def reason(self) -> str:
        """The CamelCase word that conditions and JSON carry: the name of the class."""
        return type(self).__name__

    def __str__(self) -> str:
        """One line: what, where, why, fix, as far as they are known."""
        where = f" ({self.where})" if self.where else ""
        why = f": {self.why}" if self.why else ""
        fix = f"; {self.fix}" if self.fix else ""
        return f"{self.what}{where}{why}{fix}"


class TransientError(ReconcilerError):
    """It may pass by itself: the pass is tried again with backoff."""


class StoreUnavailable(TransientError):
    """PostgreSQL does not answer, or can't commit at the moment."""


class SourceUnavailable(TransientError):
    """The manifests can't be read at the moment; nothing is concluded from that."""


class StatusUnavailable(TransientError):
    """Redis does not answer; the status in PostgreSQL goes on."""


class PlanOutdated(TransientError):
    """The rows are no longer what the plan saw."""


class TerminalError(ReconcilerError):
    """Waiting does not help: the daemon stalls until a file, a setting or a request changes something."""


class StoreRefused(TerminalError):
    """PostgreSQL answers, and says no."""


class SchemaMismatch(TerminalError):
    """The tables are not the ones that this version works with."""


class SourceRefused(TerminalError):
    """The source is not one that may be reconciled as it stands."""


class EmbeddedFailed(TerminalError):
    """An embedded server can't be started or has died for good."""


class AlreadyRunning(TerminalError):
    """Another process of ours holds the folder."""


class InternalError(TerminalError):
    """A mistake of ours: an error of a kind that nobody foresaw, which trying again would only repeat."""


class PlanStale(ReconcilerError):
    """A saved plan is not what would be done any more: nothing of it was done, a new one must be made."""


class SteppedDown(ReconcilerError):
    """Another replica has taken over; this one wrote nothing and must stand for election again."""


class UsageError(ReconcilerError):
    """The command line, a setting or a name is wrong."""
