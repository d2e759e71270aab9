"""The JSON Schema that editors are given, against manifests that are right and manifests that are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.desired import Code, SourceFile, parse_file
from reconciler.desired.editors import DIALECT, json_schema
from reconciler.desired.schema import MANIFEST
from reconciler.resources import Kind
from tests.golden import Case, cases
from tests.json_schema import violations

EXAMPLES = sorted((Path(__file__).parents[3] / "manifests").rglob("*.yaml"))
OF_FIELDS = {
    Code.NOT_A_MANIFEST,
    Code.API_VERSION,
    Code.KIND,
    Code.MISSING_FIELD,
    Code.UNKNOWN_FIELD,
    Code.WRONG_TYPE,
    Code.QUOTE_IT,
    Code.NAME,
    Code.TEXT,
    Code.COUNT,
    Code.ANNOTATION,
    Code.TWO_PARENT_LISTS,
}
"""Mistakes that can be seen in one document alone, without knowing what another part of it says."""


def is_of_fields(case: Case) -> bool:
    """Whether it has such a mistake, and one that a schema can see.

    PyYAML takes U+2028 for a line break, and what is nearly a prefix of ours is no pattern.
    """
    if case.path.name in {"line-separators.yaml", "annotations-nearly-ours.yaml"}:
        return False
    codes = {one.code for one in case.diagnostics()}
    return bool(codes & OF_FIELDS) and not any(code.startswith("RC1") for code in codes)


BROKEN = list(filter(is_of_fields, cases()))


def documents(text: bytes) -> list[Any]:
    """Read YAML as most tools do."""
    return list(yaml.load_all(text, yaml.CSafeLoader))


def parts(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of a schema
    """Give every mapping in a schema."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield schema
    for one in inner:
        yield from parts(one)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid(path: Path) -> None:
    """An editor marks nothing in them, whether it is told the kind or not."""
    for document in documents(path.read_bytes()):
        assert not list(violations(document, json_schema()))
        assert not list(violations(document, json_schema(Kind(document["kind"]))))


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.path.name)
def test_a_mistake_in_a_field_is_marked(case: Case) -> None:
    """What `validate` refuses for its fields, an editor underlines."""
    assert any(list(violations(document, json_schema())) for document in documents(case.path.read_bytes()))


@pytest.mark.parametrize(
    ("field", "value", "marked"),
    [
        ("needs", ["a", "a"], True),
        ("needs", ["a", "b"], False),
        ("parent_indices", [0, 0], True),
        ("name", "😀" * 200, False),
        ("name", "😀" * 201, True),
        ("branch_id", "a\u00adb", True),
        ("branch_id", "\u2065", False),
    ],
)
def test_an_editor_takes_a_job_as_validate_does(field: str, value: object, *, marked: bool) -> None:
    """What is in one list twice, and how long a text is, whatever it consists of."""
    job = {"name": "tile", "job_type": "tiling", field: value}
    head = {"apiVersion": "reconciler/v1", "kind": "Workflow", "metadata": {"name": "w"}}
    document = {**head, "spec": {"user": "ada", "jobs": [job, *({"name": n, "job_type": "t"} for n in "ab")]}}
    file = parse_file(SourceFile("w.json", json.dumps(document).encode()))

    assert bool(list(violations(document, json_schema()))) is marked
    assert any(not one.code.startswith("RC302") for one in file.diagnostics) is marked


@pytest.mark.parametrize("kept", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("key", "value", "marked"),
    [
        ("study", "1", False),
        ("a\u200bb", "1", True),
        ("k" * 201, "1", True),
        ("study", "\0", True),
        ("study", 1, True),
        ("study", "😀" * 1_000, False),
        ("study", "v" * 10_001, True),
    ],
)
def test_an_editor_takes_labels_and_annotations_as_validate_does(
    kept: str, key: str, value: object, *, marked: bool
) -> None:
    """Keys and values alike."""
    meta = {"name": "ada", kept: {key: value}}
    document = {"apiVersion": "reconciler/v1", "kind": "User", "metadata": meta}
    file = parse_file(SourceFile("u.json", json.dumps(document).encode()))

    assert bool(list(violations(document, json_schema()))) is marked
    assert bool(file.diagnostics) is marked


def test_a_kind_is_not_taken_for_another() -> None:
    """The schema of workflows refuses a user."""
    user = {"apiVersion": "reconciler/v1", "kind": "User", "metadata": {"name": "ada"}}

    assert not list(violations(user, json_schema(Kind.USER)))
    assert list(violations(user, json_schema(Kind.WORKFLOW)))


def test_schemas_say_what_they_are() -> None:
    """Dialect, identity and title come first, and no two are alike."""
    schemas = [json_schema(kind) for kind in (None, *Kind)]

    assert all(list(schema)[:3] == ["$schema", "$id", "title"] for schema in schemas)
    assert {schema["$schema"] for schema in schemas} == {DIALECT}
    assert len({schema["$id"] for schema in schemas}) == len({schema["title"] for schema in schemas}) == 3


def test_every_field_is_described_and_none_is_titled() -> None:
    """Editors show a title above the description, and a name spelt otherwise helps nobody."""
    for schema in parts(json_schema()["definitions"]):
        for name, field in schema.get("properties", {}).items():
            if field is not False:
                assert field["description"], name
                assert "title" not in field, name
                assert "default" not in field, name


def test_models_are_titled_in_words() -> None:
    """An editor offers them by their titles."""
    titles = {name: one["title"] for name, one in json_schema()["definitions"].items()}

    assert titles["JobSpec"] == "Job spec"
    assert titles["Metadata"] == "Metadata"


def test_references_lead_somewhere() -> None:
    """Each within the same document."""
    for kind in (None, *Kind):
        schema = json_schema(kind)
        targets = {part["$ref"] for part in parts(schema) if "$ref" in part}
        assert {target.removeprefix("#/definitions/") for target in targets} <= set(schema["definitions"])


def test_the_models_take_the_examples_of_the_schema() -> None:
    """What an editor offers can be kept."""
    user, workflow = (json_schema()["definitions"][f"{kind}Manifest"] for kind in Kind)
    for definition in (user, workflow):
        fields = definition["properties"]
        offered = {
            name: fields[name]["examples"][0] for name in ("metadata", "spec") if "examples" in fields[name]
        }
        MANIFEST.validate_python({"apiVersion": "reconciler/v1", "kind": fields["kind"]["const"], **offered})
