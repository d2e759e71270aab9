"""What people do from a page: ask for a pass or a plan, suspend, resume, approve."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.plan import Gate, GateKind
from reconciler.resources import Kind, ResourceKey, resource_id
from reconciler.store import desk
from reconciler.store.connect import connect
from reconciler.store.tokens import Scope
from tests.integration.daemon.replica import INSTANCE
from tests.integration.web.site import Site


@pytest.fixture
def token(site: Site) -> dict[str, str]:
    """Give a token that allows everything."""
    return site.token(*Scope)


def do(site: Site, token: dict[str, str], action: str, **body: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
    """Ask for an action."""
    return site.client.post(f"/api/v1/{action}", json=body, headers=token)


def test_a_pass_and_a_plan_are_answered_with_what_came_of_them(site: Site, token: dict[str, str]) -> None:
    """As the commands' own JSON; who asked is on record."""
    (site.folder / "ada.yaml").write_text("apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n")
    planned = do(site, token, "plan").json()
    assert (planned["kind"], [step["key"] for step in planned["steps"]]) == ("Plan", ["User/ada"])
    assert site.rows("select count(*) from users") == [(0,)]
    told = do(site, token, "reconcile").json()
    assert (told["kind"], told["outcome"], told["counts"]["created"]) == ("Answer", "Applied", 1)
    assert do(site, token, "reconcile", force=["Workflow/x"]).status_code == 200
    assert site.rows("select distinct requested_by from reconciler.requests") == [("http:ci",)]


def test_a_resource_is_suspended_and_resumed(site: Site, token: dict[str, str]) -> None:
    """For a time, with a reason; what is not there can't be."""
    site.client.post("/users/", json={"username": "ada"})
    done = do(site, token, "suspend", resource="User/ada", reason="scanned again", **{"for": "2h"})
    assert done.json()["message"] == "User/ada is suspended for 2h"
    query = "select name, reason, requested_by, until - since from reconciler.suspensions"
    ((name, reason, who, lasts),) = site.rows(query)
    assert (name, reason, who, lasts.total_seconds()) == ("ada", "scanned again", "http:ci", 7200)
    assert do(site, token, "resume", resource="User/ada").status_code == 200
    assert do(site, token, "resume", resource="User/ada").status_code == 409
    assert do(site, token, "suspend", resource="User/bob", reason="x").status_code == 409
    assert (
        do(site, token, "suspend", reason="the database moves").json()["message"].startswith("the instance")
    )


def test_exactly_one_waiting_set_is_approved(site: Site, token: dict[str, str]) -> None:
    """By its digest in full: a page shows it, nobody types it."""
    key = ResourceKey(Kind.USER, "ada")
    with connect(site.database_url, "test") as connection:
        desk.propose(
            connection, INSTANCE, [Gate(GateKind.PRUNE, "abcdef0123", ((key, resource_id(key), 1),))]
        )
    assert do(site, token, "approve", digest="abcdef").status_code == 409
    assert do(site, token, "approve", digest="abcdef0123").json()["approved_by"] == "http:ci"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reconcile", {"force": ["User/ada"]}),
        ("reconcile", {"force": ["nonsense"]}),
        ("reconcile", {"more": 1}),
        ("suspend", {}),
        ("suspend", {"reason": "a\nb"}),
        ("suspend", {"reason": "x", "for": "soon"}),
        ("approve", {"digest": "%"}),
    ],
)
def test_what_can_not_be_understood_is_refused(
    site: Site, token: dict[str, str], action: str, body: dict[str, Any]
) -> None:
    """With the field that is wrong."""
    assert do(site, token, action, **body).status_code == 422
