"""What every test may ask for: a database and a Redis of its own, on servers that start when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.services import Services, run_services

# A busy machine makes no example wrong: what must be quick has a test that says so. The suite tries the same
# examples each time, so that a red run means a change; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeat", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeat")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite run on a PostgreSQL other than the wheel's."""
    parser.addoption(
        "--postgres-bin",
        type=Path,
        metavar="DIR",
        help="the folder with the programs of the PostgreSQL to test on (default: the wheel's)",
    )


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL and Valkey, for the whole run of this pytest process."""
    with run_services(
        tmp_path_factory.mktemp("services"), pytestconfig.getoption("--postgres-bin")
    ) as running:
        yield running


@pytest.fixture
def database_url(services: Services) -> Iterator[str]:
    """Give a database that no other test sees, made from the template."""
    with services.database() as url:
        yield url


@pytest.fixture
def redis_url(services: Services) -> str:
    """Give an empty Redis; tests of one pytest process use it one after the other."""
    return services.empty_redis()
