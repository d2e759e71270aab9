"""Which database this is, wherever it is reached, and from where an instance in it has its manifests."""

from __future__ import annotations

from typing import Final

import psycopg

from reconciler.store.connect import Connection

_WHICH: Final = """
select current_database(), oid::text || '@' || (select system_identifier from pg_control_system())
from pg_database where datname = current_database()"""

_NAME: Final = "select current_database()"

_SOURCE: Final = "select status ->> 'source' from reconciler.instances where instance = %s"


def identify(connection: Connection) -> tuple[str, str]:
    """Give the database's name, and an id that only a physical copy of its server shares.

    The id is "" where the server tells it to nobody.
    """
    try:
        with connection.transaction():
            name, unique = connection.execute(_WHICH).fetchone() or ("", "")
    except psycopg.errors.InsufficientPrivilege:
        (name,) = connection.execute(_NAME).fetchone() or ("",)
        return str(name), ""
    return str(name), str(unique)


def source_of(connection: Connection, instance: str) -> str:
    """Give the source that the status of an instance tells, "" when it has none."""
    (source,) = connection.execute(_SOURCE, [instance]).fetchone() or ("",)
    return str(source or "")
