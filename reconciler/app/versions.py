"""Which servers an instance works with, as far as they answer at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.app.briefly import found_within
from reconciler.app.places import locate
from reconciler.errors import ReconcilerError
from reconciler.settings import Settings

_SECONDS: Final = 1.0


def server_versions(settings: Settings) -> dict[str, str]:
    """Give the versions of PostgreSQL, of its schema, and of Redis; what does not answer is left out."""
    try:
        addresses = locate(settings)
    except ReconcilerError:
        return {}

    def ask_postgres() -> Iterator[tuple[str, str]]:
        from reconciler.store import migrate
        from reconciler.store.connect import connect

        with connect(addresses.session_url, "reconciler version", _SECONDS) as connection:
            yield "postgresql", ".".join(map(str, divmod(connection.info.server_version, 10_000)))
            yield "schema", migrate.current(connection) or "none"

    def ask_redis() -> Iterator[tuple[str, str]]:
        from reconciler.status.checkup import product

        yield "redis", product(addresses.redis_url)

    found = dict(found_within(_SECONDS, ask_postgres))
    if addresses.redis_url:
        found |= dict(found_within(_SECONDS, ask_redis))
    return found
