"""Following what happens while servers come and go: nothing is lost that one of them knows, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from reconciler import app
from reconciler.report import InstanceStatus
from reconciler.report.event import Event
from reconciler.report.statuses import resource_statuses
from reconciler.settings import Settings, load_settings
from reconciler.status import RedisBoard
from tests.integration.passes.conftest import Instance, user, workflow
from tests.integration.status.servers import RunningClock, Valkey, valkey

BROKEN = "name: tile, job_typ: tiling"


@pytest.fixture
def server() -> Iterator[Valkey]:
    """Give a Redis of its own, which can be stopped."""
    with valkey() as running:
        yield running


@pytest.fixture
def settings(instance: Instance, server: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the settings of a command that looks at the instance."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", instance.url)
    monkeypatch.setenv("REDIS_URL", server.url)
    return load_settings({})


def tell(instance: Instance, board: RedisBoard | None = None) -> None:
    """Run a pass and tell of it, as a daemon does."""
    report = instance.report()
    moved = resource_statuses({}, report, report.result.finished_at)
    sync = InstanceStatus("default", "directory:manifests", instance.epoch)
    instance.store.publish(sync, None, moved.changed, moved.gone)
    if board:
        board.publish(sync, None, moved.changed, moved.gone, lambda: moved.changed)


def subjects(events: tuple[Event, ...]) -> list[str]:
    """Name the resources that events are about."""
    return [event.subject for event in events if event.type == "resource"]


def next_about(stream: Iterator[tuple[Event, ...]], key: str) -> list[str]:
    """Wait, for a few rounds, for an event of a resource; give what those that came with it are about."""
    for events in islice(stream, 10):
        if key in subjects(events):
            return subjects(events)
    raise AssertionError(f"nothing was told of {key}")


def test_when_redis_goes_away_postgresql_is_followed(
    instance: Instance, settings: Settings, server: Valkey
) -> None:
    """From where the other one ended; and whoever reads is told so, with the reason."""
    heard: list[str] = []
    board = RedisBoard(server.url, "default", RunningClock())
    instance.write("users.yaml", user())
    tell(instance, board)
    stream = app.follow_events(settings, app.Following(20, None, lambda place, _why: heard.append(place)))

    assert [event.status for event in next(stream)] == ["Rebuilt"]
    instance.write("cmu.yaml", workflow("cmu-1"))
    tell(instance, board)
    assert next_about(stream, "Workflow/cmu-1") == ["Workflow/cmu-1"]

    server.stop()
    instance.write("bad.yaml", workflow("bad", BROKEN))
    tell(instance)

    assert next_about(stream, "Workflow/bad") == ["Workflow/bad"]
    assert heard == ["redis", "postgresql"]
    board.withdraw()


def test_one_resource_can_be_followed(instance: Instance, settings: Settings, server: Valkey) -> None:
    """What happens to others is passed over, wherever it is read."""
    server.stop()
    instance.write("all.yaml", user(), workflow("cmu-1"))
    tell(instance)
    key = next(iter(instance.report().desired.manifests))

    (first, second) = islice(app.follow_events(settings, app.Following(20, key)), 2)

    assert (subjects(first), second) == ([str(key)], ())


def test_rows_are_looked_at_again_and_again(settings: Settings, server: Valkey) -> None:
    """At once the first time; afterwards whenever Redis tells, or a second has passed."""
    heard: list[tuple[str, str]] = []

    nudges = app.nudges(settings, lambda place, why: heard.append((place, why)))

    next(nudges)
    assert heard == []
    next(nudges)
    server.stop()
    next(nudges)
    assert [place for place, _ in heard] == ["redis", "postgresql"]
    assert heard[1][1]
