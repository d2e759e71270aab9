"""What is an event, and what only goes on."""

from __future__ import annotations

from dataclasses import replace

from reconciler.plan import Reason, Sync
from reconciler.report import Outcome
from reconciler.report.event import EventType, condition_events, pass_event, resource_event
from tests.fakes import NOON
from tests.statuses import instance, replica, resource


def test_a_resource_that_stands_otherwise_or_has_another_generation_is_an_event() -> None:
    """Its words alone are none."""
    before = resource("a")
    assert resource_event(NOON, before, replace(before, message="for 3 s")) is None
    assert resource_event(NOON, None, before)
    assert resource_event(NOON, before, replace(before, generation=2))
    told = resource_event(NOON, before, replace(before, sync=Sync.DEFERRED, reason=Reason.IN_FLIGHT))
    assert told
    assert (told.type, told.subject, told.status) == (EventType.RESOURCE, "Workflow/a", "Deferred")


def test_a_condition_is_an_event_when_it_turns() -> None:
    """Not at every heartbeat."""
    assert [event.status for event in condition_events(NOON, None, replica())] == ["Ready=True"]
    assert condition_events(NOON, replica(), replica(beat=5)) == []
    (turned,) = condition_events(NOON, replica(), replica(ready=False))
    assert (turned.subject, turned.status, turned.reason) == ("Replica/one", "Ready=False", "Stuck")


def test_a_pass_is_an_event_unless_nothing_happens_time_and_again() -> None:
    """The schedule alone would fill the stream."""
    applied, again = instance(number=1), instance(number=2)
    quiet = [instance(number=n, outcome=Outcome.UNCHANGED) for n in (3, 4)]
    assert pass_event(NOON, applied, applied) is None
    assert pass_event(NOON, applied, again)
    assert pass_event(NOON, again, quiet[0])
    assert pass_event(NOON, quiet[0], quiet[1]) is None
    assert pass_event(NOON, None, replace(applied, last_pass=None)) is None


def test_a_pass_tells_what_it_did_or_why_it_failed() -> None:
    """In words."""
    done = pass_event(NOON, None, instance())
    assert done
    assert (done.status, done.reason, done.message, done.revision) == (
        "Applied",
        "files",
        "1 updated",
        "a1b2",
    )
    told = instance(number=2, outcome=Outcome.FAILED)
    assert told.last_pass
    failed = replace(told, last_pass=replace(told.last_pass, error="PostgreSQL is gone"))
    event = pass_event(NOON, None, failed)
    assert event
    assert event.message == "PostgreSQL is gone"
