"""What goes wrong, as people and programs are told: RFC 9457, with what, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from reconciler.desired import Diagnostic
from reconciler.errors import InternalError, ReconcilerError, TransientError, UsageError
from reconciler.report.wire import dumps, encode
from reconciler.telemetry import get_logger, mask

log = get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER: Final = "2"


class ProblemDocument(BaseModel):
    """Why a request was not done: RFC 9457, with what this program says of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:reconciler:StoreUnavailable",
                "title": "PostgreSQL can't be used at the moment",
                "status": 503,
                "detail": "PostgreSQL can't be used at the moment (postgresql://db:5432/app): it is starting",
                "where": "postgresql://db:5432/app",
                "why": "it is starting",
                "fix": "",
                "diagnostics": [],
            }
        }
    )

    type: str = Field(description="Which kind of problem, for programs: `urn:reconciler:` and a reason.")
    title: str = Field(description="What went wrong.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What, where, why and what to do, in one line.")
    where: str = Field("", description="With what it went wrong.")
    why: str = Field("", description="Because of what.")
    fix: str = Field("", description="What to do.")
    diagnostics: list[dict[str, Any]] = Field(
        default_factory=list, description="Every mistake in what was sent, as `reconciler validate` has them."
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A status and a reason for programs, and how else to answer."""

    status: int
    reason: str
    diagnostics: Sequence[Diagnostic] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(ReconcilerError):
    """A request that can't be done as it was put; becomes the answer to it."""

    def __init__(self, fault: Fault, what: str, *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.fault = fault

    @property
    def reason(self) -> str:
        """The word for programs."""
        return self.fault.reason


def answer_with(error: ReconcilerError, fault: Fault) -> Response:
    """Give the response that tells of an error."""
    document = {
        "type": f"urn:reconciler:{fault.reason}",
        "title": mask(error.what),
        "status": fault.status,
        "detail": mask(str(error)),
        "where": mask(error.where),
        "why": mask(error.why),
        "fix": error.fix,
        "diagnostics": encode(list(fault.diagnostics)),
    }
    return Response(dumps(document), fault.status, dict(fault.headers), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of a request be answered with a problem document, and none with a stack trace."""
    app.add_exception_handler(ReconcilerError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(Exception, _of_mistake)


RESPONSES: Final[Mapping[int, str]] = {
    400: "It can't be read.",
    401: "No token, or not one that is good.",
    403: "The token does not allow it, or the request comes from another site.",
    404: "There is no such thing.",
    408: "It did not come in time.",
    409: "It does not fit what there is.",
    413: "It is too large.",
    415: "It is not JSON.",
    422: "It is not valid; `diagnostics` has every mistake.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "A server that it needs does not answer.",
    504: "The daemon did not answer in time.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give what OpenAPI is told of these statuses."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    return {
        status: {"description": RESPONSES[status], "content": {MEDIA_TYPE: schema}} for status in statuses
    }


def _of_ours(_request: Request, error: Exception) -> Response:
    match error:
        case Problem():
            return answer_with(error, error.fault)
        case UsageError():
            return answer_with(error, Fault(400, error.reason))
        case TransientError():
            return answer_with(error, Fault(503, error.reason, headers={"Retry-After": _RETRY_AFTER}))
        case ReconcilerError():
            return answer_with(error, Fault(503, error.reason))
        case _:
            return _of_mistake(_request, error)


def _of_request(_request: Request, error: Exception) -> Response:
    mistakes = error.errors() if isinstance(error, RequestValidationError) else []
    told = "; ".join(f"{_path(one['loc'])}: {one['msg']}" for one in mistakes[:5])
    problem = UsageError("the request can't be understood", why=told)
    return answer_with(problem, Fault(422, "InvalidRequest"))


def _path(location: Sequence[object]) -> str:
    return ".".join(map(str, location))


def _of_framework(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    what = HTTPStatus(status).phrase.lower()
    problem = UsageError(what, where=f"{request.method} {request.url.path}", fix=_FIXES.get(status, ""))
    return answer_with(problem, Fault(status, HTTPStatus(status).phrase.replace(" ", ""), headers=headers))


def _methods(request: Request) -> list[str]:
    """Give every method that is answered at this address, whichever router has it."""
    path = request.url.path
    routes = [
        context
        for context in iter_route_contexts(request.app.routes)
        if compile_path(str(context.path))[0].fullmatch(path)
    ]
    # A path that is written out goes before one with a parameter that fits it too.
    written = [context for context in routes if context.path == path]
    return sorted({method for context in written or routes for method in context.methods or ()})


_FIXES: Final = {404: "see /docs for what there is", 405: "see /docs for what there is"}


def _of_mistake(request: Request, error: Exception) -> Response:
    log.error("a request met with a mistake of ours", path=request.url.path, exc_info=error)
    problem = InternalError("this met with a mistake of ours", fix="the log of the daemon has the details")
    return answer_with(problem, Fault(500, problem.reason))
