"""Judgement of PostgreSQL and Redis, wherever they run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from shlex import quote
from typing import Final

from reconciler.report.checkup.facts import Database, Embedded, Redis, Schema, Server, Session
from reconciler.report.checkup.machine import in_bytes
from reconciler.report.checkup.remark import Grade, Remark, fail, ok, warn
from reconciler.report.terminal import many

_POSTGRES: Final = (15, 18)
_REDIS: Final = (6, 2)
_NEEDED: Final = 8
"""Connections of one replica: writer, reader, session, listener, status, HTTP, and two in passing."""
_ASTRAY: Final = timedelta(seconds=2)
_FAR_ASTRAY: Final = timedelta(seconds=10)
"""Heartbeats are taken for dead at an age of fifteen seconds."""
_FULL: Final = 0.9
RULES: Final = (
    "~reconciler:* &reconciler:* +@read +@write +@scripting +@connection +publish +multi +exec +time"
)
"""What a user of Redis needs, as ACL SETUSER takes it."""
_LISTED: Final = 5


def judge_database(database: Database) -> Iterator[Remark]:
    """Tell of a PostgreSQL that answered."""
    yield _judge_server(database.session, database.server)
    yield _judge_encryption(database.session)
    yield _judge_pooler(database.session)
    yield _judge_connections(database.server)
    yield from judge_schema(database.schema, database.session.role)
    yield from _judge_clock("PostgreSQL", database.server.ahead)
    yield _judge_neighbours(database)


def _judge_server(session: Session, server: Server) -> Remark:
    oldest, newest = _POSTGRES
    major, minor = divmod(server.version, 10_000)
    text = f"PostgreSQL {major}.{minor}, {session.where}, as {session.role}"
    if major < oldest:
        cure = f"upgrade it to one of {oldest} to {newest}"
        return fail("postgresql", f"{text}: {oldest} is the oldest that will do", cure)
    if server.standby:
        cure = "let DATABASE_URL name the primary, or all hosts: the one that takes writes is chosen"
        return fail("postgresql", f"{text}: a standby, which takes no writes", cure)
    if server.read_only:
        return fail("postgresql", f"{text}: it takes no writes", _to_write(session, server))
    if major > newest:
        return warn("postgresql", f"{text}: newer than what was tried", f"use one of {oldest} to {newest}")
    return ok("postgresql", text)


def _to_write(session: Session, server: Server) -> str:
    """Give the SQL that lets sessions write again, wherever it was said that they may not."""
    role, database = _quoted(session.role), _quoted(session.database)
    whose = {
        "user": f"role {role}",
        "database": f"database {database}",
        "database user": f"role {role} in database {database}",
    }
    if whom := whose.get(server.read_only_by):
        return f"begin read write; alter {whom} reset default_transaction_read_only; commit"
    if server.read_only_by == "client":
        return "take default_transaction_read_only out of DATABASE_URL, PGOPTIONS or the service file"
    return "alter system set default_transaction_read_only = off, then select pg_reload_conf()"


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _judge_encryption(session: Session) -> Remark:
    if session.encrypted:
        return ok("encryption", "TLS")
    if session.local:
        return ok("encryption", "none needed: it stays on this machine")
    return warn(
        "encryption",
        "rows and passwords cross the network in the clear",
        "add ?sslmode=verify-full to DATABASE_URL, once the server has ssl = on",
    )


def _judge_pooler(session: Session) -> Remark:
    if not session.pooled:
        return ok("pooler", "sessions are ours alone")
    return fail(
        "pooler",
        "a pooler lends sessions out between transactions: neither lock nor LISTEN would hold",
        "set RECONCILER_SESSION_URL to an address that leads to PostgreSQL directly",
    )


def _judge_connections(server: Server) -> Remark:
    text = f"{server.left:,} of {server.most:,} left"
    if server.left >= _NEEDED:
        return ok("connections", text)
    cure = f"raise max_connections, or the role's connection limit: a replica takes {_NEEDED}"
    return fail("connections", text, cure) if server.left <= 0 else warn("connections", text, cure)


def judge_schema(schema: Schema, role: str) -> Iterator[Remark]:
    """Tell of the tables, the triggers on them, and what this role may do with them."""
    if schema.found is None:
        yield Remark("schema", Grade.UNKNOWN, "may not be read: see rights")
        yield from _judge_rights(schema, role)
        return
    if schema.found != schema.needed:
        yield _other_schema(schema, schema.found)
        for check in ("triggers", "rights"):
            yield Remark(check, Grade.UNKNOWN, "not looked at: see schema")
        return
    if schema.misfits:
        told = _listed(schema.misfits)
        yield fail("schema", f"schema {schema.found}, but tables do not fit: {told}", "reconciler db check")
    else:
        yield ok("schema", f"schema {schema.found}, as this version needs")
    yield from _judge_triggers(schema)
    yield from _judge_rights(schema, role)


def _other_schema(schema: Schema, found: str) -> Remark:
    if found > schema.needed:
        text = f"schema {found} is newer than this version, which knows {schema.needed}"
        return fail("schema", text, "run the version of reconciler that upgraded it, or a later one")
    text = f"schema {found or 'none'}, this version needs {schema.needed}"
    if schema.misfits:
        told = _listed(schema.misfits)
        text = f"{text}, and tables that stand already do not fit: {told}"
        return fail("schema", text, "reconciler db upgrade tells the SQL that mends them")
    if not schema.may_create:
        text = f"{text}, and this role may not make tables"
        return fail("schema", text, "run `reconciler db upgrade` as a role that may, or grant it that")
    return warn("schema", text, "reconciler db upgrade; `run` and `apply` do so by themselves")


def _judge_triggers(schema: Schema) -> Iterator[Remark]:
    late = "edits by hand are put back only by the next pass on schedule"
    cure = "reconciler db upgrade, by whoever owns the tables: it puts them back"
    if schema.triggers_missing:
        yield warn("triggers", f"missing: {_listed(schema.triggers_missing)}; {late}", cure)
    if schema.triggers_off:
        yield warn("triggers", f"switched off: {_listed(schema.triggers_off)}; {late}", cure)
    if not schema.triggers_missing and not schema.triggers_off:
        yield ok("triggers", "in place")


def _judge_rights(schema: Schema, role: str) -> Iterator[Remark]:
    for missing in schema.missing:
        text = ", ".join(right.partition(" (")[0] for right in missing.rights)
        cure = f"grant {', '.join(missing.rights)} on {missing.table} to {_quoted(role)}"
        yield fail("rights", f"no {text} on {missing.table}", cure)
    if not schema.missing:
        yield ok("rights", "all that the daemon needs")


def _judge_clock(server: str, ahead: timedelta) -> Iterator[Remark]:
    seconds = abs(ahead).total_seconds()
    text = f"{server} is {seconds:.1f} s {'ahead of' if ahead > timedelta() else 'behind'} this machine"
    cure = "keep both in time: timedatectl set-ntp true"
    if abs(ahead) >= _FAR_ASTRAY:
        yield fail("clock", text, cure)
    elif abs(ahead) >= _ASTRAY:
        yield warn("clock", text, cure)
    else:
        yield ok("clock", f"{server} agrees with this machine")


def _judge_neighbours(database: Database) -> Remark:
    same = [one for one in database.neighbours if database.source and one.source == database.source]
    if same:
        names = ", ".join(one.instance for one in same)
        return warn(
            "sources",
            f"{database.source} is also the source of {names}: each resource belongs to one of them",
            "give each instance a folder of its own, or run one instance with several replicas",
        )
    if not database.neighbours:
        return ok("sources", "no other instance in this database")
    alive = sum(one.alive for one in database.neighbours)
    others = many(len(database.neighbours), "other instance")
    return ok("sources", f"{others} in this database, {alive} alive")


def judge_redis(redis: Redis) -> Iterator[Remark]:
    """Tell of a Redis that answered."""
    name = f"{redis.product} at {redis.where}"
    yield _judge_keeping(redis, name)
    if redis.trial:
        yield fail(
            "redis-rights",
            f"a trial of what the daemon writes failed: {redis.trial}",
            f"ACL SETUSER {redis.user} {RULES}",
        )
    else:
        yield ok("redis-rights", "all that the daemon needs")
    yield from _judge_clock("Redis", redis.ahead)


def _judge_keeping(redis: Redis, name: str) -> Remark:
    if redis.version and _numbers(redis.version) < _REDIS:
        return fail("redis", f"{name} is too old", "use Redis 6.2 or later, or Valkey")
    if redis.replica:
        return fail("redis", f"{name} is a replica, which takes no writes", "let REDIS_URL name the primary")
    if redis.used and redis.limit and redis.used > redis.limit * _FULL:
        text = f"{name} is nearly full: {in_bytes(redis.used)} of {in_bytes(redis.limit)}"
        return warn("redis", text, "raise maxmemory")
    if redis.limit and redis.policy and redis.policy.startswith("allkeys"):
        text = f"{name} drops any key when it is full ({redis.policy}); what is lost is built anew"
        return warn("redis", text, "CONFIG SET maxmemory-policy noeviction, or a Redis of our own")
    return ok("redis", name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def judge_embedded(embedded: Embedded, *, wanted: bool) -> Iterator[Remark]:
    """Tell of the embedded servers; `wanted` says whether the settings leave the database to them."""
    if embedded.pid is not None:
        text = f"process {embedded.pid} runs them, in {embedded.home}"
        if wanted:
            yield ok("embedded", text)
        else:
            cure = "unset DATABASE_URL to use them, or stop that daemon"
            yield warn("embedded", f"{text}; but the settings name another database", cure)
        return
    if embedded.stale:
        text = f"a daemon that was killed left {', '.join(embedded.stale)} in {embedded.home}"
        yield warn("embedded", text, "nothing: the next `reconciler run --embedded` takes it away")
    elif wanted and embedded.missing:
        cure = f"{embedded.installer}, or set DATABASE_URL and REDIS_URL"
        yield warn("embedded", f"not installed: {', '.join(embedded.missing)}", cure)
    elif wanted and embedded.footing:
        text = f"PostgreSQL can't be run as root here: {embedded.footing}"
        yield warn("embedded", text, "run as an ordinary user, or allow user namespaces")
    elif embedded.present and not wanted:
        text = f"{embedded.home} holds data of embedded servers, which these settings do not use"
        yield warn("embedded", text, f"remove it when it is not needed: rm -r {quote(embedded.home)}")
    else:
        yield ok("embedded", "not running" if wanted else "not used")


def _listed(texts: tuple[str, ...]) -> str:
    more = f" and {len(texts) - _LISTED} more" if len(texts) > _LISTED else ""
    return ", ".join(texts[:_LISTED]) + more
