"""The JSON Schema of the manifests, as editors and other checkers of YAML take it."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from reconciler.desired.schema import API_VERSION, MANIFEST, UserManifest, WorkflowManifest
from reconciler.resources import Kind

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The newest dialect that every editor's YAML support reads in full."""

_KINDS: Final[dict[Kind, TypeAdapter[Any]]] = {
    Kind.USER: TypeAdapter(UserManifest),
    Kind.WORKFLOW: TypeAdapter(WorkflowManifest),
}


class _Generator(GenerateJsonSchema):
    """Titles are for whole manifests: a field's would only repeat its name in another spelling."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - as pydantic calls it
        return False


def json_schema(kind: Kind | None = None) -> dict[str, Any]:
    """Give the schema of one document of this kind, or of any.

    It knows the fields of a document, not what documents say of one another: duplicates, unknown parents and
    circles are for `build_desired` to find.
    """
    adapter = MANIFEST if kind is None else _KINDS[kind]
    made = adapter.json_schema(ref_template="#/definitions/{model}", schema_generator=_Generator)
    definitions = made.pop("$defs")
    for name, definition in definitions.items():
        definition["title"] = _spoken(name)
        for field in definition["properties"].values():
            field.pop("default", None)  # else an editor would write it out wherever it offers the whole
            _mark_up(field)
            for inner in field.get("properties", {}).values():
                _mark_up(inner)
    _let_patterns_count(definitions)
    made.pop("title", None)
    title = "A manifest of reconciler" if kind is None else f"A {kind} manifest of reconciler"
    head = {"$schema": DIALECT, "$id": _identity(kind), "title": title}
    return {**head, **made, "definitions": definitions}


def _let_patterns_count(part: Any) -> None:  # noqa: ANN401 - any JSON
    """Leave the length of text to its pattern: to an editor's `maxLength` an emoji is two characters."""
    if isinstance(part, dict):
        if "pattern" in part:
            part.pop("maxLength", None)
        for inner in part.values():
            _let_patterns_count(inner)
    elif isinstance(part, list):
        for inner in part:
            _let_patterns_count(inner)


def _mark_up(field: dict[str, Any]) -> None:
    """Have a description's backticks shown as code: an editor takes `description` for plain text."""
    if "`" in field.get("description", ""):
        field["markdownDescription"] = field["description"]


def _spoken(name: str) -> str:
    """Write `JobSpec` as a person would: editors show it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _identity(kind: Kind | None) -> str:
    return ":".join(("urn", *API_VERSION.split("/"), kind.lower() if kind else "manifest"))
