"""The verdict: healthy only when that is known."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from reconciler.desired import Diagnostic, Location
from reconciler.errors import SchemaMismatch, StoreUnavailable
from reconciler.plan import Gate, GateKind, Reason, Sync
from reconciler.report import Board, Level, ReplicaStatus, Role, Verdict, age, judge
from tests.builders import workflow_key
from tests.unit.report.boards import NOON, board, instance, later, replica, status

W = workflow_key("w")


def _found(verdict: Verdict, level: Level = Level.PROBLEM) -> dict[str, str]:
    return {one.reason: one.message for one in verdict.findings if one.level is level}


def test_a_leader_that_reconciles_is_healthy() -> None:
    """And there is nothing to say."""
    assert judge(board(resources=[status(W)]), NOON) == Verdict(())
    assert judge(board(resources=[status(W)]), NOON).healthy


# --- what is not known is not healthy ----------------------------------------------------------------------


def test_nothing_told_is_not_healthy() -> None:
    """Nobody has ever run a daemon, or the wrong Redis was asked."""
    assert "NothingKnown" in _found(judge(None, NOON))


def test_no_heartbeat_is_not_healthy() -> None:
    """Whatever the last pass said."""
    nobody = Board("redis", NOON, (), instance(), {})
    assert _found(judge(nobody, NOON)) == {
        "NoHeartbeat": "no daemon of this instance is running, as far as is known"
    }


def test_a_stale_heartbeat_is_not_healthy_and_its_age_is_shown() -> None:
    """Fifteen seconds are three heartbeats in PostgreSQL."""
    assert judge(board(), later(15)).healthy
    assert _found(judge(board(), later(42))) == {"HeartbeatStale": "leader node-1 was last heard of 42 s ago"}


def test_without_a_leader_it_is_not_healthy() -> None:
    """However many stand by."""
    waiting = board(replica("a", Role.STANDBY), replica("b", Role.STANDBY))
    assert _found(judge(waiting, NOON)) == {"NoLeader": "2 daemons standing by, none writing"}


def test_a_dead_replica_beside_a_living_leader_is_a_warning() -> None:
    """A pod that was replaced leaves its name behind for a day."""
    verdict = judge(board(replica("new", heard=100), replica("old")), later(100))
    assert verdict.healthy
    assert _found(verdict, Level.WARNING) == {"HeartbeatStale": "leader old was last heard of 100 s ago"}


def test_of_two_leaders_the_later_counts() -> None:
    """The other one is fenced off, and will notice."""
    stale = replica("old", trouble=StoreUnavailable("cut off"))
    verdict = judge(board(stale, replace(replica("new"), epoch=2)), NOON)
    assert verdict.healthy
    assert _found(verdict, Level.WARNING) == {"ReplicaNotReady": "old: cut off"}


def test_an_overdue_pass_is_not_healthy() -> None:
    """The process may live while its loop hangs."""
    late = replica(heard=300)
    assert _found(judge(board(late), later(300))) == {
        "PassOverdue": "a full pass is overdue by two intervals and 3 min"
    }
    assert "PassOverdue" in _found(judge(board(replace(late, overdue_after=None)), later(300)))


def test_a_daemon_that_has_not_passed_yet_is_not_healthy() -> None:
    """It starts."""
    starting = judge(board(replica(passed=False)), NOON)
    assert _found(starting) == {"NotReady": "Starting for 0 s: no pass has reached its end yet"}


def test_an_unreachable_database_is_not_healthy() -> None:
    """With the reason, and since when."""
    down = judge(board(replica(trouble=StoreUnavailable("PostgreSQL does not answer"))), later(5))
    assert _found(down) == {"NotReady": "StoreUnavailable for 5 s: PostgreSQL does not answer"}


def test_a_stall_is_told_once() -> None:
    """It is why the daemon is not ready."""
    stalled = judge(board(replica(trouble=SchemaMismatch("the tables are newer"))), later(5))
    assert _found(stalled) == {"Stalled": "SchemaMismatch for 5 s: the tables are newer"}


def test_a_replica_without_conditions_is_not_ready() -> None:
    """It does not say so."""
    assert "NotReady" in _found(judge(board(replace(replica(), conditions=())), NOON))


def test_a_watcher_that_fails_its_probe_is_not_healthy() -> None:
    """Edits would go unnoticed until the schedule finds them."""
    blind = replace(replica(), problems=("the watcher does not see its own probe",))
    assert _found(judge(board(blind), NOON)) == {"DaemonTrouble": "the watcher does not see its own probe"}


def test_an_instance_that_nothing_was_told_of_is_not_healthy() -> None:
    """Also when a daemon lives."""
    assert "NeverReconciled" in _found(judge(board(sync=None), NOON))


def test_resources_that_got_lost_are_not_called_healthy() -> None:
    """The totals know of them."""
    lost = board(sync=instance(totals={Sync.SYNCED: 4, Sync.CONFLICT: 2}), resources=[status(W)])
    assert _found(judge(lost, NOON)) == {"StatusIncomplete": "Conflict: 2 resources; which is not known"}


# --- manifests and rows ------------------------------------------------------------------------------------


def test_mistakes_in_manifests_are_not_healthy() -> None:
    """The first place is named."""
    mistake = Diagnostic("M101", Location("a.yaml", 1, 3, 5), "unknown field `nedes`")
    sick = judge(
        board(sync=instance(mistakes=3, diagnostics=(mistake,), gaps=("a.yaml is not understood",))), NOON
    )
    assert _found(sick) == {
        "InvalidManifests": "3 mistakes in the manifests, the first at a.yaml:3:5: unknown field `nedes`"
    }


def test_a_source_that_could_not_be_read_whole_is_not_healthy() -> None:
    """A folder that can't be listed, for instance."""
    sick = judge(board(sync=instance(gaps=("b/ can't be listed", "c/ can't be listed"))), NOON)
    assert _found(sick) == {
        "SourceIncomplete": "what is missing proves nothing: b/ can't be listed (and 1 more)"
    }


def test_a_file_that_is_being_written_is_no_problem_for_a_moment() -> None:
    """Saving one must not turn the instance red; one that is never finished does."""
    sync = instance(gaps=("b.yaml was being written while it was read",), settling_since=NOON)
    moment = judge(board(sync=sync), later(9))
    assert moment.healthy
    assert [finding.reason for finding in moment.findings] == ["SourceIncomplete"]
    assert "SourceIncomplete" in _found(judge(board(sync=sync), later(10)))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(GateKind.PRUNE, "PruneBlocked"), (GateKind.HEAL, "HealBlocked"), (GateKind.SOURCE, "SourceMismatch")],
)
def test_what_waits_for_approval_is_not_healthy_and_says_how(kind: GateKind, reason: str) -> None:
    """With the command to type."""
    gate = Gate(kind, "abc123", ((W, UUID(int=1), 1),))
    found = _found(judge(board(sync=instance(gates=(gate,))), NOON))
    assert found[reason].endswith("1 resource: reconciler approve abc123")


@pytest.mark.parametrize(
    ("sync", "reason", "level"),
    [
        (Sync.INVALID, Reason.MANIFEST_INVALID, Level.PROBLEM),
        (Sync.CONFLICT, Reason.ROW_EXISTS, Level.PROBLEM),
        (Sync.OUT_OF_SYNC, Reason.DRIFTED, Level.PROBLEM),
        (Sync.OUT_OF_SYNC, Reason.USER_NOT_FOUND, Level.PROBLEM),
        (Sync.OUT_OF_SYNC, Reason.ROW_REFUSED, Level.PROBLEM),
        (Sync.OUT_OF_SYNC, Reason.HEAL_BLOCKED, Level.PROBLEM),
        (Sync.ORPHANED, Reason.PRUNE_BLOCKED, Level.PROBLEM),
        (Sync.ORPHANED, Reason.PRUNE_OFF, Level.WARNING),
        (Sync.ORPHANED, Reason.PROTECTED, Level.WARNING),
        (Sync.ORPHANED, Reason.PRUNE_DELAYED, Level.WARNING),
        (Sync.ORPHANED, Reason.STILL_NAMED, Level.WARNING),
        (Sync.SUSPENDED, Reason.SUSPENDED, Level.WARNING),
        (Sync.DEFERRED, Reason.IN_FLIGHT, Level.WARNING),
    ],
)
def test_each_way_to_stand_has_its_weight(sync: Sync, reason: Reason, level: Level) -> None:
    """What somebody chose, and what settles by itself, is shown and healthy."""
    verdict = judge(board(resources=[status(W, sync, reason)]), later(14))
    assert _found(verdict, level) == {sync: f"{reason}: Workflow/w"}
    assert verdict.healthy is (level is Level.WARNING)


def test_a_row_that_is_busy_for_a_moment_is_a_warning_and_then_a_problem() -> None:
    """Somebody sits on a lock."""
    busy = board(resources=[status(W, Sync.OUT_OF_SYNC, Reason.ROW_LOCKED)])
    assert judge(busy, later(9)).healthy
    assert not judge(busy, later(11)).healthy


def test_many_resources_are_one_finding_that_names_some_and_has_all() -> None:
    """For people, and for scripts."""
    crowd = [workflow_key(f"w{n}") for n in range(9, 0, -1)]
    (finding,) = judge(
        board(resources=[status(key, Sync.CONFLICT, Reason.ROW_EXISTS) for key in crowd]), NOON
    ).findings
    assert finding.message == "RowExists: Workflow/w1, Workflow/w2, Workflow/w3 and 6 more"
    assert finding.resources == tuple(sorted(crowd))


def test_a_suspended_instance_is_a_warning() -> None:
    """Somebody wants it so."""
    verdict = judge(board(sync=instance(suspended="migration")), NOON)
    assert verdict.healthy
    assert _found(verdict, Level.WARNING) == {
        "Suspended": "the instance is suspended: migration; `reconciler resume` ends that"
    }


# --- the daemon alone --------------------------------------------------------------------------------------


def test_the_daemon_alone_is_judged_without_its_manifests() -> None:
    """A container must not be restarted for somebody's typing error."""
    sick = board(
        sync=instance(mistakes=3, gaps=("x",)), resources=[status(W, Sync.INVALID, Reason.MANIFEST_INVALID)]
    )
    assert not judge(sick, NOON).healthy
    assert judge(sick, NOON, daemon_only=True) == Verdict(())


@pytest.mark.parametrize(
    "ill",
    [
        replica(passed=False),
        replica(trouble=StoreUnavailable("down")),
        replica(heard=-60),
        replica(role=Role.STANDBY),
        replace(replica(), overdue_after=later(-1)),
        replace(replica(), problems=("blind",)),
    ],
)
def test_what_ails_the_daemon_counts_there_too(ill: ReplicaStatus) -> None:
    """That is what the health check of a container asks for."""
    assert not judge(board(ill), NOON, daemon_only=True).healthy


# --- what is only worth knowing ----------------------------------------------------------------------------


def test_redis_away_is_a_warning() -> None:
    """It is a view; the status comes from PostgreSQL."""
    away = replace(board(), read_from="postgresql", degraded="Redis does not answer")
    verdict = judge(away, NOON)
    assert verdict.healthy
    assert _found(verdict, Level.WARNING) == {
        "StatusDegraded": "shown from postgresql: Redis does not answer"
    }


def test_what_the_daemon_notes_is_a_warning() -> None:
    """For instance that it can't write to Redis."""
    verdict = judge(board(replace(replica(), notes=("Redis is out of memory",))), NOON)
    assert verdict.healthy
    assert _found(verdict, Level.WARNING) == {"DaemonNote": "Redis is out of memory"}


def test_clocks_that_differ_are_a_warning() -> None:
    """Ages would be wrong by as much."""
    verdict = judge(board(replica(heard=30)), NOON)
    assert _found(verdict, Level.WARNING) == {
        "ClocksDiffer": "the clock of node-1.example.org is 30 s ahead of the one here"
    }


def test_problems_come_before_warnings() -> None:
    """Whatever order they were found in."""
    both = replace(board(sync=instance(mistakes=1)), degraded="Redis does not answer")
    assert [one.level for one in judge(both, NOON).findings] == [Level.PROBLEM, Level.WARNING]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (200000, "2 d"),
    ],
)
def test_ages_are_said_as_people_do(seconds: float, text: str) -> None:
    """In the largest unit that still says it well."""
    assert age(NOON, later(seconds)) == text
