"""The dashboard: the page at `/`, and its files."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import Request, Response

from reconciler.web.access import routes
from reconciler.web.assets import PREFIX, Assets
from reconciler.web.problems import Fault, Problem, documented

router = routes(None, "dashboard")
"""For everybody: what the page shows it asks for, and that takes a token where one is needed."""

_FOR_EVER: Final = "public, max-age=31536000, immutable"


@cache
def _assets() -> Assets:
    return Assets.load()


@router.head("/", include_in_schema=False)
@router.get("/", include_in_schema=False)
async def page(request: Request) -> Response:
    """Give the page that is the dashboard."""
    assets = _assets()
    tag = f'"{assets.digest}-{len(assets.page)}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(assets.page, media_type="text/html; charset=utf-8", headers=headers)


@router.get(f"{PREFIX}/{{digest}}/{{path:path}}", include_in_schema=False, responses=documented(404))
async def file(digest: str, path: str) -> Response:
    """Give a file; one of another version is not there, so that no page is put together of two."""
    assets = _assets()
    asset = assets.files.get(path) if digest == assets.digest else None
    if asset is None:
        raise Problem(Fault(404, "NotFound"), "there is no such file", fix="load the page anew")
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": _FOR_EVER})
