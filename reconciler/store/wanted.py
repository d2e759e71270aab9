"""Which rows are listed: what somebody wants to see, as the conditions of a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.types.json import Jsonb


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are listed; what is empty does not narrow, what is not narrows further.

    `everything` lists the rows of all instances, and those that nobody manages, instead of the ones of
    `instance`. `names` are those of what is listed, `workflows` and `users` (by username) what it belongs
    to; `search` is a part of the name, in upper or lower case. `syncs` are words as `Sync` has them,
    `statuses` as the rows have them; a workflow has a branch when one of its jobs is in it. All `labels`
    must be there.

    `limit` is the size of a page, None for all at once; `after` is `Page.next` of the page before.
    """

    instance: str
    everything: bool = False
    names: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    syncs: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    limit: int | None = None
    after: str = ""

    def parameters(self) -> dict[str, Any]:
        """Give the values that the conditions below name."""
        return {
            "instance": self.instance,
            "names": list(self.names),
            "workflows": list(self.workflows),
            "users": list(self.users),
            "syncs": list(self.syncs),
            "statuses": list(self.statuses),
            "branches": list(self.branches),
            "labels": Jsonb(dict(self.labels)),
            "search": f"%{_literally(self.search)}%",
            # One more than the page holds tells whether there is a next one.
            "limit": None if self.limit is None else self.limit + 1,
        }

    def conditions(self, **columns: str) -> list[str]:
        """Give the SQL of what narrows; `columns` say where a filter looks, each by the filter's name.

        A filter without a column here is somebody else's to apply.
        """
        narrowing = [name for name, column in columns.items() if column and getattr(self, name)]
        return [_TESTS.get(name, _ANY).format(column=columns[name], name=name) for name in narrowing]


_ANY: Final = "{column} = any (%({name})s)"
_TESTS: Final = {
    "search": "lower({column}) like lower(%(search)s)",
    "labels": "{column} @> %(labels)s",
    "users": "{column} in (select id from public.users where username = any (%(users)s))",
    "branches": "{column}",
}


def _literally(text: str) -> str:
    """Give a text for LIKE so that it stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
