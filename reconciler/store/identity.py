"""Which database this is: what tells it from every other one, wherever it is reached."""

from __future__ import annotations

from typing import Final

import psycopg

from reconciler.store.connect import Connection

_WHICH: Final = """
select current_database(), oid::text || '@' || (select system_identifier from pg_control_system())
from pg_database where datname = current_database()"""

_NAME: Final = "select current_database()"


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
