"""The daemon's HTTP interface, as its clients meet it: a process of its own beside the daemon's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from reconciler.app.face import bind
from reconciler.settings import load_settings
from tests.e2e.conftest import Shell
from tests.e2e.daemons import kill, until

_USER = """
curl -X POST "http://127.0.0.1:8000/users/" -H "Content-Type: application/json" -d '{"username": "test_user"}'
"""
_WORKFLOW = """
curl -X POST "http://127.0.0.1:8000/workflows/" -H "Content-Type: application/json" -d '{
  "user_id": "550e8400-…",
  "jobs": [
    {"name": "Job1: 切片任务", "job_type": "tiling", "branch_id": "main", "parent_indices": []},
    {"name": "Job2: 推理任务", "job_type": "inference", "branch_id": "main", "parent_indices": [0]},
    {"name": "Job3: 后处理任务", "job_type": "postprocessing", "branch_id": "main", "parent_indices": [1]}]}'
"""


def _curl(command: str, url: str) -> dict[str, object]:
    """Type a command of the older service's documentation, at the address that is served here."""
    typed = command.replace("http://127.0.0.1:8000", url).replace("curl ", "curl -s --noproxy '*' ")
    told = subprocess.run(["sh", "-c", typed], capture_output=True, text=True, timeout=60, check=True)
    answer: dict[str, object] = json.loads(told.stdout)
    return answer


@pytest.fixture
def served(shell: Shell) -> str:
    """Give the URL of a daemon that serves HTTP."""
    shell.place.start("--interval", "1h", "--http", "127.0.0.1:0")
    return shell.place.http()


def _children(pid: int) -> list[int]:
    """Name the processes that a process has started and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_documented_requests_of_the_older_service_work_as_they_stand(shell: Shell, served: str) -> None:
    """Each is answered with the rows that came of it; a restart keeps what was declared."""
    user = _curl(_USER, served)
    assert list(user) == ["id", "username", "created_at"]
    assert user["username"] == "test_user"
    answer = _curl(_WORKFLOW.replace("550e8400-…", str(user["id"])), served)
    assert answer == {"workflow_id": answer["workflow_id"], "job_count": 3}
    rows = shell.place.rows("select workflow_id::text, branch_id, status from jobs")
    assert rows == [(answer["workflow_id"], "main", "PENDING")] * 3
    assert shell("status").code == 0
    assert shell("status", "-o", "json").document["replicas"][0]["http"] == served


def test_a_key_is_remembered_by_the_folder_across_a_restart(shell: Shell, served: str) -> None:
    """The same request under it is answered alike, and nothing is made twice."""

    def post(url: str) -> httpx.Response:
        headers = {"Idempotency-Key": "7"}
        return httpx.post(f"{url}/users/", json={"username": "ada"}, headers=headers, timeout=60)

    first = post(served)
    (daemon,) = shell.place.daemons
    kill(daemon)
    shell.place.start("--interval", "1h", "--http", f"127.0.0.1:{served.rpartition(':')[2]}")
    until(lambda: shell.place.logs().count("HTTP is served") == 2)
    again = post(served)
    assert (again.status_code, again.text) == (first.status_code, first.text) == (201, first.text)
    assert shell.place.rows("select count(*) from users") == [(1,)]


def test_a_token_made_on_the_command_line_steers_the_daemon(shell: Shell, served: str) -> None:
    """Until it is revoked; it is printed alone, so that a script can take it."""
    made = shell("token", "create", "ci", "--scope", "read", "--scope", "reconcile")
    headers = {"Authorization": f"Bearer {made.out.strip()}"}

    def reconcile() -> int:
        return httpx.post(f"{served}/api/v1/reconcile", json={}, headers=headers, timeout=60).status_code

    assert reconcile() == 200
    assert "ci may read, reconcile, for 90d" in made.err
    (listed,) = shell("token", "list", "-o", "json").document["items"]
    assert (listed["name"], listed["scopes"]) == ("ci", ["read", "reconcile"])
    assert made.out.strip() not in shell("token", "list", "-o", "json").out
    assert shell("token", "create", "ci").code == 2
    assert shell("token", "revoke", "ci").code == 0
    assert shell("token", "revoke", "ci").code == 1
    until(lambda: reconcile() == 401)


def test_a_server_that_is_killed_is_started_again_and_none_outlives_its_daemon(
    shell: Shell, served: str
) -> None:
    """Not even one that is killed; the daemon's own health does not depend on it."""
    (daemon,) = shell.place.daemons
    (first,) = _children(daemon.pid)
    assert httpx.get(f"{served}/livez").json()["status"] == "ok"
    os.kill(first, signal.SIGKILL)
    (second,) = until(lambda: [pid for pid in _children(daemon.pid) if pid != first])
    assert httpx.get(f"{served}/readyz", timeout=30).json()["status"] == "ok"
    kill(daemon)
    until(lambda: not Path(f"/proc/{second}").exists())


def test_a_daemon_that_is_told_to_stop_ends_its_server_first(shell: Shell, served: str) -> None:
    """And the port is free again."""
    (daemon,) = shell.place.daemons
    daemon.terminate()
    assert daemon.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served}/livez")


def test_a_stopped_daemon_is_told_from_a_living_one(shell: Shell, served: str) -> None:
    """The server goes on answering; what it says of the daemon is that its pulse has stopped."""
    (daemon,) = shell.place.daemons
    assert httpx.get(f"{served}/livez").status_code == 200
    daemon.send_signal(signal.SIGSTOP)
    try:
        told = until(lambda: (found := httpx.get(f"{served}/livez?verbose")).status_code == 503 and found)
    finally:
        daemon.send_signal(signal.SIGCONT)
    assert "pulse was last felt" in told.text
    until(lambda: httpx.get(f"{served}/livez").status_code == 200)


def test_a_port_that_is_taken_ends_the_start_only_when_somebody_asked_for_it(shell: Shell) -> None:
    """The default address is nice to have: without it the daemon works, and says what it lacks."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = shell("run", "--http", f"127.0.0.1:{port}")
    assert refused.code == 2
    assert "another process listens there" in refused.err
    assert "--no-http" in refused.err


def test_a_default_port_that_is_taken_is_told_and_does_without(tmp_path: Path) -> None:
    """Somebody may run two daemons on one machine; only who asked for an address is refused."""
    with ExitStack() as parts:
        with suppress(OSError):  # somebody else has it
            parts.enter_context(socket.create_server(("127.0.0.1", 8000)))
        bound = parts.enter_context(bind(load_settings({}, {}, tmp_path)))
        assert isinstance(bound, str)
        assert "another process listens there" in bound
