"""The reference of this interface: a page for people, an OpenAPI document for programs; all from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from fastapi import FastAPI, Request, Response

from reconciler.report.wire import dumps
from reconciler.web.access import routes
from reconciler.web.describe import describe
from reconciler.web.problems import Fault, Problem

router = routes(None, "reference")

_OURS: Final = "reference"
_THEIRS: Final = "vendor/swagger-ui"
_FILES: Final = {
    "index.html": (_OURS, "text/html; charset=utf-8"),
    "start.js": (_OURS, "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js": (_THEIRS, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_THEIRS, "text/css; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class _Sent:
    content: bytes
    kind: str
    tag: str

    def answer(self, request: Request) -> Response:
        """Send it, unless whoever asks has it already."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.kind)


def _sent(content: bytes, kind: str) -> _Sent:
    return _Sent(content, kind, f'"{sha256(content).hexdigest()[:16]}"')


@cache
def _file(name: str) -> _Sent:
    folder, kind = _FILES[name]
    return _sent((files("reconciler.web") / folder / name).read_bytes(), kind)


@cache
def _document(app: FastAPI) -> _Sent:
    return _sent(dumps(describe(app)).encode(), "application/json")


@router.get("/docs", include_in_schema=False)
async def page(request: Request) -> Response:
    """Give the page."""
    return _file("index.html").answer(request)


@router.get("/docs/{name}", include_in_schema=False)
async def file(request: Request, name: str) -> Response:
    """Give a file that the page loads."""
    if name not in _FILES:
        raise Problem(Fault(404, "NotFound"), "there is no such file", where=name[:100], fix="see /docs")
    return _file(name).answer(request)


@router.get("/openapi.json", include_in_schema=False)
async def document(request: Request) -> Response:
    """Give the OpenAPI document."""
    app: FastAPI = request.app
    return _document(app).answer(request)
