"""The HTTP interface of one instance, in this process, beside a replica of the daemon if one is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psycopg
import uvicorn

from reconciler.app.passes import preview
from reconciler.daemon.clock import SystemClock
from reconciler.plan import Policy
from reconciler.report.steps import PlanReport
from reconciler.settings import load_settings
from reconciler.sources.declared import DeclaredFolder
from reconciler.status import BoardReader
from reconciler.store import tokens
from reconciler.store.connect import connect
from reconciler.store.pool import Pool
from reconciler.store.tokens import Grant, Scope
from reconciler.web.access import Door
from reconciler.web.application import create_app, guarded
from reconciler.web.boards import Boards
from reconciler.web.clerk import Clerk
from reconciler.web.edges import Edges
from reconciler.web.errands import Errands
from reconciler.web.guard import Guard, Rules
from reconciler.web.listen import listen, url_of
from reconciler.web.manifests import Manifests
from reconciler.web.pages import Pages
from reconciler.web.serve import configuration
from reconciler.web.stream import Stream
from reconciler.web.tallies import tallies_of
from tests.integration.daemon.replica import INSTANCE, Replica


@dataclass
class Pulse:
    """A daemon that is felt from here."""

    silent_for: float = 0.0

    async def exposition(self) -> bytes:
        return b"reconciler_up 1\n"


@dataclass
class Site:
    """What a test asks, and what it looks at."""

    client: httpx.Client
    folder: Path
    edges: Edges
    database_url: str
    pulse: Pulse = field(default_factory=Pulse)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Do something to the database by hand."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement)

    def files(self) -> list[str]:
        """Name what lies in the folder of manifests."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def token(self, *scopes: Scope, name: str = "ci") -> dict[str, str]:
        """Make a token, and give the header that bears it."""
        with connect(self.database_url, "test") as connection:
            text = tokens.create(connection, INSTANCE, Grant(name, frozenset(scopes), "me", None))
        return {"Authorization": f"Bearer {text}"}


@dataclass(frozen=True)
class Plan:
    """How a site differs from the usual: one on this machine, beside a replica."""

    local: bool = True
    daemon: bool = True
    rules: Rules = field(default_factory=Rules)
    change: Callable[[Edges], Edges] = lambda edges: edges


@contextmanager
def open_site(folder: Path, database_url: str, redis_url: str, plan: Plan | None = None) -> Iterator[Site]:
    """Serve until the end of the block."""
    plan = plan or Plan()
    manifests = folder / "manifests"
    manifests.mkdir(exist_ok=True)
    clock = SystemClock()
    pool = Pool(database_url, "reconciler http test")

    def dial() -> BoardReader:
        return BoardReader(redis_url, INSTANCE, clock)

    clerk = Clerk(INSTANCE, DeclaredFolder(manifests), pool, lambda: connect(database_url, "test"))
    pulse = Pulse()
    edges = Edges(
        instance=INSTANCE,
        clock=clock,
        pool=pool,
        boards=Boards(dial(), pool, INSTANCE, clock),
        tallies=tallies_of(pool, INSTANCE, clock),
        stream=Stream(dial),
        manifests=Manifests(manifests, pool, INSTANCE, Policy()),
        pages=Pages(clock),
        daemon=pulse,
        door=Door(pool, INSTANCE, clock, local=plan.local),
        clerk=clerk if plan.daemon else replace(clerk, patience=0.2),
        errands=Errands(),
        plan=lambda: planned(manifests, database_url),
    )
    app = guarded(create_app(plan.change(edges), plan.rules))
    with ExitStack() as parts:
        if plan.daemon:
            replica = Replica("node-1", manifests, database_url, redis_url)
            parts.enter_context(replica.running())
            replica.next_report()
        url = parts.enter_context(_serving(app))
        client = parts.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))
        yield Site(client, manifests, edges, database_url, pulse)


def planned(manifests: Path, database_url: str) -> PlanReport:
    """Make the plan of a full pass, as `reconciler plan` does."""
    settings = load_settings({"manifests": manifests}, {"DATABASE_URL": database_url})
    draft = preview(settings)
    return PlanReport.of(draft.plan, draft.actual, draft.part)


@contextmanager
def _serving(app: Guard) -> Iterator[str]:
    """Serve as the daemon's process does, on a thread."""
    with listen("127.0.0.1", 0) as bound:
        server = uvicorn.Server(configuration(app))
        thread = Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield url_of(bound)  # who comes before it is ready waits in the socket
        finally:
            app.farewell()
            server.should_exit = True
            thread.join()
