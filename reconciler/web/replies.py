"""Documents as responses: with a tag by which a client that has the same already is told so."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Self

from fastapi import Request, Response

from reconciler.report.wire import VERSION, dumps, encode

_HEADERS: Final = {"Cache-Control": "no-cache", "Vary": "Authorization"}
_TAG: Final = 12


@dataclass(frozen=True, slots=True)
class Reply:
    """A document as it is sent, and the tag that stands for its content."""

    content: bytes
    tag: str

    @classmethod
    def of(cls, document: Any) -> Self:  # noqa: ANN401 - whatever has a form in JSON
        """Write a document."""
        content = dumps(document).encode()
        return cls(content, f'"{blake2b(content, digest_size=_TAG).hexdigest()}"')


def respond(request: Request, reply: Reply) -> Response:
    """Send a document, or 304 to who has it."""
    headers = {**_HEADERS, "ETag": reply.tag}
    if reply.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(reply.content, headers=headers, media_type="application/json")


def reply(request: Request, document: Any) -> Response:  # noqa: ANN401 - as above
    """Send a document that is made for this request alone."""
    return respond(request, Reply.of(document))


def document(kind: str, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Put a document together that says its version and its kind."""
    return {"apiVersion": VERSION, "kind": kind, **{name: encode(part) for name, part in parts.items()}}
