"""The read API: what the commands show, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from reconciler.resources import ResourceKey, resource_id
from reconciler.store import desk
from reconciler.store.connect import connect
from tests.e2e.daemons import until
from tests.integration.daemon.replica import INSTANCE
from tests.integration.web.site import Site

USER = "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n"


def workflow(name: str, *jobs: str, labels: str = "{}") -> str:
    """Write a workflow of jobs that run one after the other."""
    written = "".join(
        f"    - {{name: {json.dumps(job)}, job_type: tiling{f', parent_indices: [{n - 1}]' if n else ''}}}\n"
        for n, job in enumerate(jobs or ("tile",))
    )
    head = f"---\napiVersion: reconciler/v1\nkind: Workflow\nmetadata: {{name: {name}, labels: {labels}}}\n"
    return f"{head}spec:\n  user: ada\n  jobs:\n{written}"


def save(site: Site, *documents: str) -> None:
    """Save a manifest file, and ask for a pass: nothing watches the folder."""
    (site.folder / "all.yaml").write_text("".join(documents))
    with connect(site.database_url, "test") as connection:
        desk.ask(connection, INSTANCE, "a test")


def declare(site: Site, *workflows: str) -> None:
    """Save these workflows, and wait for their rows."""
    save(site, USER, *workflows)
    until(lambda: site.rows("select count(*) from workflows") == [(len(workflows),)])


def get(site: Site, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - what a query may hold
    """Read a document."""
    answer = site.client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["apiVersion"] == "reconciler/v1"
    return told


def names(told: dict[str, Any]) -> list[str]:
    """Name the items of a list."""
    return [one["name"] for one in told["items"]]


# --- lists -------------------------------------------------------------------------------------------------


def test_lists_are_searched_narrowed_and_paged_by_the_server(site: Site) -> None:
    """The pages together are the list."""
    declare(site, *(workflow(f"w{n}", labels=f"{{study: s{n % 2}}}") for n in range(5)))
    first = get(site, "workflows", limit=3)
    rest = get(site, "workflows", limit=3, after=first["next"])
    assert names(first) + names(rest) == ["w0", "w1", "w2", "w3", "w4"]
    assert rest["next"] == ""
    assert names(get(site, "workflows", label="study=s1")) == ["w1", "w3"]
    assert names(get(site, "workflows", search="W3")) == ["w3"]
    assert names(get(site, "workflows", status="RUNNING")) == []
    assert names(get(site, "jobs", workflow="w2")) == ["tile"]
    assert names(get(site, "users")) == ["ada"]
    assert get(site, "passes")["items"][0]["trigger"] == "request"
    assert get(site, "tallies")["jobs"]["statuses"] == {"PENDING": 5}


@pytest.mark.parametrize(
    "path",
    [
        "workflows?after=x",
        "workflows?limit=0",
        "workflows?label=x",
        "workflows?search=%00",
        "jobs?sync=Wrong",
        "events?after=x",
        "unsettled?after=e30",
    ],
)
def test_what_can_not_be_asked_is_refused_with_the_reason(site: Site, path: str) -> None:
    """A mistake of whoever asks is no failure of ours."""
    answer = site.client.get(f"/api/v1/{path}")
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["title"]


def test_who_has_a_document_already_is_told_so(site: Site) -> None:
    """As long as it stays as it is."""
    declare(site, workflow("w"))
    tag = site.client.get("/api/v1/workflows").headers["etag"]
    again = site.client.get("/api/v1/workflows", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    site.execute("update jobs set status = 'RUNNING'")
    news = until(
        lambda: site.client.get("/api/v1/workflows", headers={"If-None-Match": tag}).content, within=2
    )
    assert b"RUNNING" in news


# --- one of them -------------------------------------------------------------------------------------------


def test_a_workflow_is_told_with_its_picture(site: Site) -> None:
    """Statuses change in it, and nothing moves."""
    declare(site, workflow("w", "切片", "推理"))
    assert get(site, "workflows/w")["jobs"] == {"PENDING": 2}
    before = get(site, "workflows/w/graph")
    site.execute("update jobs set status = 'RUNNING' where name = '切片'")
    after = get(site, "workflows/w/graph")
    assert [(one["name"], one["status"]) for one in after["nodes"]] == [
        ("切片", "RUNNING"),
        ("推理", "PENDING"),
    ]
    assert [(one["x"], one["y"]) for one in after["nodes"]] == [
        (one["x"], one["y"]) for one in before["nodes"]
    ]
    assert "推理" in site.client.get("/api/v1/workflows/w/graph.svg").text
    assert get(site, "users/ada")["standing"]["sync"] == "Synced"


def test_what_is_not_there_is_not_found_and_what_can_not_be_drawn_says_why(site: Site) -> None:
    """Somebody may have tied the rows into a circle, with nobody there to put them right."""
    assert site.client.get("/api/v1/workflows/none").status_code == 404
    assert site.client.get("/api/v1/workflows/none/graph").status_code == 404
    key = ResourceKey.parse("Workflow/stranger")
    assert site.client.get(f"/api/v1/users/{resource_id(key)}").status_code == 404


# --- what belongs to one of them ---------------------------------------------------------------------------


def test_a_manifest_is_shown_as_it_is_saved_with_its_place_and_its_mistakes(site: Site) -> None:
    """Also before any pass has looked at it again."""
    declare(site, workflow("w"))
    told = get(site, "workflows/w/manifest")
    assert told["text"] == USER + workflow("w")
    assert (told["path"], told["line"], told["first"], told["last"]) == ("all.yaml", 7, 5, 11)
    assert told["diagnostics"] == []
    (site.folder / "all.yaml").write_text(USER + workflow("w").replace("spec:", "spce:"))
    (mistake,) = {one["code"]: one for one in get(site, "workflows/w/manifest")["diagnostics"]}.values()
    assert mistake["where"]["line"] == 8
    (site.folder / "all.yaml").unlink()
    gone = get(site, "users/ada/manifest")
    assert (gone["text"], gone["missing"]) == (None, "all.yaml is gone, or can't be read from here")


def test_no_file_outside_of_the_folder_is_shown(site: Site) -> None:
    """Whatever the books say of where a manifest stands."""
    declare(site, workflow("w"))
    until(lambda: site.rows("select count(*) from reconciler.statuses") == [(2,)])
    (site.folder.parent / "secret.yaml").write_text("secret")
    (site.folder / "link.yaml").symlink_to("../secret.yaml")
    for path in ("../secret.yaml", "link.yaml", "/etc/hostname"):
        statement = "update reconciler.statuses set status = jsonb_set(status, '{where,path}', '\"PATH\"')"
        site.execute(statement.replace("PATH", path))
        assert get(site, "workflows/w/manifest")["text"] is None


def test_a_diff_is_what_a_pass_would_do_to_this_one_now(site: Site) -> None:
    """As `reconciler diff` tells it; nothing is written, and no other file is looked at."""
    declare(site, workflow("w", "a"), workflow("v", "b"))
    same = get(site, "workflows/w/diff")
    assert (same["kind"], same["state"], same["action"]) == ("Difference", "Same", None)
    assert same["declared"] == same["actual"]
    (site.folder / "all.yaml").write_text(USER + workflow("w", "a", "c"))
    told = get(site, "workflows/w/diff")
    assert (told["key"], told["action"], told["jobs"][0]["name"]) == ("Workflow/w", "update", "c")
    assert "+    - name: c" in told["unified"].split("\n")
    (site.folder / "all.yaml").write_text(USER + workflow("w", "a").replace("spec:", "spce:"))
    wrong = get(site, "workflows/w/diff")
    assert (wrong["state"], wrong["held_back"]["sync"], wrong["unified"]) == ("Invalid", "Invalid", "")
    (site.folder / "all.yaml").unlink()
    gone = get(site, "workflows/w/diff")
    assert (gone["state"], gone["declared"], gone["held_back"]["sync"]) == ("NotDeclared", None, "Orphaned")
    assert site.rows("select count(*) from jobs") == [(2,)]
    (site.folder / "all.yaml").write_text(USER + workflow("w", "a", "c"))
    with connect(site.database_url, "test") as connection:
        subject = desk.Subject(INSTANCE, ResourceKey.parse("Workflow/w"))
        desk.suspend(connection, subject, "a pause", "a test", None)
    asleep = get(site, "workflows/w/diff")
    assert asleep["jobs"] == told["jobs"], "what differs is told, whatever is in the way"
    assert (asleep["action"], asleep["held_back"]["reason"]) == (None, "Suspended")


def test_what_was_changed_is_told_field_by_field(site: Site) -> None:
    """Of one, of all, of a pass, and of a kind."""
    declare(site, workflow("w", "a"))
    site.execute("update jobs set job_type = 'x'")
    (healed,) = until(lambda: get(site, "history", action="healed")["items"])
    assert healed["jobs"][0]["fields"] == [{"field": "job_type", "before": "x", "after": "tiling"}]
    assert [one["action"] for one in get(site, "workflows/w/history")["items"]] == ["healed", "created"]
    of_pass = get(site, "history", **{"pass": healed["pass_id"]})["items"]
    assert [one["key"] for one in of_pass] == ["Workflow/w"]
    assert [one["key"] for one in get(site, "users/ada/history")["items"]] == ["User/ada"]
    assert {one["subject"] for one in get(site, "workflows/w/events")["items"]} == {"Workflow/w"}
    assert get(site, "last-edit")["committed_at"] is None, "nothing watches this folder"


# --- how things stand --------------------------------------------------------------------------------------


def test_a_mistake_shows_with_its_line_and_the_summary_counts_it(site: Site) -> None:
    """The same diagnostics as `validate` has."""
    declare(site, workflow("w"))
    good = get(site, "summary")
    assert (good["healthy"], good["totals"], good["unsettled"]) == (True, {"Synced": 2}, 0)
    save(site, USER, workflow("w").replace("spec:", "spce:"))
    told = until(lambda: get(site, "diagnostics")["diagnostics"])[0]
    assert told["where"]["path"] == "all.yaml"
    assert told["excerpt"]["text"] == "spce:"
    bad = until(lambda: get(site, "summary") if not get(site, "summary")["healthy"] else None)
    assert bad["mistakes"] >= 1
    unsettled = until(lambda: get(site, "unsettled", sync="Invalid")["items"])
    assert {one["key"] for one in unsettled} == {"User/ada", "Workflow/w"}
    whole = until(lambda: get(site, "status") if not get(site, "status")["healthy"] else None)
    assert {one["sync"] for one in whole["resources"]} == {"Invalid"}
    assert get(site, "gates")["items"] == []


def test_without_redis_the_status_is_told_from_postgresql_and_says_so(lonely: Site) -> None:
    """Nobody has told Redis of this instance."""
    told = get(lonely, "summary")
    assert told["read_from"] == "postgresql"
    assert told["degraded"] == "Redis has no status of this instance"
    assert not told["healthy"]


# --- what happens ------------------------------------------------------------------------------------------


@contextmanager
def listening(site: Site, last: str = "") -> Iterator[Iterator[dict[str, str]]]:
    """Listen to the stream, after an event if one is named."""
    headers = {"Last-Event-ID": last} if last else {}
    with site.client.stream("GET", "/api/v1/events/stream", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _frames(answer)


def _frames(answer: httpx.Response) -> Iterator[dict[str, str]]:
    frame: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line:
            yield frame
            frame = {}
        else:
            name, _, value = line.partition(": ")
            frame[name] = value


def test_what_happens_is_told_and_who_was_cut_off_misses_nothing(site: Site) -> None:
    """By the number of the last event heard; the list knows the same events."""
    with listening(site) as heard:
        assert next(heard) == {"retry": "1000"}
        declare(site, workflow("w"))
        first = next(one for one in heard if "Workflow/w" in one.get("data", ""))
    event = json.loads(first["data"])
    assert (first["event"], event["subject"], event["status"]) == ("resource", "Workflow/w", "Synced")

    site.execute("update jobs set job_type = 'x'")
    until(lambda: any(one["reason"] == "drift" for one in get(site, "events")["items"]))
    with listening(site, first["id"]) as heard:
        missed = next(one for one in heard if "drift" in one.get("data", ""))
    listed = get(site, "events", limit=500)
    assert missed["id"] in {one["id"] for one in listed["items"]}
    older = get(site, "events", limit=2)
    assert older["items"] == listed["items"][:2]
    assert get(site, "events", limit=2, after=older["next"])["items"] == listed["items"][2:4]


def test_who_listens_is_sent_away_when_the_server_stops(site: Site) -> None:
    """It need not wait for them, and they come back to the next one."""
    with listening(site) as heard:
        assert next(heard) == {"retry": "1000"}
        site.edges.stream.close()
        assert list(heard) == []
    assert site.client.get("/api/v1/events/stream").status_code == 503


# --- the dashboard -----------------------------------------------------------------------------------------


def test_the_page_is_there_for_everybody_and_its_files_may_be_kept_for_ever(site: Site) -> None:
    """They stand beneath an address that is another one when they are others."""
    page = site.client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe" not in page.headers["content-security-policy"]
    script = page.text.partition('type="module" src="')[2].partition('"')[0]
    file = site.client.get(script)
    assert file.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in file.headers["cache-control"]
    again = site.client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    for missing in ("/static/0000/app.js", script.replace("theme.js", "%2e%2e/edges.py")):
        assert site.client.get(missing).status_code == 404
