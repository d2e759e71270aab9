"""What was changed by passes, and how soon the last edit showed in rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from reconciler.report import Trigger
from reconciler.report.history import HistoryItem
from reconciler.report.listing import SyncItem, list_document
from reconciler.report.wire import document
from reconciler.store.history import Past, list_history
from reconciler.store.list import list_syncs
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web.access import routes
from reconciler.web.asked import After, Limit, Word
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.problems import documented
from reconciler.web.replies import reply
from reconciler.web.shapes import SHAPES, answers

router = routes(Scope.READ, "history", "/api/v1")

_HISTORY: Final = SHAPES.document("HistoryList", items=tuple[HistoryItem, ...], next=str)
_PASSES_LOOKED_AT: Final = 50
_LONGEST: Final = timedelta(minutes=1)
"""A file that is older than this when its pass begins was not saved just then."""


@dataclass(frozen=True, slots=True)
class LastEdit:
    """The last pass that files asked for and that changed something; all is empty when there was none.

    `seconds` are those from the save of `path` to the commit of its rows, by the clocks of the folder and of
    PostgreSQL; None when the file has been saved again since, or tells another time.
    """

    key: str
    path: str
    saved_at: datetime | None
    committed_at: datetime | None
    seconds: float | None
    pass_seconds: float
    counts: Mapping[str, int]
    revision: str


class _Narrowed:
    """Which changes are wanted."""

    def __init__(
        self,
        edges: UsingEdges,
        limit: Limit = 50,
        after: After = "",
        pass_id: Annotated[UUID | None, Query(alias="pass", description="By this pass alone.")] = None,
        action: Annotated[tuple[Word, ...], Query(description="Changes like this alone: `healed`.")] = (),
    ) -> None:
        self.past = Past(edges.instance, pass_id=pass_id, actions=action, limit=limit, after=after)


@router.get("/history", summary="What was changed", responses=answers(_HISTORY) | documented(422))
def history(edges: UsingEdges, request: Request, wanted: Annotated[_Narrowed, Depends()]) -> Response:
    """List every change of rows, the latest first, field by field."""
    with edges.pool.connection() as connection:
        return reply(request, list_document(list_history(connection, wanted.past)))


@router.get("/last-edit", summary="How soon an edit shows", responses=answers(SHAPES.whole(LastEdit)))
def last_edit(edges: UsingEdges, request: Request) -> Response:
    """Tell how long the last edit took from its save to its committed rows."""
    with edges.pool.connection() as connection:
        passes = list_syncs(connection, Wanted(edges.instance, limit=_PASSES_LOOKED_AT))
        last = next((one for one in passes if one.trigger == Trigger.FILES), None)
        if last is None:
            return reply(request, document(LastEdit("", "", None, None, None, 0.0, {}, "")))
        changes = list_history(connection, Past(edges.instance, pass_id=last.id, limit=1)).items
    return reply(request, document(_told(edges, last, changes[0] if changes else None)))


def _told(edges: Edges, last: SyncItem, change: HistoryItem | None) -> LastEdit:
    path = change.path if change else ""
    saved_at = _saved_at(edges, path)
    seen = saved_at is not None and last.started_at - _LONGEST < saved_at <= last.committed_at
    return LastEdit(
        key=str(change.key) if change else "",
        path=path,
        saved_at=saved_at,
        committed_at=last.committed_at,
        seconds=(last.committed_at - saved_at).total_seconds() if seen and saved_at else None,
        pass_seconds=(last.committed_at - last.started_at).total_seconds(),
        counts=last.counts,
        revision=last.revision,
    )


def _saved_at(edges: Edges, path: str) -> datetime | None:
    content = edges.manifests.read(path) if path else None
    return datetime.fromtimestamp(content.after.st_mtime, UTC) if content else None
