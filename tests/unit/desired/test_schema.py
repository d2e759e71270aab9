"""The models behind the manifests, as an editor's JSON Schema has them."""

import re
import sys
from typing import Any

from pydantic import TypeAdapter

from reconciler.desired import schema
from reconciler.resources import MAIN_BRANCH, Kind


def json_schema() -> dict[str, Any]:
    """Generate it as `reconciler schema` would."""
    return schema.MANIFEST.json_schema()


def definitions() -> dict[str, dict[str, Any]]:
    """Give every model's part of it."""
    parts: dict[str, dict[str, Any]] = json_schema()["$defs"]
    return parts


def test_an_editor_tells_the_kinds_apart() -> None:
    """By `kind`, so that it completes only what fits."""
    assert set(json_schema()["discriminator"]["mapping"]) == set(Kind)


def test_everything_is_explained_and_nothing_unknown_is_let_in() -> None:
    """Each field has a description; each mapping of ours is closed."""
    for name, part in definitions().items():
        assert part["additionalProperties"] is False, name
        assert part["description"], name
        for field, property_ in part["properties"].items():
            assert property_["description"].endswith("."), f"{name}.{field}"
            assert "null" not in str(property_.get("anyOf", "")), f"{name}.{field} can't be null"


def test_the_defaults_of_the_models_are_those_of_the_resources() -> None:
    """One truth about what is left out."""
    assert schema.JobSpec(name="a", job_type="t").branch_id == MAIN_BRANCH


def test_the_patterns_are_anchored() -> None:
    """An editor searches for a pattern anywhere in a text."""
    for part in definitions().values():
        for property_ in part["properties"].values():
            pattern = property_.get("pattern", "^$")
            assert pattern.startswith("^")
            assert pattern.endswith("$")


def test_an_editor_marks_the_characters_that_people_can_not_see_and_no_others() -> None:
    """Of those beyond 16 bits it marks none: not every editor's patterns know them."""
    every = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
    visible = "".join(character for character in every if not schema.invisible(character))
    hidden = "".join(character for character in every[:0xF800] if schema.invisible(character))

    assert re.fullmatch(f"{schema.SEEN}*", visible)
    assert re.findall(schema.SEEN, hidden) == []


def test_the_models_take_what_the_schema_takes() -> None:
    """The adapter is strict and does not convert."""
    adapter: TypeAdapter[Any] = schema.MANIFEST
    declared = adapter.validate_python(
        {"apiVersion": "reconciler/v1", "kind": "User", "metadata": {"name": "ada"}}
    )
    assert isinstance(declared, schema.UserManifest)
    assert declared.spec.username == ""
