"""Settings that are read anew: taken over, kept, or refused, and told either way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest

from reconciler import telemetry
from reconciler.daemon.habits import Habits
from reconciler.daemon.reload import Amended, Reload
from reconciler.daemon.timing import Every
from reconciler.errors import UsageError

HABITS = Habits(Every(timedelta(seconds=5)))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what is logged."""
    stream = io.StringIO()
    telemetry.configure("console", stream=stream)
    yield stream
    telemetry.reset()


def _reload(outcome: Amended | UsageError) -> tuple[list[Habits], list[str]]:
    adopted: list[Habits] = []
    remarks: list[str] = []

    def reread() -> Amended:
        if isinstance(outcome, UsageError):
            raise outcome
        return outcome

    Reload(reread, adopted.append, remarks.append)()
    return adopted, remarks


def test_what_changed_is_taken_over_and_logged(log: io.StringIO) -> None:
    """With its new value, and without a word in the status: all is as it should be."""
    assert _reload(Amended(HABITS, {"interval": "5s"})) == ([HABITS], [""])
    assert "settings were taken over" in log.getvalue()
    assert "interval: 5s" in log.getvalue()


def test_nothing_new_is_no_news(log: io.StringIO) -> None:
    """SIGHUP asks for a pass too."""
    _reload(Amended(HABITS))
    assert log.getvalue() == ""


def test_what_needs_a_restart_is_named_in_the_log_and_in_the_status(log: io.StringIO) -> None:
    """What else changed holds all the same."""
    adopted, (remark,) = _reload(Amended(HABITS, {"prune": "true"}, ("http", "redis_url")))
    assert adopted == [HABITS]
    assert remark == "settings that differ wait for a restart: http, redis_url"
    assert "wait for a restart" in log.getvalue()


def test_what_is_refused_changes_nothing_and_is_told(log: io.StringIO) -> None:
    """Until it is mended."""
    refusal = UsageError(
        "interval can't be read", where="reconciler.toml:3", why="'60' is not a number with a unit"
    )
    adopted, (remark,) = _reload(refusal)
    assert adopted == []
    assert "reconciler.toml:3" in remark
    assert "stay in force" in log.getvalue()
    assert "reconciler.toml:3" in log.getvalue()
