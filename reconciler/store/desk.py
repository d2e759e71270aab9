"""What people ask of an instance and what they are asked: passes, approvals, suspensions.

Each is a row, so that nothing is lost when the daemon is away, and a note on the channel, so that it is at
once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from reconciler.errors import UsageError
from reconciler.plan import Gate, GateKind
from reconciler.report import Request
from reconciler.resources import ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.migrations.triggers import CHANNEL

APPROVAL_LASTS: Final = timedelta(hours=24)
_PROPOSAL_LASTS: Final = timedelta(hours=24)
"""How long a set waits that a saved plan put up."""

_NOTHING_WAITS: Final = (
    "nothing waits; `plan` only shows a set: a pass that runs with the same settings puts it up, and so does "
    "`apply --plan` of a plan that was saved"
)
_REQUEST_LASTS: Final = "1 hour"

NARROW: Final = "look"
"""The word of a note about a request that names the paths to look at; any other request is `request`."""

_TELL: Final = "select pg_notify(%s, %s)"

_ASK: Final = """
insert into reconciler.requests (id, instance, requested_by, force, plan, paths)
values (%s, %s, %s, %s, %s, %s)"""

_WAITING: Final = """
select id, force, plan, paths from reconciler.requests
where instance = %s and answered_at is null and requested_at > clock_timestamp() - %s::interval
order by requested_at"""

_ANSWER: Final = """
update reconciler.requests set answered_at = clock_timestamp(), answer = %s, plan = null
where id = any (%s) and answered_at is null"""

_PUT_OFF: Final = """
update reconciler.requests set answer = %s where id = any (%s) and answered_at is null"""

_ANSWERED: Final = "select answer, answered_at is not null from reconciler.requests where id = %s"

_WITHDRAW: Final = "delete from reconciler.requests where id = %s and answered_at is null"

_PROPOSE: Final = """
insert into reconciler.gates (instance, digest, kind, subjects, expires_at)
values (%s, %s, %s, %s, now() + %s)
on conflict (instance, digest) do update set proposed_at = now(), expires_at = excluded.expires_at,
    approved_at = null, consumed_at = null
where gates.consumed_at is not null or gates.expires_at < now()
    or (gates.approved_at is null and excluded.expires_at is not null)"""

_DROP: Final = """
delete from reconciler.gates where instance = %s and digest = any (%s) and approved_at is null"""

_CONSUME: Final = """
update reconciler.gates set consumed_at = now(), consumed_by = %s
where instance = %s and digest = %s and consumed_at is null and approved_at is not null
    and expires_at > now()"""

_GATES: Final = """
select digest, kind, subjects, proposed_at, approved_at,
    case when approved_at is not null then approved_by end, expires_at
from reconciler.gates
where instance = %s and consumed_at is null and (expires_at is null or expires_at > now())
order by proposed_at"""

_APPROVE: Final = """
update reconciler.gates set approved_at = now(), approved_by = %s, expires_at = now() + %s
where instance = %s and digest = %s and consumed_at is null
returning digest, kind, subjects, proposed_at, approved_at, approved_by, expires_at"""

_KNOWN: Final = """
select from reconciler.inventory where instance = %s and kind = %s and name = %s
union all select from reconciler.statuses where instance = %s and kind = %s and name = %s"""

_SUSPEND: Final = """
insert into reconciler.suspensions (instance, kind, name, reason, requested_by, until)
values (%s, %s, %s, %s, %s, now() + %s)
on conflict (instance, kind, name) do update set reason = excluded.reason,
    requested_by = excluded.requested_by, since = now(), until = excluded.until"""

_RESUME: Final = "delete from reconciler.suspensions where instance = %s and kind = %s and name = %s"


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A set that waits for approval, or was approved and waits for the pass that uses it.

    Either ends at `expires_at`; None: it waits for as long as passes find it.
    """

    digest: str
    kind: GateKind
    subjects: tuple[str, ...]
    proposed_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    expires_at: datetime | None


# --- passes that are asked for -----------------------------------------------------------------------


def ask(connection: Connection, instance: str, who: str, request: Request | None = None) -> UUID:
    """Ask the daemon for a pass, or what a request holds; give the number under which it will answer."""
    asked = request or Request(uuid4())
    force, paths = [str(key) for key in asked.force], sorted(asked.paths)
    plan = asked.plan and Jsonb(asked.plan)
    with connection.transaction():
        connection.execute(_ASK, [asked.id, instance, who, force, plan, paths])
        connection.execute(_TELL, [CHANNEL, f"{NARROW if paths else 'request'} {instance}"])
    return asked.id


def waiting(connection: Connection, instance: str) -> tuple[Request, ...]:
    """Give the requests that no pass has answered; nobody waits for one of more than an hour ago."""
    rows = connection.execute(_WAITING, [instance, _REQUEST_LASTS])
    return tuple(
        Request(row_id, frozenset(ResourceKey.parse(key) for key in force), plan, frozenset(paths))
        for row_id, force, plan, paths in rows
    )


def answer(connection: Connection, instance: str, requests: Sequence[Request], told: dict[str, Any]) -> None:
    """Tell whoever waits how the pass went."""
    with connection.transaction():
        connection.execute(_ANSWER, [Jsonb(told), [request.id for request in requests]])
        connection.execute(_TELL, [CHANNEL, f"answer {instance}"])


def put_off(connection: Connection, instance: str, requests: Sequence[Request], why: str) -> None:
    """Tell whoever waits that the pass failed, and that it is tried again."""
    with connection.transaction():
        connection.execute(_PUT_OFF, [Jsonb({"put_off": why}), [request.id for request in requests]])
        connection.execute(_TELL, [CHANNEL, f"answer {instance}"])


def withdraw(connection: Connection, request_id: UUID) -> None:
    """Take back a request that nobody has answered and nobody waits for any more."""
    connection.execute(_WITHDRAW, [request_id])


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request has come to: its `answer`, or None and why it was `put_off`, "" when it was not."""

    answer: dict[str, Any] | None
    put_off: str = ""


def reply_to(connection: Connection, request_id: UUID) -> Reply:
    """Give what a request has come to by now."""
    told, final = connection.execute(_ANSWERED, [request_id]).fetchone() or (None, False)
    return Reply(told) if final else Reply(None, (told or {}).get("put_off", ""))


# --- approvals ---------------------------------------------------------------------------------------


def propose(connection: Connection, instance: str, gates: Iterable[Gate], *, lasting: bool = False) -> None:
    """Write down the sets that wait for approval; one that waits already is left as it is.

    One that is `lasting` waits for a day from now, whether passes find it or not.
    """
    lasts = _PROPOSAL_LASTS if lasting else None
    for gate in gates:
        subjects = [f"{key} {row_id} {generation}" for key, row_id, generation in gate.subjects]
        connection.execute(_PROPOSE, [instance, gate.digest, gate.kind, Jsonb(subjects), lasts])


def gate_of(kind: str, digest: str, subjects: Iterable[str]) -> Gate:
    """Read what `propose` wrote down."""
    told = (subject.rsplit(" ", 2) for subject in subjects)
    parsed = ((ResourceKey.parse(key), UUID(row_id), int(generation)) for key, row_id, generation in told)
    return Gate(GateKind(kind), digest, tuple(parsed))


def drop(connection: Connection, instance: str, digests: Iterable[str]) -> None:
    """Strike out sets that nothing waits for any more, unless somebody has approved them meanwhile."""
    connection.execute(_DROP, [instance, list(digests)])


def gates(connection: Connection, instance: str) -> list[OpenGate]:
    """List the sets that wait for approval or for the pass that uses it, the oldest first."""
    return list(starmap(_open_gate, connection.execute(_GATES, [instance])))


def _open_gate(digest: str, kind: str, subjects: Iterable[str], *rest: Any) -> OpenGate:  # noqa: ANN401 - as columns are
    return OpenGate(digest, GateKind(kind), tuple(subjects), *rest)


def approve(connection: Connection, instance: str, digest: str, who: str) -> OpenGate:
    """Approve exactly one set, for 24 hours, and ask for a pass that uses it.

    Raises:
        UsageError: no set of this instance waits under a digest that begins so, or more than one does.

    """
    found = [gate for gate in gates(connection, instance) if digest and gate.digest.startswith(digest)]
    if len(found) == 1:
        with connection.transaction():
            about = [who, APPROVAL_LASTS, instance, found[0].digest]
            approved = connection.execute(_APPROVE, about).fetchone()
            connection.execute(_TELL, [CHANNEL, f"request {instance}"])
        if approved:  # else a pass has struck it out, or used it up, a moment ago
            return _open_gate(*approved)
    known = ", ".join(gate.digest for gate in gates(connection, instance))
    what = "more than one set waits under that digest" if len(found) > 1 else "no set waits under that digest"
    fix = f"waiting are: {known}" if known else _NOTHING_WAITS
    raise UsageError(what, where=f"{digest!r}, instance {instance}", fix=fix)


def consume(connection: Connection, instance: str, digest: str, pass_id: UUID | None = None) -> bool:
    """Use up an approval inside the transaction that it lets through; False when there is none in force."""
    return connection.execute(_CONSUME, [pass_id, instance, digest]).rowcount == 1


# --- suspensions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What a suspension is about: a resource of an instance, or with `key` None the instance as a whole."""

    instance: str
    key: ResourceKey | None

    @property
    def columns(self) -> list[str]:
        """Its row's key."""
        return [self.instance, self.key.kind if self.key else "", self.key.name if self.key else ""]


def is_known(connection: Connection, subject: Subject) -> bool:
    """Whether the instance manages this resource, or has told how it stands; the instance itself is known."""
    if subject.key is None:
        return True
    return connection.execute(_KNOWN, subject.columns * 2).fetchone() is not None


def suspend(connection: Connection, subject: Subject, reason: str, who: str, lasts: timedelta | None) -> None:
    """Ask that something be left alone, for a time or until `resume`."""
    with connection.transaction():
        connection.execute(_SUSPEND, [*subject.columns, reason, who, lasts])
        connection.execute(_TELL, [CHANNEL, f"request {subject.instance}"])


def resume(connection: Connection, subject: Subject) -> bool:
    """End a suspension; False when there was none."""
    with connection.transaction():
        ended = connection.execute(_RESUME, subject.columns).rowcount == 1
        connection.execute(_TELL, [CHANNEL, f"request {subject.instance}"])
    return ended
