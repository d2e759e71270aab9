"""The older service's requests: each becomes a manifest, and is answered with the row that came of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from reconciler.desired import SourceFile, parse_file
from reconciler.report import Request
from tests.integration.web.site import Site

JOBS: list[dict[str, Any]] = [
    {"name": "Job1: 切片任务", "job_type": "tiling", "branch_id": "main", "parent_indices": []},
    {"name": "Job2: 推理任务", "job_type": "inference", "branch_id": "main", "parent_indices": [0]},
    {"name": "Job3: 后处理任务", "job_type": "postprocessing", "branch_id": "main", "parent_indices": [1]},
]


def user(site: Site, username: str = "test_user") -> str:
    """Make a user, and give its id."""
    answer = site.client.post("/users/", json={"username": username})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def order(site: Site, key: str = "", **more: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
    """Ask for a workflow of the first user."""
    ((user_id,),) = site.rows("select id::text from users limit 1")
    body = {"user_id": user_id, "jobs": JOBS, **more}
    return site.client.post("/workflows/", json=body, headers={"Idempotency-Key": key} if key else {})


# --- what is asked for comes about ---------------------------------------------------------------------


def test_a_user_is_a_manifest_that_a_person_could_have_written_and_a_row(site: Site) -> None:
    """The answer has the row's own values, in the form that clients know."""
    answer = site.client.post("/users/", json={"username": "test_user"})

    ((row_id, created_at),) = site.rows("select id::text, created_at from users")
    told = created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (answer.status_code, answer.headers["location"]) == (201, f"/users/{row_id}")
    assert answer.json() == {"id": row_id, "username": "test_user", "created_at": told}
    assert (site.folder / "api/users/test_user.yaml").read_text() == (
        "apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: test_user\n"
    )


def test_a_username_that_is_no_name_stands_in_the_spec(site: Site) -> None:
    """Its name is made of it; two usernames never share one."""
    for username in ("Ада Лавлейс", "ada@lab.example", "ada#lab.example", "flycheck_me", "x_LOCAL_1.y"):
        user(site, username)
    assert len(site.files()) == 5
    assert {name for (name,) in site.rows("select username from users")} >= {"Ада Лавлейс", "ada@lab.example"}


def test_a_workflow_is_answered_with_its_id_and_the_number_of_its_jobs(site: Site) -> None:
    """Its parents stand in the manifest by name; its name is made up."""
    user(site)
    answer = order(site)

    ((row_id, name),) = site.rows("select id::text, name from workflows")
    assert answer.json() == {"workflow_id": row_id, "job_count": 3}
    assert str(name).startswith("test_user-")
    assert 'needs: ["Job1: 切片任务"]' in (site.folder / f"api/workflows/{name}.yaml").read_text()
    shown = site.client.get(answer.headers["location"]).json()
    assert [job["name"] for job in shown["jobs"]] == [job["name"] for job in JOBS]
    ids = [job["id"] for job in shown["jobs"]]
    assert shown["graph"]["edges"] == [[ids[0], ids[1]], [ids[1], ids[2]]]
    assert shown["graph"]["mermaid"].startswith("flowchart")


def test_rows_are_listed_a_page_at_a_time(site: Site) -> None:
    """The cursor of a page leads to the next; filters narrow."""
    for name in ("a", "b", "c"):
        user(site, name)
    order(site, name="wf-1")
    first = site.client.get("/users/", params={"limit": 2}).json()
    second = site.client.get("/users/", params={"limit": 2, "after": first["next"]}).json()
    assert [[one["username"] for one in page["items"]] for page in (first, second)] == [["a", "b"], ["c"]]
    assert second["next"] == ""
    (listed,) = site.client.get("/workflows/").json()["items"]
    assert [(listed["user_id"],)] == [(str(one),) for (one,) in site.rows("select user_id from workflows")]
    narrowed = {"user=a": 1, "user=b": 0, "status=FAILED": 0, "branch=main": 1, "label=a%3Db": 0}
    for query, number in narrowed.items():
        assert len(site.client.get(f"/workflows/?{query}").json()["items"]) == number
    assert site.client.get("/users/", params={"after": "nonsense"}).status_code == 400


# --- the same request twice ----------------------------------------------------------------------------


def test_the_same_request_under_one_key_is_one_workflow_however_often_it_comes(site: Site) -> None:
    """Eight at a time; and again once the first are done."""
    user(site)
    with ThreadPoolExecutor(8) as many:
        answers = [*many.map(lambda _: order(site, "key-1"), range(8)), order(site, "key-1")]

    assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
    assert site.rows("select count(*) from workflows") == [(1,)]
    assert len(site.files()) == 2


def test_a_user_too_is_made_once_under_one_key(site: Site) -> None:
    """Without the key, the second is told that there is one."""

    def post(_: int) -> httpx.Response:
        return site.client.post("/users/", json={"username": "ada"}, headers={"Idempotency-Key": "k"})

    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(post, range(4)))
    assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
    assert site.client.post("/users/", json={"username": "ada"}).status_code == 409


def test_another_request_under_the_same_key_is_refused(site: Site) -> None:
    """It is a mistake of the client's, and must not pass for the first request."""
    user(site)
    order(site, "key-1")
    refused = order(site, "key-1", jobs=JOBS[:1])
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:reconciler:IdempotencyKeyReused")
    assert site.rows("select count(*) from jobs") == [(3,)]


# --- what can't be -------------------------------------------------------------------------------------


def test_a_username_that_exists_is_a_conflict_that_says_where_it_is_declared(site: Site) -> None:
    """Whether a request declared it, or nobody."""
    user(site)
    taken = site.client.post("/users/", json={"username": "test_user"})
    assert taken.status_code == 409
    assert taken.json()["why"].startswith("it stands in api/users/test_user.yaml")  # the line follows soon
    site.execute("insert into users values (gen_random_uuid(), 'stranger')")
    taken = site.client.post("/users/", json={"username": "stranger"})
    assert (taken.status_code, taken.json()["why"]) == (409, "it stands in the table, and in no manifest")
    assert site.files() == ["api/users/test_user.yaml"]


def test_what_is_not_valid_is_told_as_validate_tells_it(site: Site) -> None:
    """Every mistake at once, each with its code, its line in what was sent, and its cure."""
    user(site)
    jobs = [{"nmae": "a", "job_type": 3}, {"name": "b", "job_type": "t", "parent_indices": [1]}]
    refused = order(site, jobs=jobs, nmae="x")
    document = refused.json()
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert {one["code"] for one in document["diagnostics"]} >= {"RC205", "RC207", "RC303"}
    assert document["diagnostics"][0]["excerpt"]["text"].strip()
    assert site.files() == ["api/users/test_user.yaml"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/users/", {}, 422),
        ("/users/", {"username": None}, 422),
        ("/users/", {"username": ""}, 422),
        ("/users/", {"username": "a\nb"}, 422),
        ("/users/", {"username": "\ud800"}, 422),
        ("/users/", {"username": "x", "more": 1}, 422),
        ("/users/", ["test_user"], 422),
        ("/workflows/", {"jobs": JOBS}, 422),
        ("/workflows/", {"user_id": 7, "jobs": JOBS}, 422),
        ("/workflows/", {"user_id": str(uuid4()), "jobs": JOBS}, 404),
    ],
)
def test_what_lacks_something_is_refused(lonely: Site, path: str, body: object, status: int) -> None:
    """Before anything is written."""
    headers = {"Content-Type": "application/json"}
    answer = lonely.client.post(path, content=json.dumps(body), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["title"]
    assert lonely.files() == []


def test_what_the_pass_holds_back_is_taken_back_with_the_reason(site: Site) -> None:
    """A row that nobody manages and that differs stays as it is, and nothing is left of the request."""
    user(site)
    site.execute("insert into workflows (id, user_id, name) select gen_random_uuid(), id, 'x' from users")
    refused = order(site, name="x")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:reconciler:RowExists"), refused.text
    assert site.files() == ["api/users/test_user.yaml"]


def test_a_folder_that_is_not_to_be_written_to_is_a_conflict_that_says_where_to_declare(site: Site) -> None:
    """As on a mount that only reads; a link that leads elsewhere is not followed either."""
    (site.folder / "api").write_text("")
    refused = site.client.post("/users/", json={"username": "ada"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:reconciler:SourceRefused")
    assert "declare it where the manifests come from" in refused.json()["fix"]
    (site.folder / "api").unlink()
    elsewhere = site.folder.parent / "elsewhere"
    elsewhere.mkdir()
    (site.folder / "api").symlink_to(elsewhere)
    assert site.client.post("/users/", json={"username": "ada"}).status_code == 409
    assert list(elsewhere.iterdir()) == []


def test_when_no_daemon_answers_the_declaration_stands(lonely: Site) -> None:
    """It is reconciled as soon as one does; the answer says so."""
    answer = lonely.client.post("/users/", json={"username": "ada"})
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:reconciler:NoAnswer")
    assert "the declaration stands" in answer.json()["fix"]
    assert lonely.files() == ["api/users/ada.yaml"]


# --- and back ------------------------------------------------------------------------------------------


def test_to_delete_is_to_remove_the_manifest(site: Site) -> None:
    """The row stays while pruning is off, and the answer says so; a user with workflows stays altogether."""
    user_id = user(site)
    location = order(site).headers["location"]
    assert site.client.delete(f"/users/{user_id}").status_code == 409
    withdrawn = site.client.delete(location)
    assert (withdrawn.status_code, withdrawn.json()["sync"]) == (202, "Orphaned")
    assert "pruning is off" in withdrawn.json()["message"]
    assert site.files() == ["api/users/test_user.yaml"]
    assert site.client.delete(location).status_code == 202
    assert site.client.delete(f"/workflows/{uuid4()}").status_code == 404


def test_what_a_person_declared_is_not_deleted_by_a_request(site: Site) -> None:
    """Nor what nobody declared; the file is named."""
    (site.folder / "ada.yaml").write_text("apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: ada\n")
    user(site, "bob")  # whose pass reads only its own file
    site.edges.clerk.ask(Request(uuid4()), "me")
    site.execute("insert into users values (gen_random_uuid(), 'stranger')")
    rows = dict(site.rows("select username, id::text from users"))
    refused = site.client.delete(f"/users/{rows['ada']}")
    assert refused.status_code == 409
    assert refused.json()["why"].startswith("its manifest is ada.yaml")
    refused = site.client.delete(f"/users/{rows['stranger']}")
    assert (refused.status_code, refused.json()["why"]) == (409, "no manifest declares it")
    assert site.files() == ["ada.yaml", "api/users/bob.yaml"]


def test_what_requests_write_is_valid_for_everybody(site: Site) -> None:
    """`validate` finds nothing in it."""
    user(site)
    order(site, "key", name="named", jobs=[{"name": "a", "job_type": "t", "params": {"x": [1, {"y": None}]}}])
    for name in site.files():
        content = Path(site.folder / name).read_bytes()
        assert parse_file(SourceFile(name, content)).diagnostics == ()
