"""The fields of manifests as people ask for them: what each holds, what if it is left out, what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from reconciler.desired.schema import UserManifest, WorkflowManifest
from reconciler.resources import Kind

REQUIRED: Final = "required"

_MODELS: Final[Mapping[Kind, type[BaseModel]]] = {Kind.WORKFLOW: WorkflowManifest, Kind.USER: UserManifest}
_SAYS_ITS_DEFAULT: Final = {"username": "the name"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field, or as the root of its fields a kind.

    `path` leads to it from its kind: `Workflow.spec.jobs.needs`. `form` is what it holds, in words. `need` is
    `required`, else what holds when it is left out, "" when that is nothing. `about` is what it is for, and
    `example` a value that it may have, None when there is none to show.
    """

    path: str
    form: str
    need: str
    about: str
    example: Any = None
    fields: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]

    def walk(self) -> Iterator[Field]:
        """Give it, and all that is beneath."""
        yield self
        for field in self.fields:
            yield from field.walk()


@cache
def kinds() -> tuple[Field, ...]:
    """Give every kind with its fields."""
    return tuple(_kind(kind) for kind in _MODELS)


def _kind(kind: Kind) -> Field:
    schema = _MODELS[kind].model_json_schema()
    fields = tuple(_fields(str(kind), schema, schema))
    return Field(str(kind), "manifest", "", schema["description"], None, fields)


def _fields(path: str, about: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Field]:
    """Give the fields of a mapping, or of the mappings in a list."""
    inner = _resolved(about.get("items", about), root)
    required = inner.get("required", ())
    for name, told in inner.get("properties", {}).items():
        need = REQUIRED if name in required else str(told.get("default") or _SAYS_ITS_DEFAULT.get(name, ""))
        below = f"{path}.{name}"
        yield Field(
            path=below,
            form=_form(told, root),
            need=need,
            about=told.get("description", ""),
            example=next(iter(told.get("examples", ())), None),
            fields=tuple(_fields(below, told, root)),
        )


def _resolved(about: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = about.get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if reference else about


def _form(about: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    found = _resolved(about, root)
    match found.get("type", "string"):
        case "array":
            item = _resolved(found["items"], root)
            return "list of jobs" if "properties" in item else f"list of {_form(item, root)}s"
        case "object":
            return "mapping of text to text" if isinstance(found["additionalProperties"], dict) else "mapping"
        case "integer":
            return "whole number"
        case _:
            return "text"
