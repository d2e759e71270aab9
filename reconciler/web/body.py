"""The bodies of requests: JSON objects, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request

from reconciler.web.problems import Fault, Problem


async def json_of(request: Request) -> dict[str, Any]:
    """Give the body of a request; what an `async` route takes by `Depends`.

    Raises:
        Problem: it is not JSON (400, 415), or no object (422).

    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        fault = Fault(415, "NotJson")
        fix = "send it with Content-Type: application/json"
        raise Problem(fault, "the request is not JSON", where=kind[:100], fix=fix)
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        why = "it is nested too deeply" if deep else f"it is not JSON: {error}"
        raise Problem(Fault(400, "NotJson"), "the request can't be read", why=why) from None
    if not isinstance(body, dict):
        fault = Fault(422, "InvalidRequest")
        raise Problem(fault, "the request can't be understood", why="it is JSON, but no object")
    return body
