"""Commands that look: history, events and descriptions, and what is shown as it happens."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import IO

from tests.e2e.conftest import Shell
from tests.e2e.daemons import PATIENCE
from tests.e2e.screen import CTRL_C, HIDE, SHOW, Screen, screen
from tests.integration.passes.conftest import user, workflow

CHAIN = ("name: tile, job_type: tiling", "name: infer, job_type: inference, needs: [tile]")
BROKEN = "name: tile, job_typ: tiling"
ALTERNATE, USUAL = "\x1b[?1049h", "\x1b[?1049l"
"""What changes to a screen of one's own, and back."""


class Watched:
    """A command that goes on: its lines as they come, and how it ended."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._lines: SimpleQueue[str] = SimpleQueue()
        for stream in filter(None, (process.stdout, process.stderr)):
            Thread(target=self._read, args=[stream], daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.put(line.decode())

    def line(self, having: str) -> str:
        """Wait for a line that has this in it."""
        while having not in (line := self._lines.get(timeout=PATIENCE)):
            pass
        return line.rstrip("\n")

    def interrupt(self) -> int:
        """Press Ctrl-C, and give the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@contextmanager
def watching(shell: Shell, *arguments: str) -> Iterator[Watched]:
    """Begin a command that shows what happens."""
    with shell.place.listen(*arguments) as process:
        try:
            yield Watched(process)
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def terminal(shell: Shell, *arguments: str) -> Iterator[Screen]:
    """Run a command in a terminal of 80 columns and 24 lines."""
    with screen(shell.place.folder, *arguments, environment=shell.place.environment) as opened:
        yield opened


# --- at once ------------------------------------------------------------------------------------------


def test_history_tells_what_passes_changed(shell: Shell) -> None:
    """The latest first, field by field; of one resource where one is named."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    shell("apply")
    shell.write("all.yaml", user(), workflow("cmu-1", CHAIN[0].replace("tiling", "cutting"), CHAIN[1]))
    shell("apply")

    told = shell("history", "Workflow/cmu-1")
    document = shell("history", "--limit", "1", "-o", "json").document

    assert told.code == 0
    assert told.out.splitlines()[0] == "~ updated Workflow/cmu-1  manifests/all.yaml"
    assert '        job_type: "tiling" -> "cutting"' in told.out.splitlines()
    assert "+ created Workflow/cmu-1" in told.out
    assert "User/ada" not in told.out
    assert (document["kind"], [item["action"] for item in document["items"]]) == ("HistoryList", ["updated"])
    assert shell("history", "Workflow/zzz").err == (
        "no change is on record\nthere is no Workflow/zzz; `reconciler get workflows` lists them\n"
    )


def test_describe_tells_all_of_one(shell: Shell) -> None:
    """A workflow, a user, a job; in either spelling; and what may have been meant."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN, annotations="{who: me}"))
    shell("apply")

    told = shell("describe", "Workflow/cmu-1")

    assert (told.code, told.out.splitlines()[0]) == (0, "Workflow/cmu-1  Synced")
    assert "annotations  who=me" in told.out
    assert "infer  inference  main    PENDING  1    tile" in told.out
    assert shell("describe", "workflow", "cmu-1").out.splitlines()[0] == "Workflow/cmu-1  Synced"
    assert shell("describe", "user", "ada", "-o", "json").document["workflows"] == 1
    assert "needs        tile (PENDING)" in shell("describe", "job", "cmu-1/infer").out
    unknown, misspelt = shell("describe", "Workflow/cmu-2"), shell("describe", "job", "cmu-1/tiel")
    assert (unknown.code, misspelt.code) == (1, 1)
    assert "did you mean Workflow/cmu-1?" in unknown.err
    assert "did you mean `tile`?" in misspelt.err
    assert shell("describe", "workflw", "cmu-1").code == 2
    for words in (("history", "Workflow/cmu-2"), ("events", "Workflow/cmu-2")):
        told = shell(*words)
        assert (told.code, told.out) == (1, "")
        assert "there is no Workflow/cmu-2; did you mean Workflow/cmu-1?" in told.err
    asleep = shell("suspend", "Workflow/cmu-2", "--reason", "x")
    assert (asleep.code, "did you mean Workflow/cmu-1?" in asleep.err) == (2, True)


def test_a_mistake_is_described_with_its_line(shell: Shell) -> None:
    """From what the daemon told, wherever the file is."""
    shell.write("bad.yaml", workflow("bad", BROKEN))
    shell("apply")

    told = shell("describe", "Workflow/bad")

    assert told.out.splitlines()[0] == "Workflow/bad  Invalid"
    assert "--> manifests/bad.yaml:7:20" in told.out
    assert "did you mean `job_type`?" in told.out


def test_events_come_from_redis_or_else_from_the_books(shell: Shell) -> None:
    """It says which, and exits 0 either way."""
    shell.write("all.yaml", user())
    with shell.daemon():
        told = shell("events", "User/ada", "-o", "json").document
    assert (told["kind"], told["read_from"]) == ("EventList", "redis")
    assert [(one["subject"], one["status"]) for one in told["items"]] == [("User/ada", "Synced")]

    shell.place.environment["REDIS_URL"] = ""
    without = shell("events")

    assert without.code == 0
    assert "read from postgresql: no Redis is configured" in without.err
    assert "User/ada" in without.out


# --- as it happens ------------------------------------------------------------------------------------


def test_events_are_shown_as_they_happen(shell: Shell) -> None:
    """One line of JSON each; Ctrl-C ends it with 130."""
    shell.write("all.yaml", user())
    with shell.daemon(), watching(shell, "events", "--watch", "-o", "json") as watched:
        assert "following Redis" in watched.line("following")
        shell.write("bad.yaml", workflow("bad", BROKEN))

        event = json.loads(watched.line("Workflow/bad"))

        assert (event["status"], event["reason"]) == ("Invalid", "ManifestInvalid")
        assert watched.interrupt() == 130


def test_events_are_followed_without_redis_too(shell: Shell) -> None:
    """In PostgreSQL, which is looked at every second; it says so."""
    shell.place.environment["REDIS_URL"] = ""
    shell.write("all.yaml", user())
    shell("apply")
    with watching(shell, "events", "--watch") as watched:
        watched.line("following PostgreSQL")
        watched.line("User/ada")
        shell.write("more.yaml", user("bob"))
        shell("apply")

        assert "created" in watched.line("User/bob")
        assert watched.interrupt() == 130


def test_rows_are_shown_as_they_change(shell: Shell) -> None:
    """What a scheduler writes, what a pass writes, and what is gone: each a line of JSON."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN), workflow("cmu-2"))
    with shell.daemon(), watching(shell, "get", "workflows", "--watch", "-o", "json") as watched:
        first = json.loads(watched.line('"cmu-2"'))
        assert (first["type"], first["item"]["jobs"]) == ("added", {"PENDING": 1})

        shell.place.execute("update jobs set status = 'RUNNING' where name = 'infer'")
        running = json.loads(watched.line("RUNNING"))
        assert (running["type"], running["item"]["name"]) == ("changed", "cmu-1")

        shell.write("bad.yaml", workflow("bad", BROKEN))
        assert json.loads(watched.line('"bad"'))["item"]["standing"]["sync"] == "Invalid"
        (shell.place.manifests / "bad.yaml").unlink()
        assert json.loads(watched.line('"gone"'))["item"]["name"] == "bad"
        assert watched.interrupt() == 130


def test_a_table_that_is_watched_goes_on_in_its_columns(shell: Shell) -> None:
    """Only rows that changed come again; without Redis too."""
    shell.place.environment["REDIS_URL"] = ""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN), workflow("cmu-2"))
    shell("apply")
    with watching(shell, "get", "jobs", "--branch", "main", "--watch") as watched:
        titles = watched.line("WORKFLOW")
        assert "watching PostgreSQL every second" in watched.line("watching")
        shell.place.execute("update jobs set status = 'FAILED' where name = 'infer'")

        failed = watched.line("FAILED")

        assert failed.index("FAILED") == titles.index("STATUS")
        assert failed.startswith("cmu-1     infer")
        assert watched.interrupt() == 130


def test_a_status_that_is_watched_is_written_when_it_changes(shell: Shell) -> None:
    """Where there is no terminal: block by block, or line by line as JSON."""
    shell.write("all.yaml", user())
    with shell.daemon():
        with watching(shell, "status", "--watch") as watched:
            watched.line("instance default is healthy")
            shell.write("bad.yaml", workflow("bad", BROKEN))
            watched.line("instance default is not healthy")
            watched.line("error[RC205]")
            assert watched.interrupt() == 130
        with watching(shell, "status", "--watch", "-o", "json") as watched:
            assert not json.loads(watched.line("{"))["healthy"]
            (shell.place.manifests / "bad.yaml").unlink()
            assert json.loads(watched.line('"healthy": true'))["kind"] == "Status"


def test_a_status_is_a_live_screen_on_a_terminal(shell: Shell) -> None:
    """It follows what happens and the size of the terminal, scrolls, and leaves the terminal as it was."""
    shell.write("all.yaml", user())
    with shell.daemon(), terminal(shell, "status", "--watch") as shown:
        shown.then(f"{ALTERNATE}{HIDE}")
        shown.then("is healthy")
        shell.write("bad.yaml", workflow("bad", BROKEN))
        shown.then("is not healthy")
        shown.then("RC205")
        shown.resize(60, 8)
        shown.then("more lines below")
        shown.press(b"jk")
        shown.then("leader")
        shown.press(b"q")

        assert shown.end() == 0
        assert shown.drawn.endswith(f"{SHOW}{USUAL}")


def test_a_live_screen_shows_a_line_as_wide_as_the_terminal_whole(shell: Shell) -> None:
    """What empties a line comes before it: at the last column it would take the letter that stands there."""
    shell("db", "upgrade")
    with terminal(shell, "status", "--watch") as shown:
        shown.then("q quits")
        shown.press(b"q")

        assert shown.end() == 0
        emptied = re.findall(r"(.?)\x1b\[[JK]", shown.drawn, re.DOTALL)
        assert emptied
        assert set(emptied) <= {"H", "\n"}


def test_on_a_terminal_that_draws_nothing_anew_a_status_is_written_block_by_block(shell: Shell) -> None:
    """In an editor's shell, say, which would show the codes that steer a screen."""
    shell("db", "upgrade")
    shell.place.environment["TERM"] = "dumb"
    with terminal(shell, "status", "--watch") as shown:
        shown.then("is not healthy")
        shown.press(CTRL_C)

        assert shown.end() == 130
        assert "\x1b" not in shown.drawn


def test_ctrl_c_leaves_a_live_screen_too(shell: Shell) -> None:
    """With 130, and with keys echoed again."""
    shell("db", "upgrade")
    with terminal(shell, "status", "--watch") as shown:
        shown.then("is not healthy")
        assert not shown.echoes
        shown.press(CTRL_C)

        assert shown.end() == 130
        assert USUAL in shown.drawn
        assert shown.echoes


def test_a_signal_leaves_a_live_screen_too(shell: Shell) -> None:
    """Whoever ends it from elsewhere finds the terminal as it was."""
    shell("db", "upgrade")
    with terminal(shell, "status", "--watch") as shown:
        shown.then("is not healthy")
        shown.process.send_signal(signal.SIGTERM)

        assert shown.end() == 143
        assert USUAL in shown.drawn
        assert shown.echoes
