"""Words that rows hold, a bounded number: a mistyped one is told from one that nothing bears."""

from __future__ import annotations

from typing import Final

from reconciler.store.connect import Connection

_MOST: Final = 300
"""So many words are compared with a mistyped one; rows are looked at until there are as many."""

_LABELS: Final = """
select distinct l.key, l.value
from (select labels from reconciler.inventory where %(everything)s or instance = %(instance)s limit 100000) i,
    jsonb_each_text(i.labels) l
order by 1, 2 limit %(most)s"""

_BRANCHES: Final = """
select distinct branch_id from (
    select j.branch_id from reconciler.inventory i join public.jobs j on j.workflow_id = i.row_id
    where i.kind = 'Workflow' and (%(everything)s or i.instance = %(instance)s) limit 100000
) looked_at
order by 1 limit %(most)s"""

_USERNAMES: Final = """
(select username from public.users where username = %(word)s)
union all (select username from public.users where starts_with(lower(username), lower(left(%(word)s, 3)))
    limit %(most)s)
union all (select username from public.users order by username limit %(most)s)"""


def labels(connection: Connection, instance: str, *, everything: bool = False) -> list[tuple[str, str]]:
    """Give labels that what an instance manages has, or with `everything` what any does."""
    about = {"instance": instance, "everything": everything, "most": _MOST}
    return [(label, value) for label, value in connection.execute(_LABELS, about)]


def branches(connection: Connection, instance: str, *, everything: bool = False) -> list[str]:
    """Give branches in which jobs are of what an instance manages, or with `everything` of what any does."""
    about = {"instance": instance, "everything": everything, "most": _MOST}
    return [branch for (branch,) in connection.execute(_BRANCHES, about)]


def usernames(connection: Connection, word: str) -> list[str]:
    """Give usernames that the database has: the word first, if it is one, then those that begin like it."""
    found = connection.execute(_USERNAMES, {"word": word, "most": _MOST})
    return list(dict.fromkeys(name for (name,) in found))
