"""The status on a terminal: what matters is there, first things first, and nothing can steer the screen."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired import Diagnostic, Excerpt, Location
from reconciler.plan import Gate, GateKind, Reason, Sync
from reconciler.report import Board, Counts, LastPass, Outcome, ReplicaStatus, Role, Trigger, judge
from reconciler.report.root import Root
from reconciler.report.screen import gist, render_status
from reconciler.report.terminal import Page, Style, columns, harmless, together, wrapped
from tests.fakes import NOON
from tests.statuses import instance, key, replica, resource, standby

NOW = NOON + timedelta(hours=3)
DIGEST = "3f9a" * 16


def _beating(told: ReplicaStatus, seconds: int = 2) -> ReplicaStatus:
    return replace(
        told, heartbeat_at=NOW - timedelta(seconds=seconds), overdue_after=NOW + timedelta(minutes=1)
    )


def _last_pass() -> LastPass:
    return LastPass(
        pass_id=UUID(int=1),
        trigger=Trigger.FILES,
        outcome=Outcome.HELD_BACK,
        started_at=NOW - timedelta(seconds=12.041),
        finished_at=NOW - timedelta(seconds=12),
        narrow=False,
        counts=Counts(created=3, held_back=4),
        seconds={"fetch": 0.003, "apply": 1.25},
    )


def _troubled() -> Board:
    told = [
        resource("cmu-1", Sync.INVALID, Reason.MANIFEST_INVALID, "no such field `need`"),
        replace(
            resource("cmu-2", Sync.CONFLICT, Reason.ROW_EXISTS, "nobody manages the row of this name"),
            where=Location("study/cmu-2.yaml", 1, 4, 3),
        ),
        resource("cmu-3", Sync.DEFERRED, Reason.IN_FLIGHT, "推理任务 is RUNNING"),
        *(resource(f"old-{n:02}", Sync.ORPHANED, Reason.PRUNE_OFF) for n in range(14)),
    ]
    sync = replace(
        instance(),
        last_attempted="d4e5",
        last_pass=_last_pass(),
        totals={Sync.SYNCED: 40, Sync.ORPHANED: 14, Sync.INVALID: 1, Sync.CONFLICT: 1, Sync.DEFERRED: 1},
        mistakes=1200,
        diagnostics=(
            Diagnostic(
                "unknown-field",
                Location("study/cmu-1.yaml", 1, 7, 3),
                "no such field",
                "or `needs`?",
                excerpt=Excerpt("      need: [tile]", 7, 4),
            ),
        ),
        gates=(Gate(GateKind.PRUNE, DIGEST, tuple((key(f"x-{n:02}"), UUID(int=n), 1) for n in range(31))),),
    )
    replicas = (_beating(standby("host-2")), _beating(replica("host-1", epoch=6)))
    return Board("redis", NOW, replicas, sync, {status.key: status for status in told})


def test_a_healthy_instance_is_told_in_a_few_lines() -> None:
    """The verdict first, then who, what and when."""
    board = Board("redis", NOW, (_beating(replica("host-1", epoch=6)),), instance())
    assert render_status(board, NOW).splitlines() == [
        "instance default is healthy (heard of 2 s ago, read from redis)",
        "",
        "leader     host-1: ready, heartbeat 2 s ago, watching by inotify, up 3 h,",
        "           version 0.1.0, host-1 pid 4711, epoch 6",
        "last pass  Applied 2 h ago, full, asked for by files: 1 updated; 1.0 s",
        "           (plan 250 ms)",
        "revision   a1b2 applied in full 2 h ago",
        "source     directory:/srv/manifests",
        "resources  2 Synced",
    ]


def test_trouble_is_told_with_place_and_cure_problems_first() -> None:
    """Everything that somebody who was woken up needs."""
    lines = render_status(_troubled(), NOW).splitlines()
    assert lines[0] == "instance default is not healthy, 4 problems (heard of 2 s ago, read from redis)"
    assert lines[2:10] == [
        "leader     host-1: ready, heartbeat 2 s ago, watching by inotify, up 3 h,",
        "           version 0.1.0, host-1 pid 4711, epoch 6",
        "standby    host-2: ready, heartbeat 2 s ago, up 3 h, version 0.1.0,",
        "           host-1 pid 4711",
        "last pass  HeldBack 12 s ago, full, asked for by files: 3 created, 4 held back;",
        "           41 ms (fetch 3 ms, apply 1.2 s)",
        "revision   d4e5 attempted; a1b2 applied in full 2 h ago",
        "source     directory:/srv/manifests",
    ]
    assert lines[10] == "resources  57: 1 Invalid, 1 Conflict, 1 Deferred, 14 Orphaned, 40 Synced"
    assert lines[12:34] == [
        "problem: InvalidManifests: 1,200 mistakes",
        "",
        "  error[unknown-field]: no such field",
        "   --> study/cmu-1.yaml:7:3",
        "    |",
        "  7 |       need: [tile]",
        "    |       ^^^^",
        "    |",
        "    = help: or `needs`?",
        "",
        "  and 1,199 more: `reconciler validate` shows them",
        "",
        "problem: Invalid: ManifestInvalid, 1 resource",
        "  Workflow/cmu-1 for 3 h",
        "    no such field `need`",
        "    its rows stay as revision a1b2 left them",
        "",
        "problem: Conflict: RowExists, 1 resource",
        "  Workflow/cmu-2 for 3 h  study/cmu-2.yaml:4:3",
        "    nobody manages the row of this name",
        "",
        "problem: PruneBlocked: waits for approval to delete the rows of 31 resources",
    ]
    assert lines.index(f"    reconciler approve {DIGEST}") < lines.index(
        "warning: Deferred: InFlight, 1 resource"
    )
    assert lines[-1] == "  and 4 more"


def test_what_waits_behind_a_gate_is_told_once() -> None:
    """As the gate, with the command that opens it."""
    blocked = [resource(f"x-{n:02}", Sync.ORPHANED, Reason.PRUNE_BLOCKED) for n in range(31)]
    board = replace(_troubled(), resources={status.key: status for status in blocked})
    assert render_status(board, NOW).count("PruneBlocked") == 1


def test_a_mistake_that_is_shown_with_its_line_is_not_told_again() -> None:
    """What is left to say of its resource is which rows it keeps."""
    place = Location("study/cmu-1.yaml", 1, 7, 3)
    invalid = replace(
        resource("cmu-1", Sync.INVALID, Reason.MANIFEST_INVALID, "RC205: no such field"), where=place
    )
    never = replace(resource("cmu-9", Sync.INVALID, Reason.MANIFEST_INVALID, "RC301: two jobs"), revision="")
    board = replace(_troubled(), resources={status.key: status for status in (invalid, never)})
    lines = render_status(board, NOW).splitlines()
    at = lines.index("problem: Invalid: ManifestInvalid, 2 resources")
    assert lines[at + 1 : at + 6] == [
        "  Workflow/cmu-1 for 3 h  study/cmu-1.yaml:7:3",
        "    its rows stay as revision a1b2 left them",
        "  Workflow/cmu-9 for 3 h",
        "    RC301: two jobs",
        "    it has no rows yet",
    ]


def test_what_all_have_to_say_alike_is_said_once() -> None:
    """Fourteen orphans, one reason."""
    orphans = [
        resource(f"old-{n:02}", Sync.ORPHANED, Reason.PRUNE_OFF, "no manifest declares it") for n in range(14)
    ]
    board = replace(_troubled(), resources={status.key: status for status in orphans})
    lines = render_status(board, NOW).splitlines()
    at = lines.index("warning: Orphaned: PruneOff, 14 resources")
    assert lines[at + 1 : at + 3] == ["  no manifest declares it", "  Workflow/old-00 for 3 h"]


def test_an_instance_that_is_suspended_is_told_once() -> None:
    """Not again for each of its resources."""
    asleep = [
        resource(f"w-{n}", Sync.SUSPENDED, Reason.SUSPENDED, "the instance is suspended: a move")
        for n in range(3)
    ]
    sync = replace(instance(), suspended="a move")
    board = Board("redis", NOW, (_beating(replica()),), sync, {status.key: status for status in asleep})
    lines = render_status(board, NOW).splitlines()
    told = "warning: Suspended: the instance is suspended: a move; `reconciler resume` ends that"
    assert " ".join(lines[-2:]) == told


def test_places_lead_from_here_to_the_file() -> None:
    """As `validate` names it: a terminal can open it."""
    told = render_status(Root("manifests/").board(_troubled()), NOW)
    assert " --> manifests/study/cmu-1.yaml:7:3" in told
    assert "Workflow/cmu-2 for 3 h  manifests/study/cmu-2.yaml:4:3" in told


def test_a_replica_that_is_silent_is_not_told_to_be_ready() -> None:
    """It was, when it was last heard of."""
    board = Board("redis", NOW, (_beating(replica(), seconds=40),), instance())
    assert "leader     one: silent, was ready, heartbeat 40 s ago" in render_status(board, NOW)


def test_nothing_known_is_not_healthy() -> None:
    """Nor is it an empty page."""
    assert render_status(None, NOW).startswith("the instance is not healthy, 1 problem (never heard of)")
    told = render_status(Board("postgresql", NOW, degraded="Redis does not answer"), NOW)
    assert "not healthy" in told
    assert "shown from postgresql: Redis does not answer" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"conditions": ()}, "one: not known to be ready"),
        ({"conditions": replica(ready=False).conditions}, "one: not ready (Stuck)"),
        ({"role": Role.STANDBY}, "standby    one: ready"),
        ({"problems": ("the disk is full",)}, "problem: DaemonTrouble: the disk is full"),
    ],
)
def test_a_replica_tells_how_it_is(change: dict[str, object], told: str) -> None:
    """In a word or two."""
    one = replace(_beating(replica()), **change)  # type: ignore[arg-type]
    assert told in render_status(Board("redis", NOW, (one,), instance()), NOW)


def test_a_revision_that_was_never_applied_in_full_is_told_so() -> None:
    """It is not left to be guessed."""
    never = replace(instance(), last_applied="", last_applied_at=None)
    told = render_status(Board("redis", NOW, (_beating(replica()),), never), NOW)
    assert "revision   a1b2 attempted, none applied in full yet" in told


def test_colour_is_added_only_where_it_is_wanted() -> None:
    """And changes no word."""
    plain, coloured = render_status(_troubled(), NOW), render_status(_troubled(), NOW, color=True)
    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[31minstance default is not healthy")
    assert re.sub(r"\x1b\[[\d;]+m", "", coloured) == plain


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_keep_to_the_width(width: int) -> None:
    """But for what is to be copied."""
    lines = render_status(_troubled(), NOW, width=width).splitlines()
    assert all(columns(line) <= width for line in lines if DIGEST not in line and "Workflow/" not in line)


_hostile = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "\x1b]0;owned\x07",
        "a\r\nhealthy",
        "\u202egnp.exe",
        "\u2028",
        "z\u200bw",
        "\x9b2J",
    ]
)


@settings(max_examples=150, deadline=None)
@given(_hostile)
def test_nothing_that_is_shown_can_steer_the_terminal(text: str) -> None:
    """Whatever stands in names, messages, places and revisions."""
    status = replace(
        resource("a", Sync.INVALID, Reason.MANIFEST_INVALID, text), where=Location(text), key=key(text or "x")
    )
    told = replace(
        instance(),
        instance=text,
        source=text,
        last_applied=text,
        mistakes=1,
        suspended=text,
        diagnostics=(Diagnostic(text, Location(text, 1, 1, 1), text, text, excerpt=Excerpt(text, 1)),),
        gates=(Gate(GateKind.HEAL, text, ((key(text or "x"), UUID(int=1), 1),)),),
    )
    one = replace(replica(ready=False), replica=text, host=text, watch=text, version=text, problems=(text,))
    board = Board("redis", NOW, (one,), told, {status.key: status}, degraded=text)
    coloured = re.sub(r"\x1b\[[\d;]+m", "", render_status(board, NOW, color=True))
    shown = (render_status(board, NOW) + coloured).replace("\n", "")
    assert all(unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" for c in shown)


@given(st.text())
def test_harmless_text_is_one_line_and_harmless_stays_so(text: str) -> None:
    """To make it so twice changes nothing more."""
    shown = harmless(text)
    assert len(shown.splitlines()) <= 1
    assert harmless(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("推理任务", "推理任务"),
        ("a\tb\x1b[1m\0", r"a\tb\e[1m\0"),
        ("\x9b\u202e\U000e0001", r"\x9b\u202e\U000e0001"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_can_not_be_seen_is_spelled_out(text: str, shown: str) -> None:
    """Letters of any script stay as they are."""
    assert harmless(text) == shown


def test_width_is_counted_in_columns() -> None:
    """Characters of East Asia take two, accents that stand apart none."""
    assert columns("abc") == 3
    assert columns("推理") == 4
    assert columns("e\u0301") == 1
    assert wrapped("推理 推理 推理", 9) == ["推理 推理", "推理"]


def test_a_long_word_stands_whole_on_its_own_line() -> None:
    """So that a path or a digest can be copied."""
    assert wrapped(f"see {'x' * 30} there", 20) == ["see", "x" * 30, "there"]
    assert wrapped("", 20) == [""]


def test_of_two_that_say_they_lead_the_one_with_the_higher_epoch_is_shown_as_leader() -> None:
    """The other one has not noticed yet, or can't: it was cut off, or killed."""
    old, new = (_beating(replace(replica(name), epoch=epoch)) for name, epoch in (("east", 1), ("west", 2)))
    shown = render_status(Board("redis", NOW, (old, new), instance()), NOW)
    assert [line[:16].split() for line in shown.splitlines() if "heartbeat" in line] == [
        ["leader", "west:"],
        ["led", "before", "east:"],
    ]


def test_only_what_is_otherwise_is_news() -> None:
    """Not that time goes by, that a replica is still there, or that a pass found nothing to do."""
    idle = replace(_last_pass(), outcome=Outcome.UNCHANGED)
    again = replace(idle, pass_id=UUID(int=10), finished_at=NOW)
    board = Board("redis", NOW, (_beating(replica("host-1")),), replace(instance(), last_pass=idle))
    later = replace(
        board, replicas=(_beating(replica("host-1"), 1),), sync=replace(instance(), last_pass=again)
    )
    healed = replace(board, sync=replace(instance(), last_pass=_last_pass()))

    seen = gist(board, judge(board, NOW))

    assert gist(later, judge(later, NOW + timedelta(seconds=1))) == seen
    assert gist(healed, judge(healed, NOW)) != seen
    assert gist(_troubled(), judge(_troubled(), NOW)) != seen


def test_what_belongs_together_is_not_broken() -> None:
    """A number and its unit; what comes from outside is broken where it has blanks."""
    assert wrapped(f"took {together('250 ms')}", 8) == ["took", "250 ms"]
    assert wrapped("  a  b\tc ", 3) == ["a b", "c"]
    assert wrapped("", 5) == [""]


def test_what_stands_in_backticks_is_not_broken() -> None:
    """It is a command, or the name of something; unless a line has no room for it."""
    assert wrapped("then `reconciler resume` ends that", 22) == ["then", "`reconciler resume`", "ends that"]
    assert wrapped("see `a command that is longer than a line`", 16) == [
        "see `a command",
        "that is longer",
        "than a line`",
    ]


def test_what_belongs_to_a_text_stands_beside_it_or_beneath() -> None:
    """Beneath where a line has no room for both; nothing is no room at all."""
    page = Page(color=False, width=20)
    for beside in ("a.yaml:7", "studies/a.yaml:7", ""):
        page.put_beside("Workflow/x", Style.BOLD, beside)

    assert page.lines == ["Workflow/x  a.yaml:7", "Workflow/x", "    studies/a.yaml:7", "Workflow/x"]
