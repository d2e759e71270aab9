"""The reference of the interface: a page that needs nothing from elsewhere, and a document that is whole."""

from __future__ import annotations

import re
from typing import Any

from tests.integration.web.site import Site


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_script(lonely: Site) -> None:
    """Its policy forbids both; every file that it names is there."""
    page = lonely.client.get("/docs")
    named = re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text)
    assert len(named) == 3
    assert not re.search(r"https?://|<script>|\son\w+=|style=", page.text)
    assert "script-src 'self';" in page.headers["content-security-policy"]
    for address in named:
        file = lonely.client.get(address)
        assert file.status_code == 200, address
        again = lonely.client.get(address, headers={"If-None-Match": file.headers["etag"]})
        assert again.status_code == 304
    assert lonely.client.get("/docs/LICENSE").status_code == 404


def test_the_document_describes_every_route_and_names_no_shape_that_it_lacks(lonely: Site) -> None:
    """Each with a summary, a tag, its scope, and a description for every answer."""
    document: dict[str, Any] = lonely.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["summary"], (path, method)
            assert len(told["tags"]) == 1, (path, method)
            assert "security" in told, (path, method)
            assert all(answer["description"] for answer in told["responses"].values())
    named = set(re.findall(r"#/components/schemas/([\w.-]+)", lonely.client.get("/openapi.json").text))
    assert named <= document["components"]["schemas"].keys()
    assert "bearer" in str(document["components"]["securitySchemes"])
