"""Documents as responses: with a tag by which a client that has the same already is told so."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from fastapi import Request, Response

from reconciler.report.wire import VERSION, dumps, encode

_HEADERS: Final = {"Cache-Control": "no-cache", "Vary": "Authorization"}
_TAG: Final = 12


def reply(request: Request, document: Any) -> Response:  # noqa: ANN401 - whatever has a form in JSON
    """Give a document, or 304 to who has it.

    The moment at which it was read is told in a header: it is no part of what the tag stands for.
    """
    content = dumps(document).encode()
    tag = f'"{blake2b(content, digest_size=_TAG).hexdigest()}"'
    headers = {**_HEADERS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def document(kind: str, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Put a document together that says its version and its kind."""
    return {"apiVersion": VERSION, "kind": kind, **{name: encode(part) for name, part in parts.items()}}
