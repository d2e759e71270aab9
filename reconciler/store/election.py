"""Which replica writes: an advisory lock elects it, the epoch that it takes fences everything it writes.

The lock belongs to a session; when that ends, another replica has it at once, while the first one's other
connections may still be writing. So the lock only elects: each transaction that writes checks the epoch in
`reconciler.fence`, and the epoch moves with every new writer.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import psycopg

from reconciler.errors import SourceRefused, StoreRefused
from reconciler.plan import Gate, GateKind
from reconciler.store import desk, migrate
from reconciler.store.connect import Connection, connect, describe
from reconciler.store.errors import translated

_LOCK: Final = "select pg_try_advisory_lock(hashtextextended('reconciler/seat/' || %s, 0))"
_UNLOCK: Final = "select pg_advisory_unlock(hashtextextended('reconciler/seat/' || %s, 0))"

_TAKE: Final = """
insert into reconciler.fence as f (instance, epoch, holder, backend_pid, taken_at, schema_version, source)
values (%(instance)s, 1, %(holder)s, pg_backend_pid(), clock_timestamp(), %(version)s, %(source)s)
on conflict (instance) do update set epoch = f.epoch + 1, holder = excluded.holder,
    backend_pid = excluded.backend_pid, taken_at = excluded.taken_at,
    schema_version = excluded.schema_version, source = excluded.source
returning epoch"""

_SOURCE: Final = "select source from reconciler.fence where instance = %s"

_UNSEAT: Final = """
select pg_terminate_backend(seat.pid)
from pg_locks seat
join pg_stat_activity session using (pid)
left join reconciler.fence f on f.instance = %(instance)s and f.backend_pid = seat.pid
left join reconciler.replicas r on (r.instance, r.replica) = (f.instance, f.holder)
where seat.locktype = 'advisory' and seat.granted and seat.objsubid = 1
    and seat.database = (select oid from pg_database where datname = current_database())
    and (seat.classid::bigint << 32) | seat.objid::bigint
        = hashtextextended('reconciler/seat/' || %(instance)s, 0)
    and case when r.lease_at is null
        then session.state_change < clock_timestamp() - interval '10 minutes'
        else greatest(r.lease_at, f.taken_at) < clock_timestamp() - interval '30 seconds' end"""
"""Ends the session of a writer that has not said for a while that it is alive: stopped, or its host hangs.

A daemon says so in `replicas`, also during a pass that takes long; a command that runs a single pass does
not, and is given more time.
"""

_BRIEFLY: Final = "set local lock_timeout = '1s'"
_PATIENCE: Final = 10.0
"""Seconds: whatever is asked of this session is answered at once, or the server is not well."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who stands for election, and for which instance; a `source` of "" is not compared."""

    instance: str
    holder: str
    source: str


class PostgresElection:
    """Stands for election on a session of its own; see `ports.Election`.

    `session_url` must lead to a session that stays: not through a pooler that shares it between transactions.
    With `migrates`, the tables are brought up to date before the first election.
    """

    def __init__(self, session_url: str, candidate: Candidate, *, migrates: bool) -> None:
        self._url = session_url
        self._candidate = candidate
        self._migrates = migrates
        self._session: Connection | None = None
        self._epoch: int | None = None

    def stand(self) -> int | None:
        """Give the epoch under which this replica writes; see `ports.Election.stand`."""
        try:
            with translated(describe(self._url)):
                session = self._open_session()
                if self._epoch is None:
                    self._epoch = self._run_for(session)
                else:
                    session.execute("select 1")
                return self._epoch
        except Exception:
            self._leave()
            raise

    def resign(self) -> None:
        """Let another replica lead at once; see `ports.Election.resign`."""
        if self._session is not None and self._epoch is not None:
            with suppress(psycopg.Error):
                self._session.execute(_UNLOCK, [self._candidate.instance])
        self._leave()

    def _open_session(self) -> Connection:
        if self._session is None:
            if self._migrates:
                migrate.upgrade(self._url)
            session = connect(self._url, f"reconciler seat {self._candidate.instance}", _PATIENCE)
            self._session = session
            self._refuse_pooler(session)
            migrate.require(session, describe(self._url))
        return self._session

    def _refuse_pooler(self, session: Connection) -> None:
        """Refuse a session that is shared: two open connections then have one backend between them."""
        with connect(self._url, "reconciler probe", _PATIENCE) as other:
            if not share_a_session(session, other):
                return
        raise StoreRefused(
            "a pooler shares the session between transactions",
            where=describe(self._url),
            why="open connections take turns with backends, so neither lock nor LISTEN would hold",
            fix="set session_url (RECONCILER_SESSION_URL) to an address that leads to PostgreSQL directly",
        )

    def _run_for(self, session: Connection) -> int | None:
        candidate = self._candidate
        if not _truth(session, _LOCK, [candidate.instance]):
            session.execute(_UNSEAT, {"instance": candidate.instance})
            return None
        try:
            return self._take(session)
        except psycopg.errors.LockNotAvailable:
            # The former writer's last transaction is still open; it ends, or the server ends it.
            session.execute(_UNLOCK, [candidate.instance])
            return None
        except BaseException:
            with suppress(psycopg.Error):
                session.execute(_UNLOCK, [candidate.instance])
            raise

    def _take(self, session: Connection) -> int:
        """Take a new epoch."""
        candidate = self._candidate
        row = session.execute(_SOURCE, [candidate.instance]).fetchone()
        recorded = str(row[0]) if row else ""
        moved = bool(recorded and candidate.source and recorded != candidate.source)
        gate = _source_gate(candidate, recorded)
        about = {
            "instance": candidate.instance,
            "holder": candidate.holder,
            "version": migrate.HEAD,
            "source": candidate.source or recorded,
        }
        with session.transaction():
            session.execute(_BRIEFLY)
            if not moved or desk.consume(session, candidate.instance, gate.digest):
                taken = session.execute(_TAKE, about).fetchone()
                return int(taken[0]) if taken else 0
        desk.propose(session, candidate.instance, [gate])
        raise SourceRefused(
            "SourceMismatch: this instance has its manifests from elsewhere",
            where=f"instance {candidate.instance}",
            why=f"on record is {recorded}, this is {candidate.source}",
            fix=f"start it with the source on record, or run `reconciler approve {gate.digest}`; checkouts"
            " of the same manifests at several places need the same source_name",
        )

    def _leave(self) -> None:
        session, self._session, self._epoch = self._session, None, None
        if session is not None:
            session.close()


def _source_gate(candidate: Candidate, recorded: str) -> Gate:
    """Name the change of an instance's source, so that exactly it can be approved."""
    text = f"{candidate.instance}\n{GateKind.SOURCE}\n{recorded}\n{candidate.source}"
    return Gate(GateKind.SOURCE, sha256(text.encode()).hexdigest()[:16], ())


def _truth(connection: Connection, query: str, parameters: list[str]) -> bool:
    row = connection.execute(query, parameters).fetchone()
    return row is not None and bool(row[0])


def share_a_session(one: Connection, other: Connection) -> bool:
    """Whether two open connections lack a backend each, the same one every time: then a pooler lends it."""
    backends = {_backend(connection) for _ in range(3) for connection in (one, other)}
    return len(backends) != len((one, other))


def _backend(connection: Connection) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
