"""Places as the reader opens them: told are those within the source, and who reads stands elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.desired import Diagnostic, Location
from reconciler.plan import Sync
from reconciler.report.event import Event
from reconciler.report.listing import JobItem, UserItem, WorkflowItem
from reconciler.report.status import Board, InstanceStatus, ResourceStatus

_Item = TypeVar("_Item", UserItem, WorkflowItem, JobItem)


@dataclass(frozen=True, slots=True)
class Root:
    """What leads from where a person stands to the manifests: "", or a path with a slash at its end."""

    folder: str = ""

    def path(self, where: Location) -> Location:
        """Give a place as seen from there."""
        return replace(where, path=f"{self.folder}{where.path}")

    def before(self, one: Diagnostic) -> Diagnostic:
        """Give a mistake with its places as seen from there."""
        related = tuple(replace(other, where=self.path(other.where)) for other in one.related)
        return replace(one, where=self.path(one.where), related=related)

    def board(self, one: Board) -> Board:
        """Give a status with the places that are shown of it as seen from there: of what is not `Synced`."""
        shown = {key: self._status(status) for key, status in one.resources.items()}
        return replace(one, sync=self._instance(one.sync) if one.sync else None, resources=shown)

    def _instance(self, one: InstanceStatus) -> InstanceStatus:
        return replace(one, diagnostics=tuple(map(self.before, one.diagnostics)))

    def _status(self, one: ResourceStatus) -> ResourceStatus:
        return one if one.sync is Sync.SYNCED or not one.where else replace(one, where=self.path(one.where))

    def event(self, one: Event) -> Event:
        """Give an event with its place as seen from there."""
        return replace(one, where=self.path(one.where)) if one.where else one

    def item(self, one: _Item, instance: str) -> _Item:
        """Give a row with its place as seen from there, if this instance manages it: others have others."""
        if one.standing.instance != instance or not one.standing.path:
            return one
        return replace(one, standing=replace(one.standing, path=f"{self.folder}{one.standing.path}"))
