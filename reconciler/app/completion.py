"""The names that there are, found fast enough for somebody who has pressed Tab."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.app.briefly import found_within
from reconciler.app.places import locate
from reconciler.settings import Settings

_BRIEFLY: Final = 0.4
"""Seconds that PostgreSQL has to answer, and then, if it did not, that the manifests may take to be read."""


def known_keys(settings: Settings) -> tuple[str, ...]:
    """Name resources as `Workflow/cmu-1`: those of PostgreSQL, or else of the manifests; none when neither.

    Raises nothing.
    """
    return found_within(_BRIEFLY, lambda: _of_the_database(settings)) or found_within(
        _BRIEFLY, lambda: _of_the_manifests(settings)
    )


def open_digests(settings: Settings) -> tuple[str, ...]:
    """Name the sets that wait for approval; raises nothing."""
    return found_within(_BRIEFLY, lambda: _of_the_gates(settings))


def _of_the_database(settings: Settings) -> Iterable[str]:
    from reconciler.store import names
    from reconciler.store.connect import connect

    with connect(locate(settings).session_url, "reconciler completion", _BRIEFLY) as connection:
        return names.keys(connection, settings.instance)


def _of_the_gates(settings: Settings) -> Iterable[str]:
    from reconciler.store import names
    from reconciler.store.connect import connect

    with connect(locate(settings).session_url, "reconciler completion", _BRIEFLY) as connection:
        return names.digests(connection, settings.instance)


def _of_the_manifests(settings: Settings) -> Iterable[str]:
    from reconciler.app.validation import validate

    return map(str, validate(settings).desired.manifests)
