"""What is over age: books of what was, and of what was asked, that decide nothing any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from reconciler.store.connect import Connection

_HISTORY: Final = """
delete from reconciler.history where id in (select id from reconciler.history
    where instance = %(instance)s and at < now() - %(keep)s order by at limit %(most)s)"""

_PASSES: Final = """
delete from reconciler.passes where id in (select id from reconciler.passes
    where instance = %(instance)s and committed_at < now() - %(keep)s order by committed_at limit %(most)s)"""

_REQUESTS: Final = """
delete from reconciler.requests where id in (select id from reconciler.requests
    where instance = %(instance)s and requested_at < now() - %(keep)s limit %(most)s)"""

_GATES: Final = """
delete from reconciler.gates g using (select instance, digest from reconciler.gates
    where instance = %(instance)s and now() - %(keep)s > case
        when consumed_at is not null then consumed_at
        when expires_at is not null then expires_at
        when kind = 'source' then proposed_at end
    limit %(most)s) as over where (g.instance, g.digest) = (over.instance, over.digest)"""

_SUSPENSIONS: Final = """
delete from reconciler.suspensions s using (select instance, kind, name from reconciler.suspensions
    where instance = %(instance)s and until < now() - %(keep)s
    limit %(most)s) as over where (s.instance, s.kind, s.name) = (over.instance, over.kind, over.name)"""

_IN_ORDER: Final = (_HISTORY, _PASSES, _REQUESTS, _GATES, _SUSPENSIONS)
"""History first: while a change is told of, its pass is too."""


def expire(connection: Connection, instance: str, keep: timedelta, most: int) -> int:
    """Delete, of an instance, what is older than `keep`, but no more than so many rows; give how many.

    A set that waits for approval stays for as long as it waits, and so does a suspension without an end.
    `keep` must be longer than the hour whose prunes are counted.
    """
    left = most
    for statement in _IN_ORDER:
        about = {"instance": instance, "keep": keep, "most": left}
        left -= connection.execute(statement, about).rowcount
        if not left:
            break
    return most - left
