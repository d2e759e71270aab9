"""What belongs to one resource: its manifest, how its rows differ, what happened to it, what was changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from reconciler.report.diff import Difference
from reconciler.report.event import Event
from reconciler.report.history import HistoryItem
from reconciler.report.listing import Standing, list_document
from reconciler.report.wire import document
from reconciler.resources import Kind, ResourceKey
from reconciler.store.happenings import recent_events
from reconciler.store.history import Past, list_history
from reconciler.store.list import list_users, list_workflows
from reconciler.store.tokens import Scope
from reconciler.store.wanted import Wanted
from reconciler.web import replies
from reconciler.web.access import routes
from reconciler.web.asked import After, Limit, Name
from reconciler.web.edges import UsingEdges
from reconciler.web.manifests import ManifestText, lines_of, place_of
from reconciler.web.problems import documented
from reconciler.web.replies import reply
from reconciler.web.routes.resource import missing
from reconciler.web.shapes import SHAPES, answers

router = routes(Scope.READ, "resources", "/api/v1")

_GONE: Final = documented(404, 422)
_DIFF: Final = answers(SHAPES.whole(Difference)) | _GONE
_EVENTS: Final = SHAPES.document("EventLog", read_from=str, items=tuple[Event, ...])
_HISTORY: Final = SHAPES.document("HistoryList", items=tuple[HistoryItem, ...], next=str)


class _Subject:
    """The resource that a path names; `standing` is how it stands."""

    def __init__(self, kind: Kind, name: str, edges: UsingEdges) -> None:
        self.key = ResourceKey(kind, name)
        self._edges = edges

    @property
    def standing(self) -> Standing:
        """Look it up.

        Raises:
            Problem: there is no such resource.

        """
        wanted = Wanted(self._edges.instance, names=(self.key.name,))
        read = list_users if self.key.kind is Kind.USER else list_workflows
        with self._edges.pool.connection() as connection:
            for item in read(connection, wanted):
                return item.standing
        raise missing(str(self.key))


def _subject_of_user(edges: UsingEdges, name: Name) -> _Subject:
    return _Subject(Kind.USER, name, edges)


def _subject_of_workflow(edges: UsingEdges, name: Name) -> _Subject:
    return _Subject(Kind.WORKFLOW, name, edges)


User = Annotated[_Subject, Depends(_subject_of_user)]
Workflow = Annotated[_Subject, Depends(_subject_of_workflow)]


# --- as it is saved ----------------------------------------------------------------------------------------


@router.get(
    "/users/{name}/manifest", summary="Its manifest", responses=answers(SHAPES.whole(ManifestText)) | _GONE
)
def manifest_of_user(edges: UsingEdges, request: Request, subject: User) -> Response:
    """Give the file that declares a user as it is saved now, with every mistake in it."""
    return reply(request, document(_manifest(edges, subject)))


@router.get(
    "/workflows/{name}/manifest",
    summary="Its manifest",
    responses=answers(SHAPES.whole(ManifestText)) | _GONE,
)
def manifest_of_workflow(edges: UsingEdges, request: Request, subject: Workflow) -> Response:
    """Give the file that declares a workflow as it is saved now, with every mistake in it."""
    return reply(request, document(_manifest(edges, subject)))


def _manifest(edges: UsingEdges, subject: _Subject) -> ManifestText:
    standing = subject.standing
    path = standing.path
    content = edges.manifests.read(path) if path else None
    if content is None:
        why = f"{path} is gone, or can't be read from here" if path else "no manifest of it is known"
        return ManifestText(path, None, why, 0, 0, 0, standing.revision, None, ())
    file = edges.manifests.parse(path)
    found = place_of(file, subject.key)
    told = edges.boards.glance().sync
    elsewhere = (one for one in (told.diagnostics if told else ()) if one.where.path == path)
    mistakes = file.diagnostics if file and not file.understood else elsewhere
    text = content.data.decode("utf-8-sig", "replace")
    line = found.where.line if found else standing.line
    first, last = lines_of(text, line)
    return ManifestText(
        path=path,
        text=text,
        missing="",
        line=line,
        first=first,
        last=last,
        revision=standing.revision,
        saved_at=datetime.fromtimestamp(content.after.st_mtime, UTC),
        diagnostics=tuple(mistakes),
    )


# --- against the rows --------------------------------------------------------------------------------------


@router.get("/users/{name}/diff", summary="What differs", responses=_DIFF)
def diff_of_user(edges: UsingEdges, request: Request, subject: User) -> Response:
    """Compare a user as declared with its row, and say what a pass would do; nothing is written."""
    return reply(request, _diff(edges, subject))


@router.get("/workflows/{name}/diff", summary="What differs", responses=_DIFF)
def diff_of_workflow(edges: UsingEdges, request: Request, subject: Workflow) -> Response:
    """Compare a workflow as declared with its rows, and say what a pass would do; nothing is written."""
    return reply(request, _diff(edges, subject))


def _diff(edges: UsingEdges, subject: _Subject) -> dict[str, object]:
    return document(edges.manifests.compare(subject.key, subject.standing.path))


# --- what happened -----------------------------------------------------------------------------------------


@router.get("/users/{name}/events", summary="What happened to it", responses=answers(_EVENTS) | _GONE)
def events_of_user(edges: UsingEdges, request: Request, subject: User, limit: Limit = 50) -> Response:
    """List what happened to a user, the latest first, as PostgreSQL remembers it."""
    return reply(request, _events(edges, subject, limit))


@router.get("/workflows/{name}/events", summary="What happened to it", responses=answers(_EVENTS) | _GONE)
def events_of_workflow(edges: UsingEdges, request: Request, subject: Workflow, limit: Limit = 50) -> Response:
    """List what happened to a workflow, the latest first, as PostgreSQL remembers it."""
    return reply(request, _events(edges, subject, limit))


def _events(edges: UsingEdges, subject: _Subject, limit: int) -> dict[str, object]:
    with edges.pool.connection() as connection:
        found = recent_events(connection, edges.instance, limit, subject.key)
    return replies.document("EventLog", read_from="postgresql", items=found[::-1])


@router.get("/users/{name}/history", summary="What was changed", responses=answers(_HISTORY) | _GONE)
def history_of_user(
    edges: UsingEdges, request: Request, subject: User, limit: Limit = 50, after: After = ""
) -> Response:
    """List every change of a user's row, the latest first, field by field."""
    return reply(request, _history(edges, Past(edges.instance, key=subject.key, limit=limit, after=after)))


@router.get("/workflows/{name}/history", summary="What was changed", responses=answers(_HISTORY) | _GONE)
def history_of_workflow(
    edges: UsingEdges, request: Request, subject: Workflow, limit: Limit = 50, after: After = ""
) -> Response:
    """List every change of a workflow's rows, the latest first, field by field and job by job."""
    return reply(request, _history(edges, Past(edges.instance, key=subject.key, limit=limit, after=after)))


def _history(edges: UsingEdges, past: Past) -> dict[str, object]:
    with edges.pool.connection() as connection:
        return list_document(list_history(connection, past))
