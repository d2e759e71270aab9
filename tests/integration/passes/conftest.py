"""An instance of the reconciler without its daemon: a folder, a database, and passes on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.plan import Policy
from reconciler.reconcile import PassEdges, Reconciler, Rules
from reconciler.report import Hints, Order, PassReport, SyncResult, Trigger, Wakeup
from reconciler.sources import DirectorySource
from reconciler.store.election import Candidate, PostgresElection
from reconciler.store.postgres import PostgresStore

_WRITTEN = (
    "public.users",
    "public.workflows",
    "public.jobs",
    "reconciler.inventory",
    "reconciler.history",
    "reconciler.passes",
)


@dataclass
class Instance:
    """What a test does to an instance and sees of it."""

    folder: Path
    url: str
    epoch: int
    store: PostgresStore
    reconciler: Reconciler

    def write(self, path: str, *documents: str) -> None:
        """Write a manifest file of these documents."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("---\n".join(documents))

    def run(self, hints: Hints | None = None) -> SyncResult:
        """Run a pass over everything, or over what the hints name."""
        return self.report(hints).result

    def report(self, hints: Hints | None = None) -> PassReport:
        """Run a pass, and give all that is told of it."""
        return self.reconciler.run(Order(Wakeup((Trigger.COMMAND,), hints), uuid4(), self.epoch))

    def under(self, policy: Policy) -> Instance:
        """Give the same instance with another policy; its memory of the files begins anew."""
        clock = SystemClock()
        edges = PassEdges(DirectorySource(self.folder, clock), self.store, clock)
        return replace(self, reconciler=Reconciler(edges, Rules("default", policy)))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Do something to the database by hand."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def everything(self) -> list[tuple[Any, ...]]:
        """Give every row that passes write, with its place and writer: equal means nothing was written."""
        query = "select '{0}', ctid::text, xmin::text, t::text from {0} t order by 2"
        return [row for table in _WRITTEN for row in self.rows(query.format(table))]


@contextmanager
def open_instance(url: str, folder: Path) -> Iterator[Instance]:
    """Give an instance that reconciles a folder with a database that has its tables; it is the writer."""
    clock = SystemClock()
    election = PostgresElection(url, Candidate("default", "test", ""), migrates=False)
    epoch = election.stand()
    assert epoch is not None
    store = PostgresStore(url, "default", clock)
    edges = PassEdges(DirectorySource(folder, clock), store, clock)
    try:
        yield Instance(folder, url, epoch, store, Reconciler(edges, Rules("default", Policy())))
    finally:
        store.close()
        election.resign()


@pytest.fixture
def instance(database_url: str, tmp_path: Path) -> Iterator[Instance]:
    """Give an instance with an empty folder and an empty database, of which it is the writer."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    with open_instance(database_url, folder) as opened:
        yield opened


def user(name: str = "ada") -> str:
    """Spell a user's manifest."""
    return f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: {name}}}\n"


def workflow(name: str, *jobs: str, user: str = "ada", annotations: str = "{}") -> str:
    """Spell a workflow's manifest; each job is the inside of a flow mapping."""
    lines = "".join(f"    - {{{job}}}\n" for job in jobs or ("name: tile, job_type: tiling",))
    return (
        "apiVersion: reconciler/v1\nkind: Workflow\n"
        f"metadata: {{name: {name}, annotations: {annotations}}}\nspec:\n  user: {user}\n  jobs:\n{lines}"
    )
