"""The store of one instance without its daemon, and a person beside it who works on the same database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import Plan, Policy, keys_to_examine, make_plan
from reconciler.report import Applied, PassHeader, Trigger
from reconciler.resources import ResourceKey
from reconciler.store.connect import connect
from reconciler.store.election import Candidate, PostgresElection
from reconciler.store.postgres import PostgresStore
from tests.builders import desired
from tests.fakes import NOON, HandClock

DEFAULT = Policy()
PRUNING = Policy(prune=True)

_WRITTEN = (
    "public.users",
    "public.workflows",
    "public.jobs",
    "reconciler.inventory",
    "reconciler.history",
    "reconciler.passes",
)


class Person:
    """Somebody with a connection of their own: looks at rows, and changes them by hand."""

    def __init__(self, url: str) -> None:
        self.connection = connect(url, "a person")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """Ask for one value."""
        ((found,),) = self.rows(query, *values)
        return found

    def does(self, statement: str, *values: object) -> int:
        """Do something by hand; give how many rows it met."""
        return self.connection.execute(statement, values).rowcount

    def everything(self) -> list[tuple[Any, ...]]:
        """Give every row that passes write, with its place and writer: equal means nothing was written."""
        query = "select '{0}', ctid::text, xmin::text, t::text from {0} t order by 2"
        return [row for table in _WRITTEN for row in self.rows(query.format(table))]


@dataclass
class Writer:
    """An instance that writes: its store, the epoch it holds, and the passes a test has it run."""

    instance: str
    store: PostgresStore
    epoch: int

    def plan(self, state: DesiredState, policy: Policy = DEFAULT) -> Plan:
        """Make the plan of a pass, as a pass does."""
        survey = self.store.survey(state)
        actual = self.store.examine(survey, state, keys_to_examine(state, survey, policy))
        return make_plan(state, actual, policy, self.instance)

    def apply(self, plan: Plan, force: Iterable[ResourceKey] = ()) -> Applied:
        """Carry a plan out in a pass of its own."""
        return self.store.apply(plan, self.header(force))

    def run(self, *manifests: Manifest, policy: Policy = DEFAULT, revision: str = "r1") -> Applied:
        """Run a whole pass: these manifests are all there are."""
        return self.reconcile(desired(*manifests, revision=revision), policy)

    def reconcile(self, state: DesiredState, policy: Policy = DEFAULT) -> Applied:
        """Run a pass for a desired state; an empty plan is not carried out, as in the daemon."""
        plan = self.plan(state, policy)
        self.store.propose(plan.gates)
        return Applied() if plan.empty else self.apply(plan, policy.force)

    def header(self, force: Iterable[ResourceKey] = (), pass_id: UUID | None = None) -> PassHeader:
        """Stamp a pass."""
        return PassHeader(pass_id or uuid4(), Trigger.COMMAND, self.epoch, NOON, frozenset(force))


Open = Callable[[str], Writer]


@pytest.fixture
def open_writer(database_url: str) -> Iterator[Open]:
    """Give a way to have any number of instances write to the test's database."""
    with ExitStack() as stack:

        def open_one(instance: str) -> Writer:
            election = PostgresElection(database_url, Candidate(instance, "test", ""), migrates=False)
            stack.callback(election.resign)
            epoch = election.stand()
            assert epoch is not None
            store = PostgresStore(database_url, instance, HandClock())
            stack.callback(store.close)
            return Writer(instance, store, epoch)

        yield open_one


@pytest.fixture
def writer(open_writer: Open) -> Writer:
    """Give the instance that writes."""
    return open_writer("default")


@pytest.fixture
def person(database_url: str) -> Iterator[Person]:
    """Give somebody who works on the same database."""
    somebody = Person(database_url)
    yield somebody
    somebody.connection.close()


def told(applied: Applied) -> dict[str, str]:
    """Say briefly what a pass left, by key."""
    return {str(left.held.key): left.held.reason.value for left in applied.left}


def keys(applied: Applied) -> set[str]:
    """Say briefly what a pass did."""
    return {str(key) for key in applied.done}
