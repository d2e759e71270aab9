"""The inbox: nothing is lost, and many requests are one wake-up."""

from __future__ import annotations

from threading import Thread
from uuid import UUID

from reconciler.daemon.clock import SystemClock
from reconciler.daemon.wakeups import Wakeups
from reconciler.report import Hints, Request, Trigger, Wakeup
from tests.builders import workflow_key
from tests.unit.daemon.fakes import StubClock


def _paths(*paths: str) -> Hints:
    return Hints(paths=frozenset(paths))


def test_requests_become_one_wakeup() -> None:
    """Triggers stand in the order in which they came, each once."""
    wakeups = Wakeups(StubClock())
    for trigger in (Trigger.SCHEDULE, Trigger.FILES, Trigger.SCHEDULE):
        wakeups.request(trigger)
    wakeup = wakeups.wait(1)
    assert wakeup == Wakeup((Trigger.SCHEDULE, Trigger.FILES))
    assert wakeups.wait(1) is None


def test_a_start_is_told_before_whatever_came_with_it() -> None:
    """The watcher may be faster than the election."""
    assert Wakeup((Trigger.FILES, Trigger.START)).trigger is Trigger.START
    assert Wakeup((Trigger.FILES, Trigger.DRIFT)).trigger is Trigger.FILES


def test_hints_are_united() -> None:
    """A pass that is asked for by paths and by rows looks at both."""
    wakeups = Wakeups(StubClock())
    wakeups.request(Trigger.FILES, _paths("a.yaml"))
    wakeups.request(Trigger.DRIFT, Hints(row_ids=frozenset({UUID(int=1)})))
    wakeups.request(Trigger.RETRY, Hints(keys=frozenset({workflow_key("w")})))
    wakeup = wakeups.wait(1)
    assert wakeup is not None
    assert wakeup.hints == Hints(
        frozenset({"a.yaml"}), frozenset({UUID(int=1)}), frozenset({workflow_key("w")})
    )
    assert not wakeup.whole


def test_whole_is_more_than_any_hint() -> None:
    """Whichever comes first."""
    for first, second in ((None, _paths("a.yaml")), (_paths("a.yaml"), None)):
        wakeups = Wakeups(StubClock())
        wakeups.request(Trigger.FILES, first)
        wakeups.request(Trigger.FILES, second)
        wakeup = wakeups.wait(1)
        assert wakeup is not None
        assert wakeup.whole


def test_whoever_waits_for_a_result_is_remembered_and_what_may_be_forced_adds_up() -> None:
    """Two people may force two workflows in one pass."""
    wakeups = Wakeups(StubClock())
    requests = [Request(UUID(int=n), frozenset({workflow_key(f"w{n}")})) for n in (1, 2)]
    for request in requests:
        wakeups.request(Trigger.REQUEST, Hints(keys=request.force), request)
    wakeup = wakeups.wait(1)
    assert wakeup is not None
    assert wakeup.requests == tuple(requests)
    assert wakeup.force == {workflow_key("w1"), workflow_key("w2")}


def test_what_is_not_admitted_stays_in_the_inbox() -> None:
    """A file that changes during a backoff is looked at after it."""
    wakeups = Wakeups(StubClock())
    wakeups.request(Trigger.FILES, _paths("a.yaml"))
    assert wakeups.wait(1, frozenset({Trigger.SIGNAL})) is None
    wakeups.request(Trigger.SIGNAL)
    wakeup = wakeups.wait(1, frozenset({Trigger.SIGNAL}))
    assert wakeup is not None
    assert wakeup.triggers == (Trigger.FILES, Trigger.SIGNAL)


def test_a_wait_lasts_as_long_as_it_says() -> None:
    """Also when it is woken in between by something that is not admitted."""
    clock = StubClock()
    wakeups = Wakeups(clock)
    clock.at(0.4, lambda: wakeups.request(Trigger.FILES))
    assert wakeups.wait(1, frozenset()) is None
    assert clock.elapsed == 1


def test_a_closed_inbox_gives_nothing_and_waits_for_nothing() -> None:
    """Not even what was in it: the start of the next daemon looks at everything."""
    clock = StubClock()
    wakeups = Wakeups(clock)
    wakeups.request(Trigger.FILES)
    wakeups.close()
    assert wakeups.closed
    assert wakeups.wait(60) is None
    assert clock.elapsed == 0


def test_a_request_from_another_thread_ends_the_wait() -> None:
    """With real threads and the real clock."""
    wakeups = Wakeups(SystemClock())
    asking = Thread(target=wakeups.request, args=(Trigger.FILES,))
    asking.start()
    wakeup = wakeups.wait(30)
    asking.join()
    assert wakeup == Wakeup((Trigger.FILES,))


def test_closing_from_another_thread_ends_the_wait() -> None:
    """With real threads and the real clock."""
    wakeups = Wakeups(SystemClock())
    closing = Thread(target=wakeups.close)
    closing.start()
    assert wakeups.wait(30) is None
    closing.join()
    assert wakeups.closed


def test_the_inbox_knows_since_when_and_for_what_it_was_asked() -> None:
    """The oldest request counts, also once it was taken and put back."""
    clock = StubClock()
    wakeups = Wakeups(clock)
    wakeups.request(Trigger.FILES)
    clock.go(2)
    wakeups.request(Trigger.SCHEDULE)
    wakeups.request(Trigger.FILES)
    assert wakeups.waiting == 2
    wakeup = wakeups.wait(1)
    assert wakeup is not None
    clock.go(3)
    assert (wakeups.waiting, wakeups.since(wakeup)) == (0, 5)
    wakeups.request(Trigger.DRIFT)
    wakeups.put(wakeup.widened())
    assert wakeups.waiting == 5
    assert wakeups.asked == {Trigger.FILES: 3, Trigger.SCHEDULE: 2, Trigger.DRIFT: 1}
