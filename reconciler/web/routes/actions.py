"""What people do from a page or a program: ask for a pass or a plan, suspend, resume, approve."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Final
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from reconciler.report import Request
from reconciler.report.wire import document, encode
from reconciler.resources import ResourceKey
from reconciler.store import desk
from reconciler.store.tokens import Scope
from reconciler.web.access import Caller, UsingCaller, routes
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.problems import Fault, Problem, documented

_TAG: Final = "actions"

ask = routes(Scope.RECONCILE, _TAG, "/api/v1")
steer = routes(Scope.APPROVE, _TAG, "/api/v1")

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MISTAKES: Final = documented(400, 409, 413, 415, 422, 504)


Key = Annotated[
    str, Field(pattern=r"^(User|Workflow)/[A-Za-z0-9._-]{1,63}$", examples=["Workflow/cmu-1-nuclei"])
]
WorkflowKey = Annotated[str, Field(pattern=r"^Workflow/[A-Za-z0-9._-]{1,63}$")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReconcileAsked(_Asked):
    """A pass. `force` names workflows that may be altered although jobs of theirs are queued or running."""

    force: list[WorkflowKey] = Field(default_factory=list, max_length=100)


class PlanAsked(_Asked):
    """A plan of everything."""


class SuspendAsked(_Asked):
    """Something to be left as it is: a resource, or without one the whole instance."""

    resource: Key | None = None
    reason: str = Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$",
        description="Why; the status shows it.",
        examples=["the slide is scanned again"],
    )
    lasts: str | None = Field(
        None,
        alias="for",
        pattern=r"^[1-9][0-9]{0,5}[smhd]$",
        description="For how long; without it, until it is resumed.",
        examples=["2h"],
    )


class ResumeAsked(_Asked):
    """What is to go on: a resource, or without one the whole instance."""

    resource: Key | None = None


class ApproveAsked(_Asked):
    """Exactly one set that waits, by its digest in full."""

    digest: str = Field(pattern=r"^[0-9a-f]{6,128}$", examples=["3f9a1c5b"])


class Done(BaseModel):
    """That it was done, in words."""

    message: str


@ask.post("/reconcile", summary="Run a pass now, and wait for it", responses=_MISTAKES)
async def reconcile(edges: UsingEdges, caller: UsingCaller, asked: ReconcileAsked) -> dict[str, Any]:
    """Give how the pass went, as `reconciler reconcile -o json` does."""
    force = frozenset(map(ResourceKey.parse, asked.force))
    answer = await edges.errands.run(partial(edges.clerk.ask, Request(uuid4(), force), _who(caller)))
    if answer is None:
        fix = "see /healthz; the request stands, and the next pass serves it"
        raise Problem(Fault(504, "NoAnswer"), "the daemon did not answer in time", fix=fix)
    return document(answer)


@ask.post("/plan", summary="Show what a pass would do", responses=_MISTAKES)
async def plan(edges: UsingEdges, _caller: UsingCaller, _asked: PlanAsked) -> dict[str, Any]:
    """Give the plan of a full pass, as `reconciler plan -o json` does; nothing is written."""
    report = await edges.errands.run(edges.plan)
    return {**document(report), "kind": "Plan"}


@steer.post("/suspend", summary="Leave a resource or the instance as it is", responses=_MISTAKES)
def suspend(edges: UsingEdges, caller: UsingCaller, asked: SuspendAsked) -> Done:
    """Neither change nor heal nor prune its rows, for a time or until it is resumed."""
    subject = _subject(edges, asked.resource)
    lasts = timedelta(seconds=int(asked.lasts[:-1]) * _UNITS[asked.lasts[-1]]) if asked.lasts else None
    with edges.pool.connection() as connection:
        if not desk.is_known(connection, subject):
            fix = "see /workflows/ for what there is"
            raise Problem(Fault(409, "Unknown"), f"there is no {asked.resource}", fix=fix)
        desk.suspend(connection, subject, asked.reason, _who(caller), lasts)
    until = f"for {asked.lasts}" if asked.lasts else "until it is resumed"
    return Done(message=f"{_named(edges, subject)} is suspended {until}")


@steer.post("/resume", summary="End a suspension", responses=_MISTAKES)
def resume(edges: UsingEdges, _caller: UsingCaller, asked: ResumeAsked) -> Done:
    """Go on with a resource or the instance."""
    subject = _subject(edges, asked.resource)
    with edges.pool.connection() as connection:
        ended = desk.resume(connection, subject)
    if not ended:
        what = f"{_named(edges, subject)} is not suspended"
        fix = "a manifest may suspend it too, by its annotation"
        raise Problem(Fault(409, "NotSuspended"), what, fix=fix)
    return Done(message=f"{_named(edges, subject)} is resumed")


@steer.post("/approve", summary="Approve exactly one set that waits", responses=_MISTAKES)
def approve(edges: UsingEdges, caller: UsingCaller, asked: ApproveAsked) -> dict[str, Any]:
    """Give a person's word, good for 24 hours, for exactly these rows in these generations."""
    with edges.pool.connection() as connection:
        waiting = {gate.digest for gate in desk.gates(connection, edges.instance)}
        if asked.digest not in waiting:
            fix = f"waiting are: {', '.join(sorted(waiting))}" if waiting else "nothing waits for approval"
            what = "no set waits under that digest"
            raise Problem(Fault(409, "NothingWaits"), what, where=asked.digest, fix=fix)
        gate = desk.approve(connection, edges.instance, asked.digest, _who(caller))
    told: dict[str, Any] = encode(gate)
    return told


def _who(caller: Caller) -> str:
    return f"http:{caller.name}"


def _subject(edges: Edges, resource: str | None) -> desk.Subject:
    return desk.Subject(edges.instance, ResourceKey.parse(resource) if resource else None)


def _named(edges: Edges, subject: desk.Subject) -> str:
    return str(subject.key) if subject.key else f"the instance {edges.instance}"
