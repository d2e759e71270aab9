"""What requests reach the world through: handed to `create_app`, and from there to every route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from reconciler.ports import Clock
from reconciler.report.steps import PlanReport
from reconciler.store.pool import Pool
from reconciler.web.access import Door
from reconciler.web.boards import Boards
from reconciler.web.clerk import Clerk
from reconciler.web.errands import Errands
from reconciler.web.hooks import Hooks
from reconciler.web.manifests import Manifests
from reconciler.web.pages import Pages
from reconciler.web.shared import Shared
from reconciler.web.stream import Stream
from reconciler.web.tallies import Tallies


class Daemon(Protocol):
    """The daemon beside which we serve, as far as it is seen from here."""

    @property
    def silent_for(self) -> float:
        """Seconds since its pulse was last felt."""
        ...

    async def exposition(self) -> bytes:
        """Give its metrics in Prometheus' form; nothing when it does not answer in time."""
        ...


@dataclass(frozen=True, slots=True)
class Edges:
    """One instance as requests see it.

    `door` says who may come in, `stream` what happens, `manifests` what is saved; `clerk` takes down what
    they declare. `plan` makes the plan of a full pass anew, and writes nothing.
    `hooks` judges webhooks; None: there are none.
    """

    instance: str
    clock: Clock
    pool: Pool
    boards: Boards
    tallies: Shared[Tallies]
    stream: Stream
    manifests: Manifests
    pages: Pages
    daemon: Daemon
    door: Door
    clerk: Clerk
    errands: Errands
    plan: Callable[[], PlanReport]
    hooks: Hooks | None = None


async def edges_of(request: Request) -> Edges:
    """Give the edges of the application that answers."""
    edges: Edges = request.app.state.edges
    return edges


UsingEdges = Annotated[Edges, Depends(edges_of)]
"""What a route's parameter is annotated with to be given the edges."""
