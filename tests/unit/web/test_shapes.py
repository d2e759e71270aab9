"""What OpenAPI is told of answers, against what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from reconciler.plan import Sync
from reconciler.report.wire import document, encode
from reconciler.resources import ResourceKey
from reconciler.web.shapes import Shapes
from tests.builders import workflow_key


@dataclass(frozen=True, slots=True)
class _Part:
    """A part."""

    name: str
    parts: tuple[_Part, ...] = ()


@dataclass(frozen=True, slots=True)
class _Whole:
    """All the types that have a form."""

    key: ResourceKey
    sync: Sync
    at: datetime
    until: datetime | None
    id: UUID
    counts: Mapping[str, int]
    pair: tuple[str, int]
    part: _Part
    values: list[Any]
    seconds: float
    done: bool


_VALUE = _Whole(
    workflow_key("a"),
    Sync.SYNCED,
    datetime(2026, 11, 3, tzinfo=UTC),
    None,
    UUID(int=1),
    {"a": 1},
    ("b", 2),
    _Part("x", (_Part("y"),)),
    [1, "2"],
    0.5,
    done=True,
)
_JSON = {"string": str, "integer": int, "number": float, "boolean": bool, "null": type(None)}


def _fits(value: Any, schema: Mapping[str, Any], components: Mapping[str, Any]) -> bool:  # noqa: ANN401
    """Judge as a validator does, as far as these schemas go."""
    if "$ref" in schema:
        return _fits(value, components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return any(_fits(value, one, components) for one in schema["anyOf"])
    if "const" in schema:
        return bool(value == schema["const"])
    match schema.get("type"):
        case "object":
            each = schema.get("additionalProperties")
            known = schema.get("properties", {})
            return set(schema.get("required", ())) <= set(value) and all(
                _fits(one, known.get(name, each), components) for name, one in value.items()
            )
        case "array":
            if "prefixItems" in schema:
                pairs = zip(value, schema["prefixItems"], strict=True)
                return all(_fits(one, inner, components) for one, inner in pairs)
            return all(_fits(one, schema["items"], components) for one in value)
        case None:
            return True
        case kind:
            return isinstance(value, _JSON[kind]) and value in schema.get("enum", [value])


def test_a_type_is_described_as_it_is_sent() -> None:
    """Every form that `encode` knows."""
    shapes = Shapes()
    assert _fits(encode(_VALUE), shapes.of(_Whole), shapes.components)
    assert _fits(document(_VALUE), shapes.whole(_Whole), shapes.components)


def test_nothing_may_be_missing() -> None:
    """Who reads an answer can rely on every field."""
    shapes = Shapes()
    told = encode(_VALUE)
    del told["part"]["name"]
    assert not _fits(told, shapes.of(_Whole), shapes.components)


def test_what_has_no_form_is_refused_when_the_program_starts() -> None:
    """Not when somebody asks."""
    with pytest.raises(TypeError, match="has no form in JSON"):
        Shapes().of(complex)
