"""Who may do what: every route with no token, a bad, an expired, a narrower and a good one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from reconciler.store import tokens
from reconciler.store.connect import connect
from reconciler.store.tokens import Grant, Scope
from reconciler.web.access import LOCAL_SCOPES, ScopedRoute
from reconciler.web.application import create_app
from reconciler.web.guard import Rules
from tests.integration.daemon.replica import INSTANCE
from tests.integration.web.site import Plan, Site, open_site

PUBLIC = {
    "/livez",
    "/readyz",
    "/",
    "/static/{digest}/{path:path}",
    "/docs",
    "/docs/{name}",
    "/openapi.json",
    "/hooks/{sender}",
}
"""What everybody may ask for: nothing of it tells of users, workflows or jobs."""


@pytest.fixture
def remote(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site that is reached from beyond this machine; no daemon answers it."""
    with open_site(tmp_path, database_url, redis_url, Plan(local=False, daemon=False)) as found:
        yield found


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    path: str
    scope: Scope | None

    @property
    def address(self) -> str:
        """A path that leads there."""
        parts = self.path.split("/")
        return "/".join("00000000-0000-0000-0000-000000000000" if "{" in part else part for part in parts)


def doors(app: FastAPI) -> list[Door]:
    """Give every way in."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        assert isinstance(route, ScopedRoute), f"{context.path} does not say which scope it needs"
        found += [Door(method, str(context.path), route.scope) for method in sorted(context.methods or ())]
    return found


def ask(site: Site, door: Door, headers: Mapping[str, str]) -> int:
    """Knock, and give the status; an answer without end is not waited for."""
    json: dict[str, object] | None = {} if door.method == "POST" else None
    request = site.client.build_request(door.method, door.address, headers=headers, json=json)
    answer = site.client.send(request, stream=True)
    answer.close()
    return answer.status_code


def let_in(status: int) -> bool:
    """Whether the answer came from behind the door."""
    return status not in {401, 403}


def expired(site: Site) -> dict[str, str]:
    """Make a token whose time is over."""
    with connect(site.database_url, "test") as connection:
        grant = Grant("old", frozenset(Scope), "me", timedelta(seconds=-1))
        text = tokens.create(connection, INSTANCE, grant)
    return {"Authorization": f"Bearer {text}"}


def test_every_route_lets_in_who_has_its_scope_and_nobody_else(remote: Site) -> None:
    """Beyond this machine; what everybody may see is on a list."""
    scoped = {scope: remote.token(scope, name=f"only-{scope}") for scope in Scope}
    others = {scope: remote.token(*(set(Scope) - {scope}), name=f"not-{scope}") for scope in Scope}
    useless: list[dict[str, str]] = [{}, expired(remote), {"Authorization": "Bearer rct_wrong"}]
    for door in doors(create_app(remote.edges, Rules())):
        if door.scope is None:
            assert door.path in PUBLIC, f"{door} is open to everybody"
            assert let_in(ask(remote, door, {})), door
            continue
        assert [ask(remote, door, headers) for headers in useless] == [401, 401, 401], door
        assert ask(remote, door, others[door.scope]) == 403, door
        assert let_in(ask(remote, door, scoped[door.scope])), door


def test_on_this_machine_reading_and_the_older_services_requests_take_no_token(lonely: Site) -> None:
    """To steer takes one here too; and what a proxy hands on was not sent here."""
    for door in doors(create_app(lonely.edges, Rules())):
        expected = door.scope is None or door.scope in LOCAL_SCOPES
        assert let_in(ask(lonely, door, {})) == expected, door
        if door.scope is not None:
            assert ask(lonely, door, {"X-Forwarded-For": "192.0.2.1"}) == 401, door


def test_who_asks_by_a_name_for_others_needs_a_token(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """So that a proxy on this machine that says nothing of itself lets nobody in."""
    plan = Plan(rules=Rules.of(["reconciler.example"]), daemon=False)
    with open_site(tmp_path, database_url, redis_url, plan) as site:
        for name, status in {"reconciler.example": 401, "localhost": 200, "[::1]:8000": 200}.items():
            assert site.client.get("/users/", headers={"Host": name}).status_code == status, name


def test_a_refusal_says_what_is_missing(remote: Site) -> None:
    """As a problem document, with the command that makes a token."""
    refused = remote.client.get("/users/")
    assert refused.headers["www-authenticate"] == 'Bearer realm="reconciler"'
    assert refused.json()["fix"] == "send Authorization: Bearer TOKEN"
    refused = remote.client.get("/users/", headers=remote.token(Scope.WRITE))
    assert "--scope read" in refused.json()["fix"]


def test_a_token_is_kept_only_as_a_digest_and_its_use_is_noted(remote: Site) -> None:
    """What stands in the table opens nothing."""
    header = remote.token(Scope.READ)
    assert remote.client.get("/users/", headers=header).status_code == 200
    ((digest, used),) = remote.rows("select digest, last_used_at is not null from reconciler.tokens")
    text = header["Authorization"].removeprefix("Bearer ")
    assert used
    assert len(digest) == 32
    assert text.encode() not in digest
    assert text.startswith("rct_")
    assert len(text) >= 47


def test_a_token_of_another_instance_opens_nothing(remote: Site) -> None:
    """Instances share a database, and no tokens."""
    header = remote.token(Scope.READ)
    remote.execute("update reconciler.tokens set instance = 'other'")
    assert remote.client.get("/users/", headers=header).status_code == 401
