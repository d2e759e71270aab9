"""Webhooks: off until there is a secret, and deaf to everything that is not signed with it."""

from __future__ import annotations

import hmac
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.web.guard import Limits, Rules
from reconciler.web.hooks import Hooks
from tests.integration.web.site import Plan, Site, open_site

SECRET = "correct horse battery staple"
PUSH = b'{"ref": "refs/heads/main"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def hooked(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site that takes webhooks."""
    with open_site(tmp_path, database_url, redis_url, _taking_hooks(Limits())) as found:
        yield found


def _taking_hooks(limits: Limits) -> Plan:
    clock = SystemClock()
    return Plan(
        local=False,
        daemon=False,
        rules=Rules.of((), limits),
        change=lambda edges: replace(edges, hooks=Hooks(SECRET, clock)),
    )


def sign(body: bytes) -> str:
    """Sign as every sender does."""
    return hmac.new(SECRET.encode(), body, sha256).hexdigest()


def timed(body: bytes, seconds: float) -> str:
    """Sign with a time, as `generic` wants it."""
    return f"t={int(seconds)},v1={sign(f'{int(seconds)}.'.encode() + body)}"


def now() -> float:
    """Give the time of the wall clock."""
    return SystemClock().now().timestamp()


def signatures(body: bytes) -> dict[str, dict[str, str]]:
    """Give the headers with which each sender signs."""
    return {
        "github": {"X-Hub-Signature-256": f"sha256={sign(body)}", "X-GitHub-Event": "push"},
        "gitlab": {"X-Gitlab-Token": SECRET},
        "gitea": {"X-Gitea-Signature": sign(body)},
        "generic": {"X-Reconciler-Signature": timed(body, now())},
    }


def send(site: Site, sender: str, headers: Mapping[str, str], body: bytes = PUSH) -> httpx.Response:
    """Deliver."""
    return site.client.post(f"/hooks/{sender}", content=body, headers={**JSON, **headers})


def asked(site: Site) -> list[str]:
    """Name who asked for passes."""
    return sorted(str(who) for (who,) in site.rows("select requested_by from reconciler.requests"))


def test_there_are_no_webhooks_without_a_secret(lonely: Site) -> None:
    """Whatever is delivered."""
    for sender, headers in signatures(PUSH).items():
        assert send(lonely, sender, headers).status_code == 404


def test_a_signed_delivery_asks_for_a_pass_and_nothing_else(hooked: Site) -> None:
    """From each of the four; it takes no token, and its body is not looked at further."""
    for sender, headers in signatures(PUSH).items():
        assert send(hooked, sender, headers).status_code == 202, sender
    assert asked(hooked) == ["hook:generic", "hook:gitea", "hook:github", "hook:gitlab"]
    assert hooked.files() == []


def test_without_the_right_signature_nothing_is_asked_for(hooked: Site) -> None:
    """None, a wrong one, one of another body, one that is too old or from the future."""
    other = signatures(b"{}")
    old, early = timed(PUSH, now() - 400), timed(PUSH, now() + 400)
    wrong: list[tuple[str, dict[str, str]]] = [
        *((sender, {}) for sender in other),
        *((sender, headers) for sender, headers in other.items() if sender != "gitlab"),
        ("gitlab", {"X-Gitlab-Token": SECRET[:-1]}),
        ("github", {"X-Hub-Signature-256": sign(PUSH)}),
        ("github", {"X-Hub-Signature": "sha1=" + "0" * 40}),
        ("generic", {"X-Reconciler-Signature": old}),
        ("generic", {"X-Reconciler-Signature": early}),
        ("generic", {"X-Reconciler-Signature": f"t={'9' * 5000},v1="}),
        ("generic", {"X-Reconciler-Signature": "t=,v1=,,=,"}),
    ]
    assert {send(hooked, sender, headers).status_code for sender, headers in wrong} == {401}
    assert asked(hooked) == []


def test_a_delivery_that_comes_again_is_refused(hooked: Site) -> None:
    """Also under another number, which is not signed; a ping may come as often as it likes."""
    headers = signatures(PUSH)["github"]
    numbered = [{**headers, "X-GitHub-Delivery": number} for number in ("1", "1", "2")]
    assert [send(hooked, "github", one).status_code for one in numbered] == [202, 409, 409]
    ping = {**signatures(b"{}")["github"], "X-GitHub-Event": "ping"}
    assert [send(hooked, "github", ping, b"{}").json()["message"] for _ in range(2)] == [
        "the way is open"
    ] * 2
    assert asked(hooked) == ["hook:github"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b'{"x": ' + b"9" * 10_000 + b"}",
        json.dumps({"ref": None, "commits": None, "repository": [None]}).encode(),
    ],
)
def test_an_odd_body_is_refused_or_harmless_and_never_a_mistake_of_ours(hooked: Site, body: bytes) -> None:
    """Although it is signed."""
    for sender, headers in signatures(body).items():
        assert send(hooked, sender, headers, body).status_code in {202, 400}, sender


def test_a_body_that_is_too_large_is_refused_before_it_is_read(hooked: Site) -> None:
    """By what its head says, or by what has come of it."""
    url = urlsplit(str(hooked.client.base_url))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as line:
        head = "POST /hooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        line.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 413 ")

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    answer = hooked.client.post("/hooks/github", content=pieces(), headers=JSON)
    assert answer.status_code == 413


def test_a_body_that_does_not_come_to_its_end_is_not_waited_for(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """A byte now and then keeps nobody busy for long."""
    plan = _taking_hooks(Limits(body_seconds=0.5))
    with open_site(tmp_path, database_url, redis_url, plan) as site, _connected(site) as line:
        began = time.monotonic()
        head = "POST /hooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        line.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5


@contextmanager
def _connected(site: Site) -> Iterator[socket.socket]:
    url = urlsplit(str(site.client.base_url))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as line:
        yield line


def test_a_flood_is_turned_away(hooked: Site) -> None:
    """Of deliveries that are signed, and sooner of those that are not."""
    wrong = [send(hooked, "gitlab", {"X-Gitlab-Token": "x"}).status_code for _ in range(30)]
    assert (wrong[0], wrong[-1]) == (401, 429)
    right = [send(hooked, "gitlab", {"X-Gitlab-Token": SECRET}, b'{"n": %d}' % n) for n in range(80)]
    assert (right[0].status_code, right[-1].status_code) == (202, 429)
    assert int(right[-1].headers["retry-after"]) >= 1
