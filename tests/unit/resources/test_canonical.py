"""One form and one digest for each meaning."""

import json
import zlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.resources import (
    Job,
    Kind,
    User,
    Workflow,
    decode,
    digest,
    encode,
    job_digest,
    params_text,
    read_notes,
    seal,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PARAMS = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON, max_size=4)


def workflow(params: dict[str, Any]) -> Workflow:
    """A workflow of two jobs."""
    return Workflow(
        "w", "ada", (Job("tile", "tiling", params=params), Job("推理", "inference", parents=("tile",)))
    )


@given(PARAMS)
def test_what_was_packed_comes_back(params: dict[str, Any]) -> None:
    """Whatever the params are."""
    declared = workflow(params)
    assert decode(Kind.WORKFLOW, "w", encode(declared)) == declared
    assert decode(Kind.USER, "a", encode(User("a", "b"))) == User("a", "b")


def test_the_digest_is_that_of_the_meaning() -> None:
    """Order of keys and the spelling of a number are none of it; the name is not part of the spec."""
    assert digest(workflow({"a": 1, "b": 2.0})) == digest(workflow({"b": 2, "a": 1}))
    assert digest(workflow({"a": 1})) != digest(workflow({"a": "1"}))
    assert digest(User("a", "x")) == digest(User("b", "x"))


def test_the_digest_of_a_known_spec_never_changes() -> None:
    """It is stored in every inventory: another one would make every row look edited."""
    assert (
        digest(workflow({"tile": 1024})).hex()
        == "039d9d94ddb356434f77b8fb30937efc34307097e157101b9b1ea29243fd2172"
    )


@given(st.binary(max_size=50))
def test_notes_ride_along_and_change_nothing(notes: bytes) -> None:
    """Where a document stands is no part of what it means."""
    declared = workflow({"text": "a\\nb"})
    packed, sealed = seal(declared, notes)
    assert sealed == digest(declared)
    assert read_notes(packed) == notes
    assert decode(Kind.WORKFLOW, "w", packed) == declared
    assert read_notes(encode(declared)) == b""


def test_the_form_is_one_line_of_sorted_json() -> None:
    """Whoever reads it by other means finds nothing surprising."""
    text = zlib.decompress(encode(workflow({"b": "\n", "a": "推"}))).decode()
    assert text.count("\n") == 1
    assert list(json.loads(text)["jobs"][0]["params"]) == ["a", "b"]
    assert "推" in text


def test_a_job_digest_does_not_know_the_jobs_place() -> None:
    """Moving a job in the list does not change it."""
    assert job_digest(Job("a", "t")) == job_digest(Job("a", "t", "main", (), {}))
    assert job_digest(Job("a", "t")) != job_digest(Job("a", "t", parents=("b",)))
    assert len(job_digest(Job("a", "t"))) == 8


def test_equal_numbers_have_one_text() -> None:
    """As PostgreSQL compares them."""
    assert params_text({"b": 1.0, "a": [True, 1e3]}) == '{"a":[true,1000],"b":1}'
