"""Every metric there is: its name, what it means, and what its labels may say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from reconciler import errors
from reconciler.desired import Severity
from reconciler.desired.codes import Code
from reconciler.plan import GateKind, Sync
from reconciler.report import Outcome, Trigger
from reconciler.report.fields import Action
from reconciler.report.standing import Part
from reconciler.report.status import ConditionType
from reconciler.resources import Kind

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

OTHER: Final = "other"
"""What a label says of a value that it does not know."""


class Type(StrEnum):
    """How a metric behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """A label with the values that it may have besides `other`; None for what is told as it is, once."""

    name: str
    values: tuple[str, ...] | None

    def fold(self, value: str) -> str:
        """Give the value if it is a known one."""
        return value if self.values is None or value in self.values else OTHER


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric. `name` is the whole name, as Prometheus stores it; `meaning` is a sentence or two.

    `writers` says that it is told of the instance, by the replica that writes; the others leave it out.
    """

    name: str
    type: Type
    meaning: str
    labels: tuple[Label, ...] = ()
    writers: bool = False

    def fold(self, values: Iterable[str]) -> list[str]:
        """Give the values of its labels, in their order, each a known one."""
        return [label.fold(str(value)) for label, value in zip(self.labels, values, strict=True)]


def _label(name: str, values: Iterable[str]) -> Label:
    return Label(name, tuple(str(value) for value in values))


STAGES: Final = ("fetch", "build", "load", "plan", "apply")
MODES: Final = ("inotify", "polling")
DRIFT_ENDS: Final = ("healed", "reported", "blocked")

_TRIGGER: Final = _label("trigger", Trigger)
_KIND: Final = _label("kind", Kind)
_SCOPE: Final = _label("scope", ("whole", "narrow"))
_BASES: Final = {"ReconcilerError", "TransientError", "TerminalError", "SteppedDown", "UsageError"}
_REASON: Final = _label("reason", (name for name in errors.__all__ if name not in _BASES))

BUILD: Final = Definition(
    "reconciler_build_info",
    Type.GAUGE,
    "Always 1; the labels say which version runs, on which Python.",
    (Label("version", None), Label("python", None)),
)
REPLICA: Final = Definition(
    "reconciler_replica_info",
    Type.GAUGE,
    "Always 1; the labels name this replica, and the instance that it reconciles.",
    (Label("replica", None), Label("name", None)),
)
PASSES: Final = Definition(
    "reconciler_passes_total",
    Type.COUNTER,
    "Passes that this process ran, by what asked for them and how they ended.",
    (_TRIGGER, _label("outcome", Outcome)),
)
PASS_SECONDS: Final = Definition(
    "reconciler_pass_duration_seconds",
    Type.HISTOGRAM,
    "How long passes took that reached their end: those that looked at everything, and narrow ones.",
    (_SCOPE,),
)
STAGE_SECONDS: Final = Definition(
    "reconciler_stage_duration_seconds",
    Type.HISTOGRAM,
    "How long each stage of a pass took. `apply` is only told of passes that had something to write.",
    (_label("stage", STAGES),),
)
REACTION_SECONDS: Final = Definition(
    "reconciler_reaction_seconds",
    Type.HISTOGRAM,
    "From the moment at which something first asked for a pass to the end of the pass that then wrote rows, "
    'failed attempts in between included. With `trigger="files"` it is the time from the event of a save to '
    "the committed row; where files are polled, the wait for the next look comes on top of it.",
    (_TRIGGER,),
)
CHANGES: Final = Definition(
    "reconciler_changes_total",
    Type.COUNTER,
    "Changes that were committed, by resource. `note`, `orphan` and `forget` write our books alone.",
    (_KIND, _label("action", Action)),
)
ROWS_WRITTEN: Final = Definition(
    "reconciler_rows_written_total",
    Type.COUNTER,
    "Rows of `users`, `workflows` and `jobs` that passes inserted, updated or deleted.",
)
DRIFT: Final = Definition(
    "reconciler_drift_total",
    Type.COUNTER,
    "Resources whose rows somebody else had changed or deleted: put back (`healed`), left and shown because "
    "`self_heal` is off (`reported`), or waiting for approval because they are too many (`blocked`).",
    (_KIND, _label("outcome", DRIFT_ENDS)),
)
FAILURES: Final = Definition(
    "reconciler_failures_total",
    Type.COUNTER,
    "Attempts that failed, to run a pass or to stand for election, by the reason that `status` shows.",
    (_label("attempt", ("pass", "election")), _REASON),
)
RETRIES: Final = Definition(
    "reconciler_retries_total",
    Type.COUNTER,
    "Passes that the daemon asked of itself: after a `failure`, because rows were `busy`, a file was in "
    "mid-write (`unsettled`), or a manifest has been `absent` for long enough.",
    (_label("cause", ("failure", "busy", "unsettled", "absent")),),
)
WAKEUPS: Final = Definition(
    "reconciler_wakeups_total",
    Type.COUNTER,
    "Requests for a pass that came in. Those that wait together become one pass.",
    (_TRIGGER,),
)
WAITING: Final = Definition(
    "reconciler_wakeup_waiting_seconds",
    Type.GAUGE,
    "How long the oldest request for a pass has been waiting in the inbox; 0 when it is empty.",
)
LEADER: Final = Definition(
    "reconciler_leader", Type.GAUGE, "1 on the replica that writes, 0 on one that stands by."
)
EPOCH: Final = Definition(
    "reconciler_epoch",
    Type.GAUGE,
    "The epoch under which this replica writes, or wrote last. Each change of the writer adds one.",
)
CONDITION: Final = Definition(
    "reconciler_condition",
    Type.GAUGE,
    "1 when the condition of the daemon holds, 0 when it does not.",
    (_label("type", ConditionType),),
)
PROBLEM: Final = Definition(
    "reconciler_problem",
    Type.GAUGE,
    "1 while this part of the daemon is ill: what `status` then says. An ill Redis stops nothing.",
    (_label("part", Part),),
)
WATCHER_MODE: Final = Definition(
    "reconciler_watcher_mode",
    Type.GAUGE,
    "1 for the way in which edits are learnt of: by events, or by looking every few seconds.",
    (_label("mode", MODES),),
)
HEARTBEAT: Final = Definition(
    "reconciler_heartbeat_timestamp_seconds",
    Type.GAUGE,
    "When the daemon told last how it stands; it does so once a second, also during a pass.",
)
SUCCESS: Final = Definition(
    "reconciler_last_success_timestamp_seconds",
    Type.GAUGE,
    "When a pass of this process reached its end last.",
    (_SCOPE,),
)
OVERDUE: Final = Definition(
    "reconciler_overdue_timestamp_seconds",
    Type.GAUGE,
    "After this time a whole pass is overdue by two intervals, or by two times of the cron expression.",
    writers=True,
)
APPLIED: Final = Definition(
    "reconciler_last_applied_timestamp_seconds",
    Type.GAUGE,
    "When the revision that the rows equal entirely was first found so.",
    writers=True,
)
PENDING: Final = Definition(
    "reconciler_revision_pending",
    Type.GAUGE,
    "1 while something of the revision that was read last is not applied, 0 when all of it is.",
    writers=True,
)
RESOURCES: Final = Definition(
    "reconciler_resources",
    Type.GAUGE,
    "Resources, by how they stand.",
    (_KIND, _label("sync", Sync)),
    writers=True,
)
DIAGNOSTICS: Final = Definition(
    "reconciler_diagnostics",
    Type.GAUGE,
    "Mistakes and warnings that the manifests hold now, by code.",
    (_label("code", Code), _label("severity", Severity)),
    writers=True,
)
GAPS: Final = Definition(
    "reconciler_gaps",
    Type.GAUGE,
    "Reasons why absence proves nothing at present: while there is one, nothing is pruned.",
    writers=True,
)
GATES: Final = Definition(
    "reconciler_gates",
    Type.GAUGE,
    "Sets that wait for `reconciler approve`.",
    (_label("kind", GateKind),),
    writers=True,
)
GATED: Final = Definition(
    "reconciler_gated_resources",
    Type.GAUGE,
    "Resources in the sets that wait for approval.",
    (_label("kind", GateKind),),
    writers=True,
)
SUSPENDED: Final = Definition(
    "reconciler_suspended",
    Type.GAUGE,
    "1 while the whole instance is suspended.",
    writers=True,
)

DEFINITIONS: Final = (
    BUILD,
    REPLICA,
    LEADER,
    EPOCH,
    CONDITION,
    PROBLEM,
    WATCHER_MODE,
    HEARTBEAT,
    WAKEUPS,
    WAITING,
    RETRIES,
    PASSES,
    FAILURES,
    SUCCESS,
    OVERDUE,
    PASS_SECONDS,
    STAGE_SECONDS,
    REACTION_SECONDS,
    CHANGES,
    ROWS_WRITTEN,
    DRIFT,
    RESOURCES,
    DIAGNOSTICS,
    GAPS,
    GATES,
    GATED,
    SUSPENDED,
    APPLIED,
    PENDING,
)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANSWERS: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")


def http_definitions(routes: Iterable[str]) -> tuple[Definition, Definition]:
    """Give the metrics of the process that serves HTTP: requests and how long they took, by these routes."""
    route, method = _label("route", sorted(set(routes))), _label("method", METHODS)
    requests = Definition(
        "reconciler_http_requests_total",
        Type.COUNTER,
        "Requests that were answered, by the path of the route that answered, not of the request, and by the "
        "class of the answer's status. What no route takes is `other`.",
        (route, method, _label("status", ANSWERS)),
    )
    seconds = Definition(
        "reconciler_http_request_duration_seconds",
        Type.HISTOGRAM,
        "From the arrival of a request to the beginning of its answer: events that go on for hours count as "
        "long as they let wait.",
        (route, method),
    )
    return requests, seconds


BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds in seconds, from a saved file to a cold pass over everything."""
