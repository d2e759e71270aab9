"""What whoever asked for a pass is told, and by which exit code."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from reconciler.cli.answer import Reply
from reconciler.cli.output import Paper
from reconciler.desired import Location
from reconciler.plan import HeldBack, Plan, Reason, Sync
from reconciler.report import Counts, Outcome, SyncResult, Trigger
from reconciler.report.answer import Answer
from reconciler.report.wire import decode, encode
from tests.builders import workflow_key
from tests.fakes import NOON

PLAIN = Paper(coloured=False, width=80, wide=False)


def result(*held: HeldBack, outcome: Outcome = Outcome.HELD_BACK) -> SyncResult:
    """Make the result of a pass that left these."""
    return SyncResult(
        UUID(int=7),
        Trigger.COMMAND,
        outcome,
        "r1",
        NOON,
        NOON + timedelta(seconds=1),
        plan=Plan("r1", held_back=held),
        counts=Counts(created=1, held_back=len(held)),
    )


def held(name: str, sync: Sync, reason: Reason) -> HeldBack:
    """Leave a workflow."""
    return HeldBack(workflow_key(name), sync, reason, "because")


def answer(of: SyncResult) -> Answer:
    """Tell of a pass, by way of JSON."""
    return decode(Answer, encode(Answer.of(of)))


@pytest.mark.parametrize(
    ("sync", "reason", "complete"),
    [
        (Sync.ORPHANED, Reason.PRUNE_OFF, True),
        (Sync.ORPHANED, Reason.PROTECTED, True),
        (Sync.ORPHANED, Reason.PRUNE_DELAYED, True),
        (Sync.SUSPENDED, Reason.SUSPENDED, True),
        (Sync.ORPHANED, Reason.PRUNE_BLOCKED, False),
        (Sync.DEFERRED, Reason.IN_FLIGHT, False),
        (Sync.INVALID, Reason.MANIFEST_INVALID, False),
        (Sync.CONFLICT, Reason.ROW_EXISTS, False),
    ],
)
def test_only_what_somebody_chose_to_leave_is_no_failure(
    sync: Sync, reason: Reason, *, complete: bool
) -> None:
    """Whoever asked is owed the rest."""
    told = Reply.whole(answer(result(held("a", sync, reason))))

    assert told.complete is complete


def test_what_is_left_is_shown_with_its_reason() -> None:
    """And in JSON in the words of every other document."""
    told = Reply.whole(answer(result(held("a", Sync.DEFERRED, Reason.IN_FLIGHT)))).view()

    assert told.text(PLAIN).splitlines()[:1] == ["HeldBack: 1 created, 1 held back"]
    assert "  Workflow/a Deferred (InFlight)\n    because" in told.text(PLAIN)
    document = told.document()
    assert (document["kind"], document["outcome"], document["counts"]["created"]) == ("Answer", "HeldBack", 1)
    assert list(told.names()) == ["Workflow/a"]


def test_more_than_is_told_is_said_to_be_more() -> None:
    """A pass that left ten thousand is not told of as if it had left a hundred; what is owed comes first."""
    many = [held(f"w{number:03}", Sync.ORPHANED, Reason.PRUNE_OFF) for number in range(150)]
    owed = held("z", Sync.CONFLICT, Reason.ROW_EXISTS)

    kept, owing = Reply.whole(answer(result(*many))), Reply.whole(answer(result(*many, owed)))

    assert "and 50 more" in kept.view().text(PLAIN)
    assert (kept.complete, owing.complete) == (True, False)
    assert owing.shown[0] == owed


def test_asked_about_one_resource_the_others_do_not_matter() -> None:
    """It is as it should be when it has a row and was not held back; what nobody knows is a failure."""
    told = answer(result(held("bad", Sync.INVALID, Reason.MANIFEST_INVALID)))
    good, bad, lost = (workflow_key(name) for name in ("good", "bad", "lost"))

    assert Reply.about(told, [good], {good, bad}).complete
    assert not Reply.about(told, [good, bad], {good, bad}).complete
    assert not Reply.about(told, [lost], {good, bad}).complete
    shown = Reply.about(told, [good, lost], {good}).view()
    assert "  Workflow/good Synced\n  Workflow/lost is not known" in shown.text(PLAIN)
    assert [one["sync"] for one in shown.document()["named"]] == ["Synced"]


def test_where_not_all_is_told_nothing_is_guessed() -> None:
    """One of many that were left may be the one that was asked about."""
    many = [held(f"w{number:03}", Sync.ORPHANED, Reason.PRUNE_OFF) for number in range(150)]
    last = workflow_key("w149")

    assert Reply.about(answer(result(*many)), [last], {last}).unknown == (last,)


def test_a_place_is_told_as_it_is_opened_from_here() -> None:
    """Of what was asked about, too; JSON names it within the source."""
    key = workflow_key("bad")
    where = Location("bad.yaml", 0, 7, 20)
    left = HeldBack(key, Sync.INVALID, Reason.MANIFEST_INVALID, "because", where)
    told = Reply.about(answer(result(left)), [key], [], "manifests/").view()

    assert "Invalid (ManifestInvalid)  manifests/bad.yaml:7:20" in told.text(PLAIN)
    assert told.document()["named"][0]["where"]["path"] == "bad.yaml"
