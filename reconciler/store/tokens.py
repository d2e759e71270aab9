"""Tokens: who may do what over HTTP. Only their SHA-256 is kept; the token itself is shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from reconciler.errors import UsageError
from reconciler.store.connect import Connection

PREFIX: Final = "rct_"
"""How a token begins: so that scanners for leaked secrets, and people, know one when they see it."""

_BYTES: Final = 32

_CREATE: Final = """
insert into reconciler.tokens (id, instance, name, digest, scopes, created_by, expires_at)
values (%s, %s, %s, %s, %s, %s, now() + %s)"""

_FIND: Final = """
select id, name, scopes, created_by, created_at, expires_at, last_used_at from reconciler.tokens
where instance = %s and digest = %s"""

_LIST: Final = """
select id, name, scopes, created_by, created_at, expires_at, last_used_at from reconciler.tokens
where instance = %s order by name"""

_REVOKE: Final = "delete from reconciler.tokens where instance = %s and name = %s"

_USED: Final = """
update reconciler.tokens set last_used_at = now()
where id = %s and (last_used_at is null or last_used_at < now() - interval '1 minute')"""


class Scope(StrEnum):
    """What a token allows; none includes another."""

    READ = "read"
    RECONCILE = "reconcile"
    WRITE = "write"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is known here, which is without itself. `last_used_at` is exact to a minute."""

    id: UUID
    name: str
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a new token shall allow; `lasts` is None for ever."""

    name: str
    scopes: frozenset[Scope]
    created_by: str
    lasts: timedelta | None


def create(connection: Connection, instance: str, grant: Grant) -> str:
    """Make a token, and give it: it can't be had a second time.

    Raises:
        UsageError: the instance has one of that name.

    """
    if any(token.name == grant.name for token in listed(connection, instance)):
        fix = f"choose another name, or `reconciler token revoke {grant.name}` first"
        raise UsageError("a token of that name is there already", where=grant.name, fix=fix)
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    scopes = sorted(grant.scopes)
    connection.execute(
        _CREATE, [uuid4(), instance, grant.name, digest_of(text), scopes, grant.created_by, grant.lasts]
    )
    return text


def digest_of(text: str) -> bytes:
    """Give what is kept of a token. It holds 256 random bits: no salt and no slow hash would add to that."""
    return sha256(text.encode()).digest()


def find(connection: Connection, instance: str, digest: bytes) -> Token | None:
    """Give the token with this digest, expired or not."""
    row = connection.execute(_FIND, [instance, digest]).fetchone()
    return _token(row) if row else None


def listed(connection: Connection, instance: str) -> list[Token]:
    """Give all tokens of an instance by name, expired ones too."""
    return [_token(row) for row in connection.execute(_LIST, [instance])]


def revoke(connection: Connection, instance: str, name: str) -> bool:
    """End a token; False when there is none of that name."""
    return connection.execute(_REVOKE, [instance, name]).rowcount == 1


def used(connection: Connection, token: Token) -> None:
    """Note that a token was used, at most once a minute."""
    connection.execute(_USED, [token.id])


def _token(row: tuple[Any, ...]) -> Token:
    row_id, name, scopes, *rest = row
    return Token(row_id, name, tuple(scope for scope in Scope if scope in scopes), *rest)
