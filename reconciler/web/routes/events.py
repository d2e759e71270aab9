"""What happens: the last events, and the stream of those to come."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Header, Query, Request, Response
from starlette.responses import StreamingResponse

from reconciler.desired import Location
from reconciler.errors import StatusUnavailable
from reconciler.report.event import EventType
from reconciler.report.wire import encode
from reconciler.status.reader import Numbered
from reconciler.store.happenings import recent_events
from reconciler.store.tokens import Scope
from reconciler.web import replies
from reconciler.web.access import routes
from reconciler.web.asked import Limit
from reconciler.web.edges import Edges, UsingEdges
from reconciler.web.problems import Fault, Problem, documented
from reconciler.web.replies import reply
from reconciler.web.shapes import SHAPES, answers
from reconciler.web.stream import TooManyListeners

router = routes(Scope.READ, "events", "/api/v1")

_NUMBER: Final = r"^[0-9]{1,18}-[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event, with the number under which the stream has it."""

    id: str
    at: datetime
    type: EventType
    subject: str
    status: str
    reason: str
    message: str
    where: Location | None
    revision: str


_EVENTS: Final = SHAPES.document(
    "EventList", items=tuple[EventItem, ...], next=str, read_from=str, degraded=str
)
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events for ever: `id`, `event` (its type), `data` (as in the list, without `id`).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/events", summary="The last events", responses=answers(_EVENTS) | documented(422))
def events(
    edges: UsingEdges,
    request: Request,
    limit: Limit = 50,
    after: Annotated[str, Query(pattern=rf"{_NUMBER}|^$", description="`next` of the page before.")] = "",
) -> Response:
    """List what happened last, the latest first; Redis keeps about ten thousand events.

    While Redis is away they are told as PostgreSQL remembers them, without numbers, and `degraded` says why.
    """
    try:
        found = edges.stream.recent(limit + 1, before=after)
    except StatusUnavailable as error:
        return reply(request, _from_the_books(edges, limit, str(error)))
    shown = found[-limit:]
    following = shown[0][0] if len(found) > limit else ""
    return reply(request, _document(_items(shown), following, "redis", ""))


def _from_the_books(edges: Edges, limit: int, degraded: str) -> dict[str, object]:
    with edges.pool.connection() as connection:
        found = recent_events(connection, edges.instance, limit)
    return _document(_items(tuple(("", event) for event in found)), "", "postgresql", degraded)


def _document(items: list[object], following: str, read_from: str, degraded: str) -> dict[str, object]:
    return replies.document("EventList", items=items, next=following, read_from=read_from, degraded=degraded)


@router.get("/events/stream", summary="Events as they happen", responses=_STREAM | documented(503))
async def stream(
    edges: UsingEdges,
    last_event_id: Annotated[
        str, Header(description="Begin after this one: it and later ones are told.")
    ] = "",
) -> Response:
    """Tell what happens, as server-sent events; who was cut off gives `Last-Event-ID` and misses nothing.

    A comment every ten seconds keeps the connection alive; an event `away` says that Redis is.
    """
    last = last_event_id if re.match(_NUMBER, last_event_id) else ""
    told = edges.stream.told(last)
    try:
        first = await anext(told)
    except TooManyListeners as error:
        fault = Fault(503, "TooManyListeners", headers={"Retry-After": "10"})
        raise Problem(fault, "too many listen already", fix="come again later") from error

    async def text() -> AsyncGenerator[str, None]:
        yield first
        async with aclosing(told):
            async for more in told:
                yield more

    return StreamingResponse(text(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _items(found: Numbered) -> list[object]:
    return [{"id": number, **encode(event)} for number, event in reversed(found)]
