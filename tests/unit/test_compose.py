"""`docker-compose.yml`, the Dockerfile and what it may copy: what they promise, read without an engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
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
PINNED = re.compile(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)*")
MONITORING = frozenset({"token", "prometheus", "grafana"})
DOCKER = shutil.which("docker")


def _mounts(service: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Give what a service mounts: from where, to where, and whether it may only read there."""
    for mount in service.get("volumes", ()):
        if isinstance(mount, str):
            source, target, *how = mount.split(":")
            yield source, target, how == ["ro"]
        else:
            yield mount["source"], mount["target"], mount["read_only"]


def test_it_brings_postgresql_redis_and_the_daemon() -> None:
    """Nothing else unless it is asked for, and PostgreSQL keeps its data when the containers go."""
    asked_for = {name for name, service in SERVICES.items() if service.get("profiles") == ["monitoring"]}
    assert asked_for == MONITORING
    assert set(SERVICES) - asked_for == {"postgres", "redis", "reconciler"}
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_a_newer_postgresql_does_not_start_empty_beside_the_old_data() -> None:
    """Left to itself each version's image has a folder of its own, and every job would be made anew."""
    (major,) = re.findall(r"^postgres:(\d+)\.", SERVICES["postgres"]["image"])
    assert SERVICES["postgres"]["environment"]["PGDATA"] == f"/var/lib/postgresql/{major}/docker"


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_fills_the_disk_with_logs_or_the_machine_with_processes(name: str) -> None:
    """An engine left to itself keeps every line for ever."""
    assert SERVICES[name]["logging"] == {
        "driver": "local",
        "options": {"max-size": "20m", "max-file": "5"},
    }
    assert SERVICES[name]["pids_limit"] == 512


def test_every_volume_is_declared_and_every_file_that_is_mounted_is_there() -> None:
    """An engine makes an empty folder of a file that is missing, and says nothing."""
    mounted = [source for service in SERVICES.values() for source, _, _ in _mounts(service)]
    named = {source for source in mounted if source[0] not in "./$"}
    assert named == set(COMPOSE["volumes"])
    files = [ROOT / source for source in mounted if source.startswith("./")]
    assert len(files) == 4
    assert all(file.exists() for file in files)


def test_what_comes_from_the_repository_can_be_read_alone() -> None:
    """No container changes a file of the checkout."""
    mounts = [mount for service in SERVICES.values() for mount in _mounts(service)]
    assert all(read_only for source, _, read_only in mounts if source[0] in "./$")


@pytest.mark.skipif(DOCKER is None, reason="docker is not installed here")
def test_compose_itself_understands_it() -> None:
    """Judged by the specification that the tool carries; no engine is asked."""
    assert DOCKER is not None
    if subprocess.run(
        [DOCKER, "compose", "version"], capture_output=True, timeout=30, check=False
    ).returncode:
        pytest.skip("docker has no compose here")
    command = [DOCKER, "compose", "--profile", "*", "config", "--quiet"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


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
    [
        ("postgres", "pg_isready"),
        ("redis", "valkey-cli"),
        ("reconciler", "reconciler"),
        ("prometheus", "promtool"),
        ("grafana", "wget"),
    ],
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
    assert [place.split(":")[0] for place in DAEMON["tmpfs"]] == ["/tmp"]  # noqa: S108 - a container's own
    (manifests,) = DAEMON["volumes"]
    assert manifests["read_only"] is True
    assert manifests["target"] == "/srv/manifests"
    assert manifests["bind"] == {"create_host_path": False}
    assert "\nUSER 10001\n" in DOCKERFILE.rpartition("\nFROM ")[2]


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_change_itself_or_gain_a_right(name: str) -> None:
    """No root, no capability, no file of its own that could be written."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    ours = service["image"] == DAEMON["image"]
    assert ours or service["user"] not in {"root", "0", "0:0"}


def test_no_port_is_open_to_the_network() -> None:
    """This machine alone reaches what is published, and neither PostgreSQL nor Redis is."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"reconciler", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:${") for ports in published.values() for port in ports)


def test_every_variable_that_is_taken_is_told() -> None:
    """At the head of the file, or it is a setting."""
    text = (ROOT / "docker-compose.yml").read_text()
    head = text.partition("\nname:")[0]
    known = {name for option in OPTIONS for name in option.environment}
    taken = set(re.findall(r"\$\{(\w+)", text))
    assert {name for name in taken if name not in head} <= known
    assert all(re.search(rf"\$\{{{name}:-", text) for name in taken)


# --- monitoring -----------------------------------------------------------------------------------------


def test_prometheus_reads_the_token_that_is_made_for_it() -> None:
    """It waits for it, may read it where it is written, and asks under a name that the daemon goes by."""
    config = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    host, _, port = target.partition(":")
    file = job["authorization"]["credentials_file"]
    written = {source: target for source, target, _ in _mounts(SERVICES["token"])}
    read = {source: (target, alone) for source, target, alone in _mounts(SERVICES["prometheus"])}
    assert (written["token"], True) == read["token"]
    assert SERVICES["token"]["command"][0].endswith(f" {file}\n")
    assert file.startswith(f"{written['token']}/")
    assert f"--owner=10001 --mode=755 {written['token']}\n" in DOCKERFILE
    assert DAEMON["environment"]["RECONCILER_HTTP_HOSTS"] == host in SERVICES
    assert DAEMON["environment"]["RECONCILER_HTTP"] == f"0.0.0.0:{port}"
    made = {"condition": "service_completed_successfully"}
    assert SERVICES["prometheus"]["depends_on"] == {"token": made}
    assert SERVICES["token"]["restart"] == "no"
    assert SERVICES["token"]["environment"] == DAEMON["environment"]


def test_prometheus_finds_what_its_configuration_names() -> None:
    """The configuration and the alerts lie side by side, as it is told."""
    files = {target: source for source, target, _ in _mounts(SERVICES["prometheus"])}
    (config,) = (
        flag.partition("=")[2] for flag in SERVICES["prometheus"]["command"] if "config.file" in flag
    )
    rules = yaml.safe_load((ROOT / files[config]).read_text())["rule_files"]
    assert [files[str(Path(config).parent / name)] for name in rules] == ["./deploy/prometheus/alerts.yml"]


def test_grafana_finds_prometheus_and_our_dashboard() -> None:
    """Both are provisioned, and nobody has to click."""
    folder = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"] is True
    (provider,) = yaml.safe_load((folder / "dashboards/reconciler.yml").read_text())["providers"]
    files = {target: source for source, target, _ in _mounts(SERVICES["grafana"])}
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert files[home] == "./deploy/grafana/reconciler.json"
    assert str(Path(home).parent) == provider["options"]["path"]
    assert files["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"


# --- the image ------------------------------------------------------------------------------------------


def test_the_image_says_what_it_is() -> None:
    """Its labels bear its version, and its health is asked as compose asks it."""
    labels = dict(re.findall(r"^LABEL org\.opencontainers\.image\.(\w+)=(.*)$", DOCKERFILE, re.MULTILINE))
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"
    (health,) = re.findall(r"^HEALTHCHECK .* CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert ["CMD", *json.loads(health)] == DAEMON["healthcheck"]["test"]


def test_the_image_serves_where_it_says() -> None:
    """On the port that it exposes, and not to its own loopback alone."""
    address = re.findall(r"^ENV RECONCILER_HTTP=(.*)$", DOCKERFILE, re.MULTILINE)
    assert address == [DAEMON["environment"]["RECONCILER_HTTP"]]
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [address[0].rpartition(":")[2]]


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
