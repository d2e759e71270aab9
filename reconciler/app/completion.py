"""The names that there are, found fast enough for somebody who has pressed Tab.

What has to be loaded first is loaded before the wait begins: that time is ours, not that of a slow server.
Nothing is loaded to ask a server that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from reconciler.app.briefly import found_within
from reconciler.app.places import locate
from reconciler.errors import ReconcilerError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.desired import DesiredState
    from reconciler.store.connect import Connection


def known_keys(settings: Settings) -> tuple[str, ...]:
    """Name resources as `Workflow/cmu-1`: those of PostgreSQL, or else of the manifests; none when neither.

    Each has as long as the settings say. Raises nothing.
    """

    def held(connection: Connection) -> Iterable[str]:
        from reconciler.store import names

        return names.keys(connection, settings.instance)

    return _of_the_database(settings, held) or _of_the_manifests(
        settings, lambda desired: map(str, desired.manifests)
    )


def known_jobs(settings: Settings, workflow: str) -> tuple[str, ...]:
    """Name the jobs of a workflow, in their order, from where its own name would come; raises nothing."""

    def held(connection: Connection) -> Iterable[str]:
        from reconciler.store import names

        return names.jobs(connection, settings.instance, workflow)

    return _of_the_database(settings, held) or _of_the_manifests(
        settings, lambda desired: _declared_jobs(desired, workflow)
    )


def open_digests(settings: Settings) -> tuple[str, ...]:
    """Name the sets that wait for approval; raises nothing."""

    def held(connection: Connection) -> Iterable[str]:
        from reconciler.store import names

        return names.digests(connection, settings.instance)

    return _of_the_database(settings, held)


def _of_the_database(settings: Settings, ask: Callable[[Connection], Iterable[str]]) -> tuple[str, ...]:
    try:
        address = locate(settings).session_url
    except ReconcilerError:
        return ()
    from reconciler.store.connect import connect

    wait = settings.completion_wait.total_seconds()

    def look() -> Iterable[str]:
        with connect(address, "reconciler completion", wait) as connection:
            return ask(connection)

    return found_within(wait, look)


def _of_the_manifests(settings: Settings, read: Callable[[DesiredState], Iterable[str]]) -> tuple[str, ...]:
    from reconciler.app.validation import validate

    for needed in ("reconciler.desired.declare", "reconciler.sources.directory"):
        import_module(needed)
    return found_within(settings.completion_wait.total_seconds(), lambda: read(validate(settings).desired))


def _declared_jobs(desired: DesiredState, workflow: str) -> Iterable[str]:
    from reconciler.resources import Kind, ResourceKey, Workflow

    manifest = desired.manifests.get(ResourceKey(Kind.WORKFLOW, workflow))
    resource = manifest.resource if manifest else None
    return (job.name for job in resource.jobs) if isinstance(resource, Workflow) else ()
