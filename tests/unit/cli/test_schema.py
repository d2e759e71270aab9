"""`reconciler schema`."""

from __future__ import annotations

import json

import pytest

from reconciler.desired.editors import json_schema
from reconciler.resources import Kind
from tests.unit.cli.conftest import Call


def test_the_schema_of_every_kind_is_json(call: Call) -> None:
    """Ready to be written into a file."""
    told = call("schema")

    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out) == json_schema()


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_may_be_named_in_any_case(call: Call, kind: Kind) -> None:
    """And the form be YAML."""
    assert call("schema", kind.upper(), "-o", "yaml").document == json_schema(kind)


def test_an_unknown_kind_is_wrong_usage(call: Call) -> None:
    """With a guess."""
    told = call("schema", "workflows")

    assert told.code == 2
    assert "workflow" in told.err
