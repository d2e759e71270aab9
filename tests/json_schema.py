"""As much of JSON Schema (draft 7) as our schemas use, to check them without another library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_CHECKS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "type": lambda value, wanted: _TYPES[wanted](value),
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, wanted: value in wanted,
    "minimum": lambda value, least: not _TYPES["integer"](value) or value >= least,
    "minLength": lambda value, least: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda value, most: not isinstance(value, str) or len(value) <= most,
    "uniqueItems": lambda value, _: not isinstance(value, list) or len(value) == len({*map(repr, value)}),
    "minItems": lambda value, least: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda value, most: not isinstance(value, list) or len(value) <= most,
    "maxProperties": lambda value, most: not isinstance(value, dict) or len(value) <= most,
    "pattern": lambda value, pattern: not isinstance(value, str) or bool(re.search(pattern, value)),
    "required": lambda value, names: not isinstance(value, dict) or set(names) <= set(value),
}
_SAYS_NOTHING: Final = {"$schema", "$id", "title", "description", "examples", "default", "definitions"}
_SAYS_NOTHING_MORE: Final = {"discriminator", "errorMessage", "markdownDescription", "patternErrorMessage"}
"""What only repeats what other keywords say, for tools that know it."""


def violations(
    value: Any,  # noqa: ANN401 - any JSON
    schema: Schema | Literal[False],
    root: Schema | None = None,
    at: str = "",
) -> Iterator[str]:
    """Give each keyword that a value breaks, and where.

    Raises:
        KeyError: the schema has a keyword that is not known here.

    """
    if schema is False:
        yield f"{at}: false"
        return
    root = schema if root is None else root
    for keyword, said in schema.items():
        if keyword in _CHECKS:
            if not _CHECKS[keyword](value, said):
                yield f"{at}: {keyword}"
        elif keyword not in _SAYS_NOTHING | _SAYS_NOTHING_MORE | {"additionalProperties"}:
            yield from _APPLIED[keyword](value, said, root, at)
    if "additionalProperties" in schema:
        yield from _additional(value, schema, root, at)


def _reference(value: Any, pointer: str, root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    found: Any = root
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    yield from violations(value, found, root, at)


def _one_of(value: Any, choices: list[Schema], root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if sum(not any(violations(value, choice, root, at)) for choice in choices) != 1:
        yield f"{at}: oneOf"


def _not(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if not any(violations(value, schema, root, at)):
        yield f"{at}: not"


def _items(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for place, item in enumerate(value if isinstance(value, list) else ()):
        yield from violations(item, schema, root, f"{at}/{place}")


def _properties(value: Any, known: Mapping[str, Schema], root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for name in known if isinstance(value, dict) else ():
        if name in value:
            yield from violations(value[name], known[name], root, f"{at}/{name}")


def _dependencies(value: Any, known: Mapping[str, Schema], root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for name in known if isinstance(value, dict) else ():
        if name in value:
            yield from violations(value, known[name], root, at)


def _patterns(value: Any, known: Mapping[str, Schema], root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for name in value if isinstance(value, dict) else ():
        for pattern, schema in known.items():
            if re.search(pattern, name):
                yield from violations(value[name], schema, root, f"{at}/{name}")


def _names(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for name in value if isinstance(value, dict) else ():
        yield from violations(name, schema, root, f"{at}/{name}")


def _additional(value: Any, schema: Schema, root: Schema, at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    allowed = schema["additionalProperties"]
    for name in value if isinstance(value, dict) else ():
        if name not in schema.get("properties", {}):
            if allowed is False:
                yield f"{at}/{name}: additionalProperties"
            elif allowed is not True:
                yield from violations(value[name], allowed, root, f"{at}/{name}")


_APPLIED: Final[Mapping[str, Callable[[Any, Any, Schema, str], Iterator[str]]]] = {
    "$ref": _reference,
    "oneOf": _one_of,
    "not": _not,
    "items": _items,
    "dependencies": _dependencies,
    "patternProperties": _patterns,
    "properties": _properties,
    "propertyNames": _names,
}
