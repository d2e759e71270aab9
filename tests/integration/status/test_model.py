"""Whatever happens to Redis between publications, what it shows after one is what the writer knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reconciler.plan import Reason, Sync
from reconciler.report import ResourceStatus
from reconciler.resources import ResourceKey
from reconciler.status import Limits, RedisBoard
from tests.fakes import NOON, HandClock
from tests.statuses import instance, key, replica, resource, standby

_NAMES = st.sampled_from("abcdefgh")
_KEYS = st.sampled_from(["sync", "resources", "events", "replicas", "daemon:one", "daemon:two"])
_STANDINGS = st.sampled_from(
    [
        (Sync.SYNCED, Reason.APPLIED),
        (Sync.INVALID, Reason.MANIFEST_INVALID),
        (Sync.DEFERRED, Reason.IN_FLIGHT),
    ]
)


class Writer:
    """A daemon as far as its status goes: what it knows, and what it has said of it."""

    def __init__(self, name: str, url: str, clock: HandClock) -> None:
        self.name, self.url, self.clock = name, url, clock
        self.truth: dict[ResourceKey, ResourceStatus] = {}
        self.epoch = self.number = self.starts = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew as another process of the same name, knowing only what the rows tell."""
        self.starts += 1
        self.board = RedisBoard(self.url, "default", self.clock, Limits(narrow=4, chunk=3))
        self.changed: dict[ResourceKey, ResourceStatus] = {}
        self.gone: set[ResourceKey] = set()

    def say(self) -> None:
        """Publish what changed since the last time."""
        told = replica(self.name, epoch=self.epoch) if self.epoch else standby(self.name)
        sync = instance(epoch=self.epoch, number=self.number) if self.epoch else None
        started = NOON + timedelta(seconds=self.starts)
        changed, gone = tuple(self.changed.values()), tuple(self.gone)
        self.board.publish(
            sync, replace(told, started_at=started), changed, gone, lambda: [*self.truth.values()]
        )
        self.changed, self.gone = {}, set()


class BoardMachine(RuleBasedStateMachine):
    """Two daemons, one of which leads, and a Redis that is meddled with."""

    url = ""

    @initialize()
    def begin(self) -> None:
        self.client = redis.Redis.from_url(self.url, decode_responses=True)
        self.client.flushall()
        clock = HandClock()
        self.leader, self.other = Writer("one", self.url, clock), Writer("two", self.url, clock)
        self.epoch = self.leader.epoch = 1
        self.leader.say()

    @rule(names=st.lists(_NAMES, max_size=8), standing=_STANDINGS)
    def passes(self, names: list[str], standing: tuple[Sync, Reason]) -> None:
        """A pass changes some resources."""
        self.leader.number += 1
        for name in names:
            status = resource(name, *standing, generation=self.leader.number)
            self.leader.truth[key(name)] = self.leader.changed[key(name)] = status
            self.leader.gone.discard(key(name))
        self.leader.say()

    @rule(name=_NAMES)
    def forgets(self, name: str) -> None:
        """A resource is gone."""
        self.leader.truth.pop(key(name), None)
        self.leader.changed.pop(key(name), None)
        self.leader.gone.add(key(name))
        self.leader.say()

    @rule()
    def beats(self) -> None:
        """Both say that they live."""
        self.other.say()
        self.leader.say()

    @rule()
    def hands_over(self) -> None:
        """The other one leads, and knows from the rows what this one knew."""
        self.epoch += 1
        self.other.truth = dict(self.leader.truth)
        self.other.number = self.leader.number
        self.leader, self.other = self.other, self.leader
        self.leader.epoch = self.epoch
        self.leader.say()

    @rule()
    def steps_down(self) -> None:
        """The one that led before has noticed."""
        self.other.epoch = 0
        self.other.say()

    @rule()
    def restarts(self) -> None:
        """The leader is killed and leads again."""
        self.leader.board.withdraw()
        self.epoch += 1
        self.leader.epoch = self.epoch
        self.leader.restart()
        self.leader.say()

    @rule(name=_KEYS, damage=st.sampled_from(["delete", "usurp"]))
    def meddles(self, name: str, damage: str) -> None:
        """Somebody deletes a key of ours, or puts another in its place; the leader speaks next."""
        self.client.delete(f"reconciler:default:{name}")
        if damage == "usurp":
            self.client.set(f"reconciler:default:{name}", "mine")
        self.beats()

    @rule()
    def flushes(self) -> None:
        """Everything is gone."""
        self.client.flushall()
        self.beats()

    @rule()
    def meddles_as_a_stale_leader(self) -> None:
        """One that has not noticed that it leads no longer writes on, under its old epoch."""
        if self.other.epoch:
            self.other.number += 1
            self.other.truth[key("stale")] = self.other.changed[key("stale")] = resource("stale")
            self.other.say()
            self.other.truth.pop(key("stale"))

    @invariant()
    def shows_what_the_leader_knows(self) -> None:
        """Exactly that, and who leads."""
        shown = self.leader.board.read()
        assert shown
        assert not self.leader.board.problem
        assert shown.sync == instance(epoch=self.epoch, number=self.leader.number)
        assert shown.resources == self.leader.truth
        assert self.leader.name in {r.replica for r in shown.replicas if r.epoch == self.epoch}

    def teardown(self) -> None:
        if hasattr(self, "leader"):
            self.leader.board.withdraw()
            self.other.board.withdraw()
            self.client.close()


@pytest.mark.slow
def test_after_every_publication_the_view_is_what_the_writer_knows(redis_url: str) -> None:
    """Under any mixture of passes, hand-overs, restarts, stale leaders, and losses of all kinds."""
    BoardMachine.url = redis_url
    tries = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(BoardMachine, settings=tries)
