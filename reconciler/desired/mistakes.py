"""What pydantic finds wrong with a document, told in the words of a manifest's author and at its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.desired import schema
from reconciler.desired.codes import Code
from reconciler.desired.naming import proposed_name
from reconciler.desired.places import Place, find, head, key_span, span
from reconciler.desired.suggest import closest
from reconciler.desired.text import Mistake, SourceText, Span, describe
from reconciler.desired.words import kind_of, shown, tick
from reconciler.desired.write import write_flow

Path = tuple[str | int, ...]

_SYNONYMS: Final[Mapping[str, str]] = {
    "args": "params",
    "arguments": "params",
    "branch": "branch_id",
    "dependencies": "needs",
    "depends": "needs",
    "depends_on": "needs",
    "dependsOn": "needs",
    "dependson": "needs",
    "parameters": "params",
    "parent_ids": "needs",
    "parents": "needs",
    "type": "job_type",
    "version": "apiVersion",
}
_HOMES: Final[Mapping[str, str]] = {
    "annotations": "metadata",
    "jobs": "spec",
    "labels": "metadata",
    "name": "metadata",
    "user": "spec",
    "username": "spec",
}
_WANTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


class Teller:
    """Turns the errors of one document into mistakes."""

    def __init__(self, text: SourceText, place: Place, model: type[BaseModel]) -> None:
        self._text = text
        self._place = place
        self._model = model

    def tell(self, error: ValidationError, most: int) -> list[Mistake]:
        """Give each error in its own words; of a mistyped field it is not also told that it is missing."""
        # At most every other error is a missing field that is not told.
        errors = error.errors(include_url=False)[: 4 * most]
        meant = {
            (*loc[:-1], self._meant(loc))
            for loc in (found["loc"] for found in errors if found["type"] == "extra_forbidden")
        }
        told = (self._tell(one) for one in errors if one["type"] != "missing" or one["loc"] not in meant)
        # An alias repeats what is wrong with the value it stands for.
        return list(dict.fromkeys(told))[:most]

    def _tell(self, error: ErrorDetails) -> Mistake:
        kind, path, value = error["type"], error["loc"], error["input"]
        match kind:
            case "missing":
                return self._missing(path)
            case "extra_forbidden":
                return self._unknown(path)
            case "string_pattern_mismatch":
                return self._bad_name(path, value)
            case "string_too_short" | "string_too_long" | "invisible" | "not_nfc":
                return self._bad_text(kind, path, value)
            case "too_short" | "too_long":
                return self._bad_count(path, error["ctx"])
            case "greater_than_equal":
                summary = f"a job has no position {value}: positions are counted from 0"
                return Mistake(
                    Code.UNKNOWN_PARENT, self._at(path), summary, "parents may also be named, in `needs`"
                )
            case _ if kind in _WANTED:
                return self._wrong_type(path, value, _WANTED[kind])
            case _:
                return Mistake(Code.WRONG_TYPE, self._at(path), f"{self._label(path)}: {error['msg']}")

    # --- fields ----------------------------------------------------------------------------------

    def _missing(self, path: Path) -> Mistake:
        owner, name = path[:-1], str(path[-1])
        at = head(self._place, owner)
        return Mistake(Code.MISSING_FIELD, at, f"{self._owner(owner)} has no `{name}`", self._example(path))

    def _unknown(self, path: Path) -> Mistake:
        owner, name = path[:-1], str(path[-1])
        summary = f"{self._owner(owner)} has no field {tick(name)}"
        known = self._fields(owner)
        meant = self._meant(path)
        synonym = _SYNONYMS.get(name, "")
        if meant:
            hint = f"did you mean `{meant}`?"
        elif synonym in known:
            hint = f"that is `{synonym}`, which stands here already"
        elif (home := _HOMES.get(name, "")) and home not in owner and name in self._fields((home,)):
            hint = f"`{name}` stands under `{home}`"
        else:
            hint = f"it has {', '.join(map(tick, known))}"
        return Mistake(Code.UNKNOWN_FIELD, key_span(self._place, path) or self._at(path), summary, hint)

    def _meant(self, path: Path) -> str:
        """Give the field that a mistyped one stands for, unless that stands there as well."""
        name = str(path[-1])
        owner = find(self._place, path[:-1])
        present = getattr(owner, "entries", {})
        free = [field for field in self._fields(path[:-1]) if field not in present]
        synonym = _SYNONYMS.get(name, "")
        return synonym if synonym in free else closest(name, free)

    def _fields(self, owner: Path) -> list[str]:
        model = self._model_at(owner)
        return list(model.model_fields) if model else []

    def _model_at(self, path: Path) -> type[BaseModel] | None:
        match path:
            case ():
                return self._model
            case ("metadata",):
                return schema.Metadata
            case ("spec",):
                return schema.WorkflowSpec if self._model is schema.WorkflowManifest else schema.UserSpec
            case ("spec", "jobs", int()):
                return schema.JobSpec
            case _:
                return None

    def _example(self, path: Path) -> str:
        """Show how a field that is missing or empty would be written."""
        model = self._model_at(path[:-1])
        field = model.model_fields.get(str(path[-1])) if model else None
        if field is None or not field.is_required():
            return "give it a value, or remove the line"
        if beneath := self._model_at(path):
            required = [name for name, one in beneath.model_fields.items() if one.is_required()]
            return f"write `{path[-1]}:`, and beneath it {' and '.join(map(tick, required))}"
        return f"write, for example, `{path[-1]}: {_flow(field.examples[0])}`" if field.examples else ""

    # --- values ----------------------------------------------------------------------------------

    def _wrong_type(self, path: Path, value: object, wanted: str) -> Mistake:
        at, label = self._at(path), self._label(path)
        raw = self._raw(at)
        if value is None and raw not in _NULLS:
            return Mistake(Code.MISSING_FIELD, at, f"{label} is empty", self._example(path))
        if wanted == "text" and not isinstance(value, list | dict):
            summary = f"{label} takes text, and {tick(raw)} without quotes is {kind_of(value)}"
            return Mistake(Code.QUOTE_IT, at, summary, f'quote it: "{shown(raw)}"')
        given = "a decimal number" if isinstance(value, float) else kind_of(value)
        summary = f"{label} takes {wanted}, not {given}"
        return Mistake(Code.WRONG_TYPE, at, summary, self._cure(path, value, wanted))

    def _cure(self, path: Path, value: object, wanted: str) -> str:
        field = path[-1]
        match wanted, value:
            case "a list", _:
                return _as_list(str(field), value)
            case "a whole number", str() if value.isascii() and value.isdecimal():
                return f"remove the quotes: {shown(value)}"
            case "a whole number", str():
                return "names of jobs stand in `needs`"
            case "text", [str() as only] if isinstance(field, str):
                return f"write `{field}: {_flow(only)}`"
            case "a mapping", str() if ":" in value:
                return "a space must follow the colon of `key: value`"
            case "a mapping", str() if path == ("metadata",):
                return f"write `metadata: {{name: {_flow(value)}}}`"
            case "a mapping", str() if path[-2:-1] == ("jobs",):
                return f"write `- name: {_flow(value)}`, and its fields beneath it"
            case "a mapping", list() if value:
                return "write `key: value` lines, without `- `"
            case _:
                return ""

    def _bad_name(self, path: Path, value: str) -> Mistake:
        at, label = self._at(path), self._label(path)
        wrong = next((c for c in value if not (c.isascii() and (c.isalnum() or c in "._-"))), "")
        if wrong:
            seen = f"`{wrong}`" if wrong.isascii() and wrong.isprintable() else describe(wrong)
            seen = "a space" if wrong == " " else seen
            summary = f"{label} has {seen}; it may have A-Z, a-z, 0-9, `.`, `_` and `-`"
            return Mistake(Code.NAME, self._within(at, wrong), summary, _renamed(value))
        return Mistake(Code.NAME, at, f"{label} must begin and end with a letter or a digit", _renamed(value))

    def _bad_text(self, kind: str, path: Path, value: str) -> Mistake:
        at, label = self._at(path), self._label(path)
        code = Code.NAME if path == ("metadata", "name") else Code.TEXT
        match kind:
            case "string_too_short":
                return Mistake(code, at, f"{label} is empty text", self._example(path))
            case "string_too_long":
                limit = self._limit(path)
                return Mistake(
                    code, at, f"{label} has {len(value):,} characters; it may have {limit:,}", "shorten it"
                )
            case "not_nfc":
                hint = "some letters consist of two characters: type them anew, or normalise the file"
                return Mistake(code, at, f"{label} is not in Unicode's normal form C", hint)
            case _:
                hidden = schema.invisible(value)
                summary = f"{label} has the character {describe(hidden)}, which people can't see"
                return Mistake(code, self._within(at, hidden), summary, "remove it")

    def _bad_count(self, path: Path, context: Mapping[str, Any]) -> Mistake:
        label, length = self._label(path), int(context.get("actual_length") or 0)
        if "min_length" in context:
            summary = f"{label} is empty; a workflow has at least one job"
            return Mistake(Code.COUNT, self._at(path), summary, "add a job, or remove the manifest")
        limit = context["max_length"]
        have = f"{length:,}" if length > limit else "more"
        return Mistake(
            Code.COUNT, head(self._place, path), f"{label} has {have} entries; at most {limit:,} are allowed"
        )

    def _limit(self, path: Path) -> int:
        match path:
            case ("metadata", "name"):
                return schema.MAX_NAME
            case ("metadata", "labels", _):
                return schema.MAX_LABEL
            case ("metadata", "annotations", _):
                return schema.MAX_ANNOTATION
            case _:
                return schema.MAX_TEXT

    # --- places and names ------------------------------------------------------------------------

    def _at(self, path: Path) -> Span:
        if path and path[-1] == "[key]":
            return key_span(self._place, path[:-1]) or head(self._place, path[:-2])
        place = find(self._place, path)
        return span(place) if isinstance(place, tuple) else head(self._place, path)

    def _raw(self, at: Span) -> str:
        return self._text.written[at[0] : at[1]]

    def _within(self, at: Span, character: str) -> Span:
        """Narrow a place to a character of it, where it stands there as itself and not as an escape."""
        offset = self._text.written.find(character, *at)
        return (offset, offset + 1) if offset >= 0 else at

    def _owner(self, path: Path) -> str:
        match path:
            case ():
                return f"a {self._model.__name__.removesuffix('Manifest')}"
            case ("spec", "jobs", int() as position):
                return self._job(position)
            case _:
                return f"`{path[-1]}`"

    def _job(self, position: int) -> str:
        place = find(self._place, ("spec", "jobs", position))
        name = getattr(place, "value", {}).get("name")
        return (
            f"the job {tick(name)}" if isinstance(name, str) and name else f"the job at position {position}"
        )

    def _label(self, path: Path) -> str:
        match path:
            case ():
                return "the manifest"
            case ("spec", "jobs", int()):
                return "an entry of `jobs`"
            case (*_, "[key]"):
                return f"a key in {tick(str(path[-3]))}"
            case (*_, "labels", str() as key):
                return f"the label {tick(key)}"
            case (*_, "annotations", str() as key):
                return f"the annotation {tick(key)}"
            case ("metadata" | "spec" as owner, str() as field):
                return f"`{owner}.{field}`"
            case (*_, str() as field, int()):
                return f"an entry of `{field}`"
            case _:
                return tick(str(path[-1]))


def _as_list(field: str, value: object) -> str:
    match value:
        case dict():
            return "begin each item with `- `"
        case str() if "," in value:
            return f"write `{field}: [{shown(value)}]`"
        case bool():
            return ""
        case _:
            return f"write `{field}: [{_flow(value)}]`"


_NULLS: Final = frozenset({"null", "Null", "NULL", "~"})


def _flow(value: object) -> str:
    """Give a value as it may be written in one line of YAML."""
    return shown(write_flow(value))


def _renamed(name: str) -> str:
    """Propose another name, unless one in letters of another script is meant."""
    if any(c.isalnum() and not c.isascii() for c in unicodedata.normalize("NFKD", name)):
        return ""
    proposal = proposed_name(name)
    return f"`{proposal}` would do" if proposal else "begin with a letter or a digit"
