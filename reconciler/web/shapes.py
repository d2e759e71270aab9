"""What answers look like, for OpenAPI: the JSON Schema of what `report.wire.encode` makes of a type.

It follows the types as `encode` does, so that what is described and what is sent can't differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from reconciler.report.wire import VERSION
from reconciler.resources import ResourceKey

Schema = dict[str, Any]

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    UUID: {"type": "string", "format": "uuid"},
    ResourceKey: {"type": "string", "description": "Kind/name"},
    NoneType: {"type": "null"},
    Any: {},
}


class Shapes:
    """Describes types, each dataclass once: `components` are theirs, by name."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:  # noqa: ANN401 - a type, or what stands for one in an annotation
        """Give the schema of a type.

        Raises:
            TypeError: it has no form in JSON.

        """
        if kind in _PLAIN:
            return _PLAIN[kind]
        origin, args = get_origin(kind), get_args(kind)
        if origin in {UnionType, Union}:
            return {"anyOf": [self.of(arg) for arg in args]}
        if origin is tuple and args[-1] is not Ellipsis:
            return {"type": "array", "prefixItems": [self.of(arg) for arg in args], "minItems": len(args)}
        if origin in {tuple, list, frozenset}:
            return {"type": "array", "items": self.of(args[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(args[1])}
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return {"type": "string", "enum": [str(one) for one in kind]}
        if isinstance(kind, type) and is_dataclass(kind):
            return self._named(kind)
        raise TypeError(f"{kind} has no form in JSON")

    def _named(self, kind: type) -> Schema:
        name = kind.__name__
        if name not in self.components:
            self.components[name] = {}  # a type may hold itself
            hints = get_type_hints(kind)
            properties = {field.name: self.of(hints[field.name]) for field in fields(kind)}
            self.components[name] = {
                "type": "object",
                "description": getdoc(kind) or "",
                "properties": properties,
                "required": list(properties),
            }
        return {"$ref": f"#/components/schemas/{name}"}

    def document(self, name: str, /, **parts: Any) -> Schema:  # noqa: ANN401 - as above
        """Give a document that says its version and its kind, besides these parts."""
        told = {"apiVersion": {"const": VERSION}, "kind": {"const": name}}
        told |= {part: self.of(kind) for part, kind in parts.items()}
        # Apart from what it is where it stands in a list, without version and kind.
        component = f"{name}Document"
        self.components[component] = {"type": "object", "properties": told, "required": list(told)}
        return {"$ref": f"#/components/schemas/{component}"}

    def whole(self, kind: type, name: str = "") -> Schema:
        """Give the schema of `wire.document` of a dataclass; `name` is what it is called instead."""
        hints = get_type_hints(kind)
        return self.document(
            name or kind.__name__, **{field.name: hints[field.name] for field in fields(kind)}
        )


SHAPES: Final = Shapes()
"""Those of every answer of the read API."""


def answers(schema: Schema, description: str = "It.") -> dict[int | str, dict[str, Any]]:
    """Give what a route tells OpenAPI of its answer."""
    return {200: {"description": description, "content": {"application/json": {"schema": schema}}}}
