"""Health and metrics, with servers up and down."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.web.site import Plan, Site, open_site

_LABELS = ("route", "method", "status")
_NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def test_all_is_well_beside_a_daemon_that_passes(site: Site) -> None:
    """Each check is told when it is asked for."""
    for path in ("/livez", "/readyz", "/healthz"):
        assert (site.client.get(path).status_code, site.client.get(path).json()["status"]) == (200, "ok"), (
            path
        )
    checks = site.client.get("/readyz?verbose").json()["checks"]
    assert [check["name"] for check in checks] == ["postgresql", "status"]


def test_who_only_wants_the_head_is_given_it(site: Site) -> None:
    """Load balancers and `curl -I` ask so whether somebody is there."""
    for path in ("/", "/livez", "/readyz", "/healthz"):
        told = site.client.head(path)
        assert (told.status_code, told.content) == (200, b""), path
        assert told.headers["content-length"] == site.client.get(path).headers["content-length"]


def test_a_daemon_without_a_pulse_is_not_alive(lonely: Site) -> None:
    """The server beside it answers all the same."""
    lonely.pulse.silent_for = 11.0
    assert lonely.client.get("/livez").status_code == 503
    told = lonely.client.get("/livez?verbose").json()
    assert told["checks"][0]["message"] == "the daemon's pulse was last felt 11 s ago"


def test_without_a_daemon_requests_are_served_and_the_verdict_is_not_healthy(lonely: Site) -> None:
    """Ready to read; what is not known is not healthy."""
    assert lonely.client.get("/readyz").status_code == 200
    unwell = lonely.client.get("/healthz?verbose")
    assert (unwell.status_code, unwell.json()["status"]) == (503, "failed")
    assert "NoHeartbeat" in {check["name"] for check in unwell.json()["checks"]}


def test_without_postgresql_it_lives_and_is_not_ready(tmp_path: Path, redis_url: str) -> None:
    """Nothing hangs, and nothing is a mistake of ours."""
    with open_site(tmp_path, _NOWHERE, redis_url, Plan(daemon=False)) as site:
        assert site.client.get("/livez").status_code == 200
        unready = site.client.get("/readyz?verbose")
        assert (unready.status_code, unready.json()["checks"][0]["state"]) == (503, "failed")
        refused = site.client.get("/users/")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:reconciler:StoreUnavailable")
        assert "nobody" not in refused.text


def test_without_redis_it_is_degraded_and_ready(tmp_path: Path, database_url: str) -> None:
    """Redis is a view."""
    with open_site(tmp_path, database_url, "redis://127.0.0.1:1/0", Plan(daemon=False)) as site:
        told = site.client.get("/readyz?verbose")
        assert (told.status_code, told.json()["status"]) == (200, "degraded")


def test_the_daemons_metrics_are_handed_through(lonely: Site) -> None:
    """In the form that Prometheus knows."""
    told = lonely.client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    assert told.text.startswith("reconciler_up 1\n")


def test_requests_are_counted_by_the_route_that_answers_and_never_by_what_they_name(lonely: Site) -> None:
    """Whatever a client asks for, there are no more series than routes, methods and classes of answers."""
    for path in ("/api/v1/workflows/a", "/api/v1/workflows/b", "/nowhere/1", "/nowhere/2", "/livez"):
        lonely.client.get(path)
    lonely.client.request("TRACE", "/livez")
    lonely.client.get("/livez", headers={"Host": "evil.example"})

    told = _samples(lonely.client.get("/metrics").text)

    count = "reconciler_http_requests_total"
    assert {labels: number for (name, labels), number in told.items() if name == count} == {
        ("/api/v1/workflows/{name}", "GET", "4xx"): 2,
        ("other", "GET", "4xx"): 3,  # one of them under a name that is not ours, so no route saw it
        ("/livez", "GET", "2xx"): 1,
        ("/livez", "other", "4xx"): 1,
    }
    seconds = "reconciler_http_request_duration_seconds_count"
    assert told[seconds, ("/api/v1/workflows/{name}", "GET")] == 2
    again = _samples(lonely.client.get("/metrics").text)
    assert again[count, ("/metrics", "GET", "2xx")] == 1


def _samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Read metrics: the value by name and by what the labels of HTTP say."""
    return {
        (one.name, tuple(one.labels[label] for label in _LABELS if label in one.labels)): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
