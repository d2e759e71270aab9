"""What every request passes first: host, origin, rate, size, time; and the headers on every answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reconciler.web.guard import Limits, Rules
from reconciler.web.rate import Rate
from tests.integration.web.site import Plan, Site, open_site


@pytest.fixture
def named(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site with a name of its own, where ten may read and three write at once."""
    limits = Limits(reading=Rate(per_second=0.001, at_once=10), writing=Rate(per_second=0.001, at_once=3))
    plan = Plan(daemon=False, rules=Rules.of(["Reconciler.Example"], limits))
    with open_site(tmp_path, database_url, redis_url, plan) as found:
        yield found


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("RECONCILER.example", 200),
        ("attacker.example", 421),
        ("127.0.0.1.attacker.example", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_only_names_of_ours_are_served(named: Site, host: str, status: int) -> None:
    """A page whose name was made to lead here gets nothing: DNS rebinding."""
    assert named.client.get("/livez", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost:1", "Host": "localhost:2"}, 403),
        ({"Origin": "http://localhost:1", "Host": "localhost:1", "Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "none"}, 422),
    ],
)
def test_what_another_site_made_a_browser_send_is_refused(
    lonely: Site, headers: dict[str, str], status: int
) -> None:
    """Nothing is written; a form can't even be sent, since only JSON is taken."""
    assert lonely.client.post("/users/", json={}, headers=headers).status_code == status
    assert lonely.client.post("/users/", data={"username": "x"}, headers={}).status_code == 415
    assert lonely.files() == []


def test_every_answer_carries_the_headers_that_keep_it_to_itself(lonely: Site) -> None:
    """Pages, documents, refusals and mistakes alike; none sets a cookie, none names the server."""
    for path in ("/", "/users/", "/nothing", "/users/?after=x", "/users/?search=%00", "/docs"):
        headers = lonely.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert not {"set-cookie", "server", "access-control-allow-origin"} & set(headers)


def test_who_asks_too_often_is_told_when_to_come_again(named: Site) -> None:
    """Writing sooner than reading."""
    wrote = [named.client.post("/users/", json={}).status_code for _ in range(5)]
    read = [named.client.get("/livez") for _ in range(12)]
    assert wrote == [422, 422, 422, 429, 429]
    assert [one.status_code for one in read] == [200] * 10 + [429] * 2
    assert int(read[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Long: " + b"a" * 200_000,
        b"GET /" + b"a" * 200_000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /users/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /users/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_a_head_that_is_no_head_ends_the_connection(lonely: Site, sent: bytes) -> None:
    """And the server goes on."""
    url = urlsplit(str(lonely.client.base_url))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as line:
        try:
            line.sendall(sent)
            answer = line.recv(100)
        except ConnectionError:
            answer = b""
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert lonely.client.get("/livez").status_code == 200
