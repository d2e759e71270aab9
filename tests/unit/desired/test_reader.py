"""YAML to values: the core schema of YAML 1.2, and a place for everything."""

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.codes import Code
from reconciler.desired.limits import LIMITS, Limits
from reconciler.desired.places import MappingPlace, Place, SequencePlace, span
from reconciler.desired.reader import Document, read
from reconciler.desired.text import decode


def documents(text: str, path: str = "a.yaml", limits: Limits = LIMITS) -> list[Document]:
    """Read a text."""
    return list(read(decode(path, text.encode(), limits).text, limits))


def value(text: str, path: str = "a.yaml") -> Any:  # noqa: ANN401 - any document
    """Read a text that is one document without a mistake."""
    (document,) = documents(text, path)
    assert document.mistakes == []
    return document.value


def codes(text: str, limits: Limits = LIMITS) -> list[Code]:
    """Give what is wrong with a text."""
    return [mistake.code for document in documents(text, limits=limits) for mistake in document.mistakes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("010", 10),
        ("0755", 755),
        ("0o17", 15),
        ("0o8", "0o8"),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-03", "2026-11-03"),
        ("2024-02-30", "2024-02-30"),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808),
        ("0" * 5000 + "7", 7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1E-2", -0.01),
        (".", "."),
        ("-", [None]),
        ("1e", "1e"),
        ("+", "+"),
        ("inf", "inf"),
        ("=", "="),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!float 1", 1),
        ('"12"', "12"),
        ("'true'", "true"),
        ("|\n  12\n", "12\n"),
    ],
)
def test_a_plain_scalar_is_what_the_core_schema_says(text: str, expected: object) -> None:
    """Neither the surprises of YAML 1.1 nor any conversion."""
    read_value = value(f"a: {text}" if text != "-" else "a:\n-")["a"]
    assert read_value == expected
    assert type(read_value) is type(expected)


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "9" * 5000, "0x8000000000000000", ".inf", "-.INF", ".NaN", "1e400"]
)
def test_a_number_that_cannot_be_stored_is_refused(text: str) -> None:
    """Beyond 64 bits, infinite or not a number."""
    assert codes(f"a: {text}") == [Code.NUMBER_RANGE]


def test_a_number_in_a_place_of_text_is_told_once() -> None:
    """That it is out of range already says it all."""
    assert codes("{.inf: 1}") == [Code.NUMBER_RANGE]


def test_keys_are_text_and_stand_once() -> None:
    """The first of two is kept, to go on with."""
    assert codes("{1: a, true: b, null: c, [x]: d, {y: z}: e}") == [Code.KEY_NOT_TEXT] * 5
    (document,) = documents("a: 1\n'a': 2\n")
    assert [mistake.code for mistake in document.mistakes] == [Code.DUPLICATE_KEY]
    assert document.mistakes[0].span == (5, 8)
    assert document.mistakes[0].related == (((0, 1), "it stands here first"),)
    assert document.value == {"a": 1}


def test_a_merge_adds_what_is_not_there() -> None:
    """Keys of one's own win, then the earlier mapping."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd:\n  <<: *a\n  <<: *b\n"
    (document,) = documents(text)
    assert document.value["c"] == {"x": 3, "y": 1, "z": 2}
    assert [mistake.code for mistake in document.mistakes] == [Code.DUPLICATE_KEY]
    assert value("a: &a {x: 1}\nb: {<<: *a}\nc: {'<<': 1}")["c"] == {"<<": 1}
    assert codes("a: {<<: 1}") == codes("a: {<<: [1]}") == codes("a: &x [1]\nb: {<<: *x}") == [Code.MERGE]


def test_an_alias_is_the_value_it_names() -> None:
    """A later anchor of the same name takes its place; another document knows none of them."""
    assert value("a: &x 1\nb: *x\nc: &x [2]\nd: *x\n") == {
        "a": 1,
        "b": 1,
        "c": [2],
        "d": [2],
    }
    assert value("a: &x key\n*x : 3\n") == {"a": "key", "key": 3}
    assert codes("a: &x 1\n---\nb: *x\n") == [Code.UNKNOWN_ANCHOR]
    assert codes("a: &x [*x]\n") == codes("a: &x {b: [*x]}\n") == [Code.RECURSIVE_ALIAS]


def test_aliases_are_charged_as_if_written_out() -> None:
    """The budget is spent while reading, in nodes, in depth and in characters."""
    few = Limits(nodes=1000, expanded=100, depth=5)
    assert codes("a: &a [1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n", few) == [
        Code.TOO_MANY_NODES
    ]
    assert codes("a: &a [[[1]]]\nb: [[*a]]\n", few) == [Code.TOO_DEEP]
    assert codes(f"a: &a {'x' * 640}\nb: [{'*a, ' * 20}]\n", few) == [Code.TOO_MANY_NODES]
    assert codes("a: [[[[1]]]]\n", few) == []
    assert codes("a: [[[[[1]]]]]\n", few) == [Code.TOO_DEEP]


@pytest.mark.parametrize(
    "text", ["!foo a", "!!python/object:os.system a", "!!binary aGk=", "!!int x", "!!set {}", "!foo [a]"]
)
def test_tags_beyond_the_core_schema_are_refused(text: str) -> None:
    """None is dropped silently."""
    assert codes(f"a: {text}") == [Code.TAG]


def test_directives_but_yaml_1_2_are_refused() -> None:
    """However many of them there are."""
    assert value("%YAML 1.2\n---\na: 010\n") == {"a": 10}
    assert codes("%YAML 1.1\n---\na: 1\n") == codes("%TAG !e! x\n---\na: 1\n") == [Code.DIRECTIVE]
    assert codes("%YAML 1.3\n---\na: 1\n") == codes("%FOO bar\n---\na: 1\n") == [Code.DIRECTIVE]
    assert codes("".join(f"\n%TAG !{n}! x" for n in range(20_000))) == [Code.DIRECTIVE]


def test_after_text_that_is_not_yaml_it_goes_on_at_the_next_document() -> None:
    """What is wrong there is told in the same run; numbering goes on."""
    found = documents("a: [1\n---\nb: 'x\n---\nc: 1\n---\nd: ]\n")
    assert [(one.number, one.cut, one.value) for one in found] == [
        (1, True, {}),
        (2, True, {}),
        (3, False, {"c": 1}),
        (4, True, {}),
    ]
    assert [len(one.mistakes) for one in found] == [1, 1, 0, 1]


def test_what_json_writers_write_is_read() -> None:
    """Surrogate pairs, escaped slashes, tabs, and U+2028 as itself."""
    text = (
        '{"a":"\\ud83d\\ude00\\u63a8 \\\\ud83d\\\\ude00","b":"\\/\u2028",'
        '"c":\t[1,2.5,null],"d":"\\ud83d\\ude00"}'
    )
    assert value(text, "a.json") == {
        "a": "😀推 \\ud83d\\ude00",
        "b": "/\u2028",
        "c": [1, 2.5, None],
        "d": "😀",
    }
    assert documents('{"a":"\\ud83d"}', "a.json")[0].mistakes[0].code is Code.SYNTAX


def test_breaks_of_yaml_1_1_are_text() -> None:
    """U+2028, U+2029 and NEL break no line, in a comment as in a value."""
    assert value('a: x\u2028y # \u2029 b: 1\nc: "\x85"\nd: \'\u2029\'\ne: "\\N\\L"\n') == {
        "a": "x\u2028y",
        "c": "\x85",
        "d": "\u2029",
        "e": "\x85\u2028",
    }


def places(place: Place) -> list[tuple[int, int]]:
    """Give every span of a tree."""
    match place:
        case MappingPlace():
            inner = [
                one
                for start, end, beneath in place.entries.values()
                for one in ((start, end), *places(beneath))
            ]
        case SequencePlace():
            inner = [one for item in place.items for one in places(item)]
        case _:
            inner = []
    return [span(place), *inner]


def test_every_value_has_the_place_where_it_stands() -> None:
    """Whatever the characters, breaks and aliases in front of it."""
    text = "\r\n# 推理 😀\u2028\r\nkéy: '推理'\r\nlist: [1, &x two]\r\nmap:\n  a: *x\n  b:\n"
    (document,) = documents(text)
    found = [text[start:end] for start, end in places(document.place)]
    assert found[1:] == [
        "kéy",
        "'推理'",
        "list",
        "[1, &x two]",
        "1",
        "&x two",
        "map",
        "a: *x\n  b:\n",
        "a",
        "*x",
        "b",
        "b",
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4
        )
    ),
    max_leaves=20,
)
NUMBER_OF_1_2 = re.compile(r"[-+.0-9oxa-fA-F]+")
YAML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="\ufeff")
).filter(lambda text: not NUMBER_OF_1_2.fullmatch(text))
"""What a writer of YAML 1.1 and a reader of 1.2 agree on to be text: `1e3` is not among it."""


@given(JSON, st.sampled_from([None, 2]))
def test_whatever_json_can_say_is_read_as_it_is_meant(data: object, indent: int | None) -> None:
    """Types, escapes and surrogate pairs included."""
    assert value(json.dumps({"": data}, indent=indent), "a.json") == {"": data}


@given(st.recursive(YAML_TEXT, lambda inner: st.lists(inner) | st.dictionaries(YAML_TEXT, inner)))
def test_what_another_writer_of_yaml_writes_is_read(data: object) -> None:
    """Block style, folded lines and whatever quotes it finds necessary."""
    assert value(yaml.safe_dump({"": data}, allow_unicode=True)) == {"": data}
    assert value(yaml.safe_dump({"": data}, allow_unicode=False)) == {"": data}
