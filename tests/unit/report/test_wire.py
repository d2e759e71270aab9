"""What is reported survives the way through JSON, whatever it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired import Diagnostic, Location
from reconciler.plan import Gate, GateKind, Reason, Sync
from reconciler.report import Board, InstanceStatus, LastPass, ReplicaStatus, ResourceStatus
from reconciler.report.wire import WireError, decode, document, dumps, encode, loads
from reconciler.resources import Kind, ResourceKey

NOON = datetime(2026, 11, 3, 12, 0, 0, 250_000, tzinfo=UTC)
KEY = ResourceKey(Kind.WORKFLOW, "cmu-1")

_texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20) | (
    st.sampled_from(
        [
            "'; DROP TABLE jobs; --",
            "%s {} $1 \\",
            "\x1b[31mred\x1b[0m",
            "<script>alert(1)</script>",
            "推理任务",
            "a\r\n\u2028b",
            "\\u0000",
            '"}]',
        ]
    )
)
_keys = st.builds(ResourceKey, st.sampled_from(Kind), _texts.filter(bool))
_times = st.datetimes(timezones=st.just(UTC))
_floats = st.floats(allow_nan=False, allow_infinity=False)

for _type, _strategy in {str: _texts, ResourceKey: _keys, datetime: _times, float: _floats}.items():
    st.register_type_strategy(_type, _strategy)


@pytest.mark.parametrize(
    "kind",
    [ReplicaStatus, InstanceStatus, ResourceStatus, LastPass, Diagnostic, Board],
    ids=lambda k: k.__name__,
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_written_is_read_back_whatever_it_says(kind: type, data: st.DataObject) -> None:
    """Every value comes back equal, and its JSON is one line of text that can be encoded."""
    value = data.draw(st.from_type(kind))
    text = dumps(value)
    assert loads(kind, text) == value
    assert loads(kind, text.encode()) == value
    assert "\n" not in text


def _resource(message: str = "") -> ResourceStatus:
    where = Location("study/cmu-1.yaml", document=1, line=7, column=3)
    return ResourceStatus(KEY, Sync.INVALID, Reason.MANIFEST_INVALID, message, NOON, where, 3, "a1b2")


def test_the_form_is_plain_and_in_the_order_of_the_fields() -> None:
    """Scripts read it: names, times and places as a person would write them."""
    assert dumps(_resource("no such field")) == (
        '{"key":"Workflow/cmu-1","sync":"Invalid","reason":"ManifestInvalid","message":"no such field",'
        '"since":"2026-11-03T12:00:00.250000Z",'
        '"where":{"path":"study/cmu-1.yaml","document":1,"line":7,"column":3},"generation":3,"revision":"a1b2"}'
    )


def test_a_document_says_its_version_and_kind_first() -> None:
    """Whoever keeps the output can tell later how to read it."""
    shown = document(Board("redis", NOON, resources={KEY: _resource()}))
    assert list(shown)[:2] == ["apiVersion", "kind"]
    assert (shown["apiVersion"], shown["kind"]) == ("reconciler/v1", "Board")
    assert list(shown["resources"]) == ["Workflow/cmu-1"]
    assert decode(Board, shown).resources == {KEY: _resource()}


def test_times_are_told_in_utc_and_sort_as_text() -> None:
    """Whatever zone a time comes in."""
    east = timezone(timedelta(hours=8))
    assert encode(NOON.astimezone(east)) == "2026-11-03T12:00:00.250000Z"
    assert encode(NOON.replace(microsecond=0)) == "2026-11-03T12:00:00.000000Z"
    with pytest.raises(TypeError, match="no time zone"):
        encode(NOON.replace(tzinfo=None))


def test_characters_that_no_store_takes_become_visible_replacements() -> None:
    """PostgreSQL refuses NUL and lone surrogates; text that only looks like them is left alone."""
    assert json.loads(dumps(_resource("a\0b\ud800c")))["message"] == "a\ufffdb\ufffdc"
    assert json.loads(dumps(_resource(r"a\u0000b")))["message"] == r"a\u0000b"


def test_an_approval_keeps_its_subjects() -> None:
    """Tuples of different parts come back as they were."""
    gate = Gate(GateKind.PRUNE, "3f9a", ((KEY, UUID(int=7), 2),))
    assert loads(Gate, dumps(gate)) == gate


def test_a_newer_writer_is_understood_as_far_as_possible() -> None:
    """Unknown fields are passed over, missing ones take their defaults."""
    told = encode(_resource())
    del told["generation"]
    assert decode(ResourceStatus, {**told, "mood": "fine"}).generation == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        "NaN",
        "[" * 100_000,
        dumps(_resource()).replace("Invalid", "Unheard"),
        dumps(_resource()).replace("Workflow/cmu-1", "cmu-1"),
        dumps(_resource()).replace("2026-11-03T12:00:00.250000Z", "noon"),
        dumps(_resource()).replace("2026-11-03T12:00:00.250000Z", "2026-11-03T12:00:00"),
        dumps(_resource()).replace('"generation":3', '"generation":"3"'),
        dumps(_resource()).replace('"generation":3', '"generation":true'),
        dumps(_resource()).replace('"message":""', '"message":null'),
    ],
)
def test_anything_else_is_refused_with_the_type_that_was_wanted(text: str) -> None:
    """Whoever altered it, reading fails in one way only."""
    with pytest.raises(WireError, match="not a ResourceStatus"):
        loads(ResourceStatus, text)


def test_a_value_without_a_form_is_refused() -> None:
    """Both ways."""
    with pytest.raises(TypeError, match="no form"):
        encode(object())
    with pytest.raises(WireError, match="no form"):
        decode(object, "bytes")
