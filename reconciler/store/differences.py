"""What Alembic finds different between tables and what this version expects, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconciler.store.columns import OWNED

_OF_A_WHOLE: Final = 2
"""So many parts has a difference of a table or an index: what it is, and which. One of a column has more."""


def in_words(found: Iterable[Any]) -> Iterator[str]:
    """Tell of each difference; columns of the consumers' tables are left to the SQL that mends them."""
    for one in found:
        # Alterations of one column come together, in a list.
        for difference in one if isinstance(one, list) else [one]:
            if len(difference) == _OF_A_WHOLE or difference[2] not in OWNED:
                yield _told(*difference)


def _told(what: str, *details: Any) -> str:  # noqa: ANN401 - each kind of difference has a shape of its own
    match what, details:
        case "add_table", [table]:
            return f"there is no table {table.fullname}"
        case "add_column", [_, table, column]:
            return f"reconciler.{table} has no column {column.name}"
        case "add_index", [index]:
            return f"{index.table.fullname} has no index {index.name}"
        case "add_constraint" | "add_fk", [constraint]:
            return f"{constraint.table.fullname} has no constraint {constraint.name or 'of that kind'}"
        case "modify_nullable", [_, table, column, _, _, wanted]:
            return f"reconciler.{table}.{column} {'refuses' if wanted else 'takes'} null, and should not"
        case "modify_type", [_, table, column, _, found, wanted]:
            return f"reconciler.{table}.{column} is {_spelt(found)}, and should be {_spelt(wanted)}"
        case _:
            named = (getattr(detail, "name", detail) for detail in details)
            return " ".join([what.replace("_", " "), *(str(name) for name in named if isinstance(name, str))])


def _spelt(kind: Any) -> str:  # noqa: ANN401 - SQLAlchemy's types have no one type
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # noqa: PLC0415 - costs 0.2 s

    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it so
    return str(kind.compile(dialect=dialect)).lower()
