"""`docker-compose.yml`, the Dockerfile and what it may copy: what they promise, read without an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.settings.options import BY_NAME, OPTIONS

ROOT = Path(__file__).parents[2]
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
DAEMON = SERVICES["reconciler"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)*")


def test_it_brings_postgresql_redis_and_the_daemon() -> None:
    """Nothing else, and PostgreSQL keeps its data when the containers go."""
    assert set(SERVICES) == {"postgres", "redis", "reconciler"}
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert set(COMPOSE["volumes"]) == {"postgres"}


@pytest.mark.parametrize("image", [*(one["image"] for one in SERVICES.values())])
def test_every_image_is_pinned(image: str) -> None:
    """The same file starts the same programs next year."""
    assert PINNED.fullmatch(image)


def test_the_daemons_image_bears_its_version() -> None:
    """A new version is a new image, not the old one under a new name."""
    assert DAEMON["image"] == f"reconciler:{__version__}"
    assert all(PINNED.fullmatch(base) for base in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))


@pytest.mark.parametrize(
    ("service", "program"),
    [("postgres", "pg_isready"), ("redis", "valkey-cli"), ("reconciler", "reconciler")],
)
def test_every_service_is_asked_for_its_health_and_started_again(service: str, program: str) -> None:
    """Each is asked by its own program, and bounded in time."""
    health = SERVICES[service]["healthcheck"]
    assert health["test"][0] in {"CMD", "CMD-SHELL"}
    assert health["test"][1].split()[0] == program
    assert {"interval", "timeout", "retries"} <= set(health)
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_the_daemon_alone_is_judged() -> None:
    """A mistake in a manifest makes no container unhealthy."""
    assert DAEMON["healthcheck"]["test"] == ["CMD", "reconciler", "status", "--daemon"]


def test_the_daemon_starts_after_its_servers() -> None:
    """It would wait for them by itself; so it need not say that it does."""
    healthy = {"condition": "service_healthy"}
    assert DAEMON["depends_on"] == {"postgres": healthy, "redis": healthy}


def test_the_daemon_can_write_nothing_but_tmp() -> None:
    """Neither its own files nor the manifests; and it can gain no right."""
    assert DAEMON["read_only"] is True
    assert [place.split(":")[0] for place in DAEMON["tmpfs"]] == ["/tmp"]  # noqa: S108 - a container's own
    (manifests,) = DAEMON["volumes"]
    assert manifests["read_only"] is True
    assert manifests["target"] == "/srv/manifests"
    assert manifests["bind"] == {"create_host_path": False}
    assert DAEMON["cap_drop"] == ["ALL"]
    assert DAEMON["security_opt"] == ["no-new-privileges:true"]
    assert "\nUSER 10001\n" in DOCKERFILE.rpartition("\nFROM ")[2]


def test_no_port_is_open_to_the_network() -> None:
    """The password is one for a laptop."""
    assert not any("ports" in service for service in SERVICES.values())


def test_the_password_is_given_once_and_may_hold_any_character() -> None:
    """PostgreSQL and the daemon take the same variable, and no URL carries it."""
    given = SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert given == DAEMON["environment"]["PGPASSWORD"] == "${POSTGRES_PASSWORD:-reconciler}"
    assert DAEMON["environment"]["DATABASE_URL"] == "postgresql://reconciler@postgres:5432/reconciler"


def test_every_setting_given_to_the_daemon_exists() -> None:
    """A setting that is misspelt would be passed over in silence."""
    known = {name for option in OPTIONS for name in option.environment}
    assert set(DAEMON["environment"]) - {"PGPASSWORD"} <= known


def test_a_pass_may_end_before_the_daemon_is_killed() -> None:
    """The engine's patience is longer than the daemon's."""
    read = BY_NAME["drain"].read
    assert read(DAEMON["stop_grace_period"]) > read(BY_NAME["drain"].default)
    assert "\nSTOPSIGNAL SIGTERM\n" in DOCKERFILE
    assert DAEMON["init"] is True


def test_the_image_takes_in_only_what_it_names() -> None:
    """No `.env`, no `.git`, no data of an embedded server ever reaches the engine."""
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignore if line and not line.startswith("#")]
    admitted = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = [
        source
        for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert rules[0] == "*"
    assert {source.split("/")[0] for source in copied} == admitted
    assert all((ROOT / source).exists() for source in copied)
