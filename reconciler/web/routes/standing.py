"""How things stand: the status, what is not in order, what waits for approval, and how many stand how."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response

from reconciler.desired import Diagnostic
from reconciler.report import Finding, InstanceStatus, ReplicaStatus, ResourceStatus, judge
from reconciler.report.brief import Summary
from reconciler.report.diagnostics import Diagnostics
from reconciler.report.listing import list_document
from reconciler.report.wire import document, encode
from reconciler.store import desk
from reconciler.store.board import unsettled
from reconciler.store.desk import OpenGate
from reconciler.store.tokens import Scope
from reconciler.web import replies
from reconciler.web.access import routes
from reconciler.web.asked import After, Limit, Syncs
from reconciler.web.edges import UsingEdges
from reconciler.web.problems import documented
from reconciler.web.replies import reply
from reconciler.web.shapes import SHAPES, answers
from reconciler.web.tallies import Tallies

router = routes(Scope.READ, "status", "/api/v1")


_STATUS: Final = SHAPES.document(
    "Status",
    healthy=bool,
    findings=tuple[Finding, ...],
    read_from=str,
    read_at=str,
    replicas=tuple[ReplicaStatus, ...],
    sync=InstanceStatus | None,
    resources=tuple[ResourceStatus, ...],
    degraded=str,
)
_DIAGNOSTICS: Final = SHAPES.document(
    "Diagnostics", errors=int, warnings=int, files=int, diagnostics=tuple[Diagnostic, ...], mistakes=int
)
_RESOURCES: Final = SHAPES.document("ResourceList", items=tuple[ResourceStatus, ...], next=str)
_GATES: Final = SHAPES.document("GateList", items=tuple[OpenGate, ...])


@router.get("/status", summary="The whole status", responses=answers(_STATUS))
def status(edges: UsingEdges, request: Request) -> Response:
    """Give what `reconciler status -o json` does: every resource, so it grows with their number."""
    board = edges.boards.read()
    verdict = judge(board, edges.clock.now())
    told = encode(board)
    told["resources"] = [*told["resources"].values()]
    parts = {"healthy": verdict.healthy, "findings": encode(verdict.findings), **told}
    return reply(request, replies.document("Status", **parts))


@router.get("/summary", summary="The status in short", responses=answers(SHAPES.whole(Summary)))
async def summary(edges: UsingEdges, request: Request) -> Response:
    """Give the status without the single resources, mistakes and rows: its size does not grow."""
    return await edges.pages.answer(request, lambda: document(edges.boards.summary()))


@router.get("/unsettled", summary="What is not as declared", responses=answers(_RESOURCES) | documented(422))
def not_in_order(
    edges: UsingEdges, request: Request, sync: Syncs = (), limit: Limit = 100, after: After = ""
) -> Response:
    """List the resources that are not `Synced`, each with the reason."""
    with edges.pool.connection() as connection:
        page = unsettled(connection, edges.instance, limit, tuple(map(str, sync)), after)
    return reply(request, list_document(page))


@router.get("/diagnostics", summary="Mistakes in the manifests", responses=answers(_DIAGNOSTICS))
def diagnostics(edges: UsingEdges, request: Request) -> Response:
    """Give every mistake with its place, its line and its cure, as `reconciler validate -o json` has them.

    At most a thousand are told one by one; `mistakes` says how many there are.
    """
    sync = edges.boards.glance().sync
    found = Diagnostics.of(sync.diagnostics if sync else ())
    return reply(request, {**document(found), "mistakes": sync.mistakes if sync else 0})


@router.get("/gates", summary="What waits for approval", responses=answers(_GATES))
def gates(edges: UsingEdges, request: Request) -> Response:
    """List the sets that no pass touches before a person has approved them, with every row.

    A subject is `Kind/name`, the id of its row, and its generation.
    """
    with edges.pool.connection() as connection:
        waiting = desk.gates(connection, edges.instance)
    return reply(request, replies.document("GateList", items=waiting))


@router.get("/tallies", summary="How many stand how", responses=answers(SHAPES.whole(Tallies)))
async def tallies(edges: UsingEdges, request: Request) -> Response:
    """Count users, workflows and jobs by how they stand and by status.

    Counting is shared by all who ask, and takes no more than a tenth of the time.
    """
    return await edges.pages.answer(request, lambda: document(edges.tallies.get()))
