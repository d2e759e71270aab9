"""The names that there are, found fast enough for somebody who has pressed Tab.

What has to be loaded first is loaded before the wait begins: that time is ours, not that of a slow server.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.app.briefly import found_within
from reconciler.app.places import locate
from reconciler.settings import Settings


def known_keys(settings: Settings) -> tuple[str, ...]:
    """Name resources as `Workflow/cmu-1`: those of PostgreSQL, or else of the manifests; none when neither.

    Each has as long as the settings say. Raises nothing.
    """
    return _of_the_database(settings) or _of_the_manifests(settings)


def open_digests(settings: Settings) -> tuple[str, ...]:
    """Name the sets that wait for approval; raises nothing."""
    from reconciler.store import names
    from reconciler.store.connect import connect

    wait = settings.completion_wait.total_seconds()

    def look() -> Iterable[str]:
        with connect(locate(settings).session_url, "reconciler completion", wait) as connection:
            return names.digests(connection, settings.instance)

    return found_within(wait, look)


def _of_the_database(settings: Settings) -> tuple[str, ...]:
    from reconciler.store import names
    from reconciler.store.connect import connect

    wait = settings.completion_wait.total_seconds()

    def look() -> Iterable[str]:
        with connect(locate(settings).session_url, "reconciler completion", wait) as connection:
            return names.keys(connection, settings.instance)

    return found_within(wait, look)


def _of_the_manifests(settings: Settings) -> tuple[str, ...]:
    from reconciler.app.validation import validate

    def look() -> Iterable[str]:
        return map(str, validate(settings).desired.manifests)

    return found_within(settings.completion_wait.total_seconds(), look)
