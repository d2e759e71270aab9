"""SARIF as the standard's own schema has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from reconciler.report.sarif import to_sarif
from tests.golden import Case, cases

LANGUAGE = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"
"""A pattern of the schema with a bracket too many, which is no pattern; nothing of ours has a language."""


@pytest.fixture(scope="session")
def schema(packages: Path) -> Any:  # noqa: ANN401 - what jsonschema_rs compiles
    """Give the schema, ready to check with."""
    text = (packages / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text()
    assert LANGUAGE in text
    return jsonschema_rs.validator_for(json.loads(text.replace(LANGUAGE, "^[a-zA-Z]{2}")))


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.path.name)
def test_every_mistake_is_told_in_the_form_of_the_standard(schema: Any, case: Case) -> None:  # noqa: ANN401
    """Whatever its place, its line and the places beside it."""
    log = json.loads(json.dumps(to_sarif(case.diagnostics(), "1.2.3")))
    assert [error.message for error in schema.iter_errors(log)] == []


def test_a_run_that_could_not_read_everything_is_told_in_that_form_too(schema: Any) -> None:  # noqa: ANN401
    """With no result at all."""
    log = to_sarif([], "1.2.3", ["there is not one manifest file"])
    assert [error.message for error in schema.iter_errors(log)] == []
