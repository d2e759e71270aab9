"""Logging: one line each, no secrets, a level that can change, nothing said before it is set up."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from reconciler import telemetry
from reconciler.resources import Kind, ResourceKey
from reconciler.telemetry import Level, configure, get_logger, mask, set_level

HOSTILE = 'line\nbreak\r\x0b\x1c\x85\x1b[31mred\x00 "quoted" \u2028\u2029\u202e\ud800 推理任务'


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as other tests expect it."""
    yield
    telemetry.reset()


@pytest.fixture
def lines() -> io.StringIO:
    """Collect what is logged."""
    return io.StringIO()


def _fail(why: str) -> None:
    raise ValueError(why)


def _json(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_before_it_is_set_up_nothing_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    """A command whose output is data must not find log lines in it."""
    get_logger("reconciler.daemon").error("nobody asked")
    assert capfd.readouterr() == ("", "")


def test_a_line_has_time_level_logger_message_and_keys(lines: io.StringIO) -> None:
    """Keys given once for all stand in every line."""
    configure("json", stream=lines, instance="default")
    get_logger("reconciler.daemon.loop").info(
        "a pass ended", key=ResourceKey(Kind.USER, "ada"), id=UUID(int=1)
    )
    (line,) = _json(lines)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "daemon.loop",
        "message": "a pass ended",
        "instance": "default",
        "key": "User/ada",
        "id": "00000000-0000-0000-0000-000000000001",
    }


@pytest.mark.parametrize("form", ["json", "console"])
def test_whatever_a_value_holds_it_stays_one_line(lines: io.StringIO, form: str) -> None:
    """Nor can it move the cursor, turn the text around, or forge a line."""
    configure(form, stream=lines)
    get_logger("x").info(HOSTILE, value=HOSTILE, nested={HOSTILE: [HOSTILE]})
    text = lines.getvalue()
    assert text.endswith("\n")
    assert len(text[:-1].splitlines()) == 1
    assert not any(ord(character) < 32 or character in "\u2028\u202e\ud800" for character in text[:-1])
    assert "推理任务" in text


def test_json_gives_hostile_values_back_as_they_were(lines: io.StringIO) -> None:
    """They are escaped, not changed."""
    configure("json", stream=lines)
    get_logger("x").info("m", value=HOSTILE)
    assert _json(lines)[0]["value"] == HOSTILE


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ada:s3cret@h:5432/d", "postgresql://***@h:5432/d"),
        ("postgresql://ada:p@ss/w?rd#@h/d", "postgresql://***@h/d"),
        (
            "redis://:s3cret@h/0 and git+https://token@host/repo.git",
            "redis://***@h/0 and git+https://***@host/repo.git",
        ),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("postgresql://h/d?user=u&password=s3cret&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        ("https://example.org/a@b", "https://***@b"),
        ("no secret here: a@b.c", "no secret here: a@b.c"),
    ],
)
def test_what_may_be_a_secret_is_masked(text: str, masked: str) -> None:
    """Rather too much than too little."""
    assert mask(text) == masked


def test_secrets_are_masked_wherever_they_turn_up(lines: io.StringIO) -> None:
    """In messages, values, lists, mappings and tracebacks."""
    configure("json", stream=lines)
    url = "postgresql://ada:s3cret@h/d"
    log = get_logger("x")
    log.info(url, url=url, urls=[url], by={"k": url, url: 1})
    try:
        _fail(url)
    except ValueError as error:
        log.exception("failed", error=error)
    assert "s3cret" not in lines.getvalue()
    assert "ValueError" in _json(lines)[1]["exception"]


def test_the_level_can_be_changed_while_it_runs(lines: io.StringIO) -> None:
    """For loggers that have been made, and used, already."""
    configure("json", Level.WARNING, lines)
    log = get_logger("x")
    log.info("one")
    set_level(Level.DEBUG)
    log.debug("two")
    set_level(Level.ERROR)
    log.warning("three")
    assert [line["message"] for line in _json(lines)] == ["two"]


def test_what_libraries_log_takes_our_form(lines: io.StringIO) -> None:
    """From WARNING upwards."""
    configure("json", stream=lines)
    logging.getLogger("apscheduler").warning("missed %s", "it")
    logging.getLogger("apscheduler").info("chatter")
    (line,) = _json(lines)
    assert (line["logger"], line["level"], line["message"]) == ("apscheduler", "warning", "missed it")


def test_setting_up_twice_does_not_say_everything_twice(lines: io.StringIO) -> None:
    """The second set-up replaces the first."""
    configure("json", stream=lines)
    configure("json", stream=lines)
    get_logger("x").info("one")
    logging.getLogger("redis").error("two")
    assert [line["message"] for line in _json(lines)] == ["one", "two"]


def test_a_log_that_cannot_be_written_does_not_end_anything() -> None:
    """A full disk, a closed pipe."""

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    configure("json", stream=Full())
    get_logger("x").info("lost")


def test_a_terminal_gets_text_and_everything_else_json(lines: io.StringIO) -> None:
    """Unless the settings say otherwise."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    configure("auto", stream=terminal)
    get_logger("x").info("hello", n=1)
    configure("auto", stream=lines)
    get_logger("x").info("hello", n=1)
    assert "hello" in terminal.getvalue()
    assert "n\x1b[0m=1" in terminal.getvalue()
    assert _json(lines)[0]["n"] == 1


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """See no-color.org."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    configure("console", stream=terminal)
    get_logger("x").info("hello", n=1, text="two words", url="a=b", none=None, share=0.5)
    assert terminal.getvalue()[13:] == 'info    hello  n=1 text="two words" url="a=b" none=null share=0.5\n'


def test_a_traceback_on_a_terminal_is_marked_line_by_line(lines: io.StringIO) -> None:
    """So that no line of it can pass for a log line."""
    configure("console", stream=lines)
    try:
        _fail("a\n12:00:00.000 info    forged")
    except ValueError:
        get_logger("x").exception("failed")
    first, *trace = lines.getvalue().splitlines()
    assert first.endswith("failed")
    assert trace
    assert all(line.startswith("    | ") for line in trace)


def test_importing_it_loads_no_library() -> None:
    """Commands that log nothing shall not pay for it."""
    program = (
        "import sys, reconciler.telemetry; print([m for m in ('structlog', 'logging') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_terminal_is_told_what_a_person_reads(lines: io.StringIO) -> None:
    """No identifiers, nothing that is empty, and lists and mappings without their quotes."""
    configure("console", stream=lines)
    get_logger("x").info(
        "a pass ended", pass_id="1f", counts={"updated": 1}, changed=["Workflow/a", "b c"], mistakes=0, why=""
    )
    assert lines.getvalue().partition("info  ")[2] == (
        '  a pass ended  counts={updated: 1} changed=[Workflow/a, "b c"] mistakes=0\n'
    )
