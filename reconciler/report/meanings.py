"""What the words mean that errors, `status` and resources carry, each with what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reconciler.desired.codes import Meaning
from reconciler.plan import Reason

ERRORS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "StoreUnavailable": Meaning(
            "PostgreSQL does not answer, is starting, is full, or cut the connection.",
            "Nothing: it is tried again, from 0.1 s to every 30 s. When it lasts: is the server up, the "
            "network open, the disk full?",
        ),
        "SourceUnavailable": Meaning(
            "The folder can't be read just now.",
            "See the path in the message: mounted? readable for this user? Nothing is deleted meanwhile.",
        ),
        "StatusUnavailable": Meaning(
            "Redis does not answer.",
            "Reconciling goes on, `status` answers from PostgreSQL; bring Redis back and its view is "
            "built anew.",
        ),
        "PlanOutdated": Meaning(
            "Rows moved between plan and apply.", "Plan again; the message names what moved."
        ),
        "StoreRefused": Meaning(
            "PostgreSQL answers and says no: no permission, read-only, a pooler in between.",
            "Grant what is missing; name the primary; give `session_url` a direct connection.",
        ),
        "SchemaMismatch": Meaning(
            "The tables are older, newer, or not ours.",
            "`reconciler db upgrade`; or start the version that made them; or run the SQL that the "
            "message shows.",
        ),
        "SourceRefused": Meaning(
            "The root is no folder, or another source than the one on record.",
            "Correct `manifests`; if the move is meant, `reconciler approve` the digest that `status` shows.",
        ),
        "EmbeddedFailed": Meaning(
            "The embedded PostgreSQL or Redis does not start.",
            "The message names its log; `reconciler doctor` looks further.",
        ),
        "AlreadyRunning": Meaning(
            "Another process holds this folder.",
            "`reconciler status` there; stop it, or use another folder.",
        ),
        "InternalError": Meaning(
            "A mistake of ours.",
            "The pass wrote nothing; report it with the details that the message names. A changed file or "
            "`reconciler reconcile` makes it try again.",
        ),
        "PlanStale": Meaning(
            "What a saved plan was made of has moved since; nothing of it was done.",
            "The message names each resource with what moved; make the plan again and read it.",
        ),
        "SteppedDown": Meaning("Another replica has taken over.", "Nothing: this one stands by."),
        "UsageError": Meaning(
            "A flag, a setting or a name is wrong.", "The message says which and what would be right."
        ),
    }
)
"""By the name of the class, which is the reason that a stalled daemon shows."""

FINDINGS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "NothingKnown": Meaning(
            "No daemon has ever told anything of this instance.", "Start it; is `--instance` right?"
        ),
        "NoHeartbeat": Meaning(
            "Nothing is running, as far as is known.", "Start the daemon; look at its log."
        ),
        "HeartbeatStale": Meaning(
            "It was heard of, but not lately.",
            "Is the host frozen, the process stopped, Redis unreachable from there?",
        ),
        "NoLeader": Meaning(
            "Replicas stand by and none writes.",
            "The lock is still held by a session that is gone or hangs; it is ended within 30 s. If not: "
            "`reconciler doctor`.",
        ),
        "PassOverdue": Meaning(
            "No full pass for two intervals.",
            "The daemon is busy or hangs: its log tells; a pass that takes longer than `interval` wants "
            "a longer one.",
        ),
        "NeverReconciled": Meaning(
            "The daemon runs, and no pass has reached its end.", "See its log, or wait for the first."
        ),
        "NotReady": Meaning(
            "The last attempt failed and is repeated.",
            "The reason is one of the errors: `reconciler explain` it.",
        ),
        "Stalled": Meaning(
            "The last attempt failed and is not repeated.",
            "The reason is one of the errors: `reconciler explain` it. A file, a setting or a request "
            "that changes something makes it try again.",
        ),
        "DaemonTrouble": Meaning(
            "The daemon notices less than it should: the watcher, the listener, the clock.",
            "The message says what; passes on schedule go on.",
        ),
        "DaemonNote": Meaning(
            "Worth knowing: polling instead of events, Redis away, settings that were refused or wait "
            "for a restart.",
            "If you expected otherwise, the message says why.",
        ),
        "ReplicaNotReady": Meaning(
            "The last attempt of a replica that stands by failed.", "It could not take over: see its message."
        ),
        "ReplicaTrouble": Meaning(
            "A replica that stands by notices less than it should.",
            "It could not take over well: see its message.",
        ),
        "InvalidManifests": Meaning(
            "There are mistakes in manifests.", "They are listed below it; `reconciler validate` shows all."
        ),
        "SourceIncomplete": Meaning(
            "A file or folder could not be read; a warning while one is being written, for 10 s.",
            "See to the permissions of the path that is named; deletions wait.",
        ),
        "PruneBlocked": Meaning(
            "A pass would delete more than the budget of an hour.",
            "Look at exactly what: `reconciler approve` without a digest lists it. Then approve, or put "
            "the manifests back.",
        ),
        "HealBlocked": Meaning(
            "So many rows are gone that making them again would run everything again.",
            "Was the table truncated on purpose? Approve, or restore the backup.",
        ),
        "SourceMismatch": Meaning(
            "This instance was fed from another place before.",
            "Approve if it moved; else correct `manifests` or `instance`; a checkout at another place "
            "needs the same `source_name`.",
        ),
        "StatusDegraded": Meaning(
            "The status comes from PostgreSQL, up to five seconds old.",
            "Bring Redis back, or set `REDIS_URL` if there is one.",
        ),
        "ClocksDiffer": Meaning(
            "A replica's clock and this machine's differ, so that ages can't be judged.",
            "Let both keep time (NTP).",
        ),
        "StatusIncomplete": Meaning(
            "Redis shows fewer resources than there are.",
            "It mends itself with the next pass; restart Redis if not.",
        ),
    }
)
"""What `status` finds."""

REASONS: Final[Mapping[Reason, Meaning]] = MappingProxyType(
    {
        Reason.APPLIED: Meaning("Its rows are what its manifest says.", "Nothing."),
        Reason.MANIFEST_INVALID: Meaning(
            "Its manifest, or the file that it stands in, is not understood; its rows stay as they were.",
            "Mend the file: `reconciler validate`.",
        ),
        Reason.USER_NOT_FOUND: Meaning(
            "No manifest and no row has the user that it names.", "Declare the user, or correct `spec.user`."
        ),
        Reason.USER_HELD: Meaning(
            "The user that it names is held back itself.",
            "See why: `reconciler describe User/NAME`.",
        ),
        Reason.ROW_EXISTS: Meaning(
            "A row that nobody manages has the name and differs.",
            'Make the manifest equal, or set `reconciler/adopt: "true"` to overwrite its declared columns.',
        ),
        Reason.OTHER_INSTANCE: Meaning(
            "Another instance manages it.",
            "Remove the manifest there or here; an orphan passes over by itself.",
        ),
        Reason.REFERENCED: Meaning(
            "Rows of somebody else point at what would be pruned.", "Remove those first."
        ),
        Reason.ROW_REFUSED: Meaning(
            "PostgreSQL refuses its rows.",
            "The message says why: often a constraint or trigger that was added to our tables.",
        ),
        Reason.SUSPENDED: Meaning(
            "Somebody asked that it, or the whole instance, be left alone.",
            "`reconciler resume KIND/NAME`, or take the annotation away.",
        ),
        Reason.IN_FLIGHT: Meaning(
            "The edit would alter or delete a job that is queued or running.",
            "Wait for its jobs, or `reconciler reconcile --force Workflow/NAME` to go ahead all the same.",
        ),
        Reason.ROW_LOCKED: Meaning(
            "Somebody's transaction holds a row.", "End it. It is tried again every second."
        ),
        Reason.ROW_MOVED: Meaning(
            "A row changed while the pass was under way.", "Nothing: it is tried again every second."
        ),
        Reason.DRIFTED: Meaning(
            "Somebody changed or deleted its rows, or its user is another row now, and `self_heal` is off.",
            "Change them back, or turn `self_heal` on.",
        ),
        Reason.HEAL_BLOCKED: Meaning(
            "It would be made again together with so many others that everything would run again.",
            "`reconciler approve` lists exactly which: approve, or restore the backup.",
        ),
        Reason.PRUNE_OFF: Meaning(
            "No manifest declares it, and pruning is off.",
            "Put the manifest back; or turn `prune` on; or leave it.",
        ),
        Reason.PRUNE_HELD: Meaning(
            "No manifest declares it, and something is not understood or can't be read: absence proves "
            "nothing.",
            "Mend what is not understood first.",
        ),
        Reason.PRUNE_DELAYED: Meaning(
            "No manifest declares it, and that not for long enough yet.", "Wait for `prune_delay`."
        ),
        Reason.PRUNE_BLOCKED: Meaning(
            "No manifest declares it, and pruning it with the others exceeds the budget of an hour.",
            "`reconciler approve` lists exactly which: approve, or put the manifests back.",
        ),
        Reason.PROTECTED: Meaning(
            "No manifest declares it; its last one said `reconciler/prune: disabled`.",
            "To delete it: declare it again without that, then remove it.",
        ),
        Reason.STILL_NAMED: Meaning(
            "No manifest declares this user, and a workflow still names it.",
            "Take the workflow away first, or give it another user.",
        ),
        Reason.NOT_TARGETED: Meaning(
            "It was outside of what this pass was asked for.", "Nothing: the next full pass takes it."
        ),
    }
)
"""Why a resource stands as it does."""
