"""A plan in a file: what would be done, of what it was made, and a digest that covers all of it.

The file is JSON. It holds no address and no password; it does hold what the manifests say, so its owner alone
may read it. The digest finds a file that was cut short or edited; it is no signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, get_args

from reconciler.errors import PlanStale, UsageError
from reconciler.plan import Change, Gate, HeldBack, Plan, Policy
from reconciler.report import wire
from reconciler.report.steps import PlanReport

VERSION: Final = "reconciler/v1"
KIND: Final = "SavedPlan"

_CHANGES: Final = {kind.__name__: kind for kind in get_args(Change)}
_AGAIN: Final = "make it again with `reconciler plan --out FILE`"


@dataclass(frozen=True, slots=True)
class Origin:
    """Of what a plan was made: another instance, source or database is not what it is for.

    `database` is its name, `database_id` what tells it from every other one of that name.
    """

    instance: str
    source: str
    database: str
    database_id: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan was allowed to do; the budgets are counted anew when it is applied."""

    prune: bool
    self_heal: bool
    max_prune: float
    prune_cap: int

    @classmethod
    def of(cls, policy: Policy) -> Terms:
        """Take them from a policy."""
        return cls(policy.prune, policy.self_heal, policy.max_prune, policy.prune_cap)

    def applied_to(self, policy: Policy) -> Policy:
        """Give a policy with these terms."""
        return replace(
            policy,
            prune=self.prune,
            self_heal=self.self_heal,
            max_prune=self.max_prune,
            prune_cap=self.prune_cap,
        )


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan with all that it takes to see whether it still holds, and to do it.

    `report` is the plan as people read it; `program` the version that made it.
    """

    program: str
    made_at: datetime
    origin: Origin
    terms: Terms
    report: PlanReport
    plan: Plan


def to_document(saved: SavedPlan) -> dict[str, Any]:
    """Give a saved plan as a document that says its version and its digest."""
    head = {"apiVersion": VERSION, "kind": KIND}
    parts = ("program", "made_at", "origin", "terms", "report")
    body = {name: wire.encode(getattr(saved, name)) for name in parts}
    body["plan"] = _plan_form(saved.plan)
    return {**head, "digest": _digest(body), **body}


def to_text(saved: SavedPlan) -> str:
    """Give a saved plan as what stands in its file."""
    return json.dumps(to_document(saved), ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def from_text(text: str, where: str) -> SavedPlan:
    """Read what `to_text` gave.

    Raises:
        UsageError: it is no saved plan, or one of another version.
        PlanStale: it was edited or cut short.

    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "this is no saved plan", where=where, why=f"it is not JSON: {error}", fix=_AGAIN
        ) from error
    return from_document(document, where)


def from_document(document: object, where: str) -> SavedPlan:
    """Read what `to_document` gave; raises as `from_text` does."""
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise UsageError("this is no saved plan", where=where, why="it has not the form of one", fix=_AGAIN)
    if (version := document.get("apiVersion")) != VERSION:
        why = f"its version is {version!r}, this program reads {VERSION}"
        raise UsageError("this saved plan can't be read", where=where, why=why, fix=_AGAIN)
    body = {name: part for name, part in document.items() if name not in {"apiVersion", "kind", "digest"}}
    if document.get("digest") != _digest(body):
        why = "its digest does not cover what stands in it"
        raise PlanStale("the saved plan was edited or cut short", where=where, why=why, fix=_AGAIN)
    try:
        return _saved(body)
    except (KeyError, TypeError, ValueError) as error:
        why = f"version {document.get('program')} wrote it; {type(error).__name__}: {error}"
        raise UsageError("this saved plan can't be read", where=where, why=why, fix=_AGAIN) from error


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _saved(body: Mapping[str, Any]) -> SavedPlan:
    return SavedPlan(
        program=wire.decode(str, body["program"]),
        made_at=wire.decode(datetime, body["made_at"]),
        origin=wire.decode(Origin, body["origin"]),
        terms=_terms(body["terms"]),
        report=wire.decode(PlanReport, body["report"]),
        plan=_plan(body["plan"]),
    )


def _terms(form: object) -> Terms:
    terms = wire.decode(Terms, form)
    if not 0 <= terms.max_prune <= 1 or terms.prune_cap < 0:
        raise ValueError("its budgets are none")
    return terms


def _plan_form(plan: Plan) -> dict[str, Any]:
    parts = {
        field.name: wire.encode(getattr(plan, field.name))
        for field in fields(plan)
        if field.name != "changes"
    }
    changes = [{"change": type(change).__name__, **wire.encode(change)} for change in plan.changes]
    return {**parts, "changes": changes}


def _plan(form: Mapping[str, Any]) -> Plan:
    return Plan(
        revision=wire.decode(str, form["revision"]),
        changes=tuple(wire.decode(_CHANGES[change["change"]], change) for change in form["changes"]),
        held_back=tuple(wire.decode(HeldBack, held) for held in form["held_back"]),
        gates=tuple(wire.decode(Gate, gate) for gate in form["gates"]),
        released=tuple(wire.decode(Gate, gate) for gate in form["released"]),
    )
