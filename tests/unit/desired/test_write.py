"""What is written is what is read again, whatever it says, and looks as a person would have written it."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.desired import Code, SourceFile, parse_file
from reconciler.desired.schema import NAME, PREFIX, STEERING, invisible
from reconciler.desired.suggest import closest
from reconciler.desired.write import write_flow, write_manifest, write_stream
from reconciler.resources import Job, Meta, Resource, User, Workflow, digest
from tests.builders import job, user, workflow

WORDS = """
no Yes on OFF y N null Null ~ true 1e3 0x1F 0o17 010 1_000 12:30:45 190:20:30 2026-01-01 .inf .5
-.NaN 1. +1 -1 - -a ? ?x : :x a: #x a#b {x} [x] a,b } & &a *a !t | > ' " % @ ` = << --- ... ..
9223372036854775808 \\ \U0010ffff é
"""
HOSTILE = [
    *WORDS.split(),
    *(
        "",
        " ",
        " a",
        "a ",
        "- a",
        "a: b",
        "a #b",
        "a\tb",
        "\ta",
        'say "so"',
        "it's",
        '"it\'s"',
        "x" * 5000,
        "k: " * 500,
    ),
    *("a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\n b\n", "a \nb", "a\n\tb", "a\n# b\n--- c\n", "a\r\nb"),
    *(
        "\u2028",
        "a\u2028b\n",
        "\x85",
        "\ufeffa",
        "\x1b[31m",
        "\U00100000\u2029",
        "a\u00a0b",
        "e\u0301",
        "\u202eabc",
    ),
    *("推理任务", "👩\u200d🔬", "\u3000全角\u3000"),
]


def storable(text: str) -> bool:
    """Whether PostgreSQL could hold it."""
    return re.search("[\0\ud800-\udfff]", text) is None


TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
    st.text(st.sampled_from(" \t\n:-#'\"\\,[]{}&*!|>%@`?.0159eExyn~\u2028推"), max_size=12),
).filter(storable)
FIELDS = TEXTS.map(lambda text: unicodedata.normalize("NFC", text)[:200]).filter(
    lambda text: text != "" and not invisible(text) and unicodedata.is_normalized("NFC", text)
)
NAMES = st.one_of(
    st.sampled_from(["no", "1e3", "0x1", "null", "12", "1.5", "y", "2026-01-01", "a.b_c-d"]),
    st.from_regex(NAME, fullmatch=True),
)
INTEGERS = st.one_of(st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from([10**20, -(1 << 80)]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), INTEGERS, st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
PARAMS = st.dictionaries(TEXTS, VALUES, max_size=4)


def is_free(key: str) -> bool:
    """Whether an annotation is the author's own: neither one of ours nor refused as a slip of one."""
    prefix, _, word = key.partition("/")
    return prefix != PREFIX and not (f"{PREFIX}/{word}" in STEERING and closest(prefix, [PREFIX]))


METAS = st.builds(
    Meta,
    labels=st.dictionaries(FIELDS, TEXTS.map(lambda text: text[:1000]), max_size=3),
    annotations=st.dictionaries(FIELDS.filter(is_free), TEXTS, max_size=3),
)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Draw jobs whose parents stand anywhere but in a circle."""
    names = draw(st.lists(FIELDS, min_size=1, max_size=6, unique=True))
    jobs = [
        Job(
            name,
            draw(FIELDS),
            draw(st.one_of(st.just("main"), FIELDS)),
            tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True))) if at else (),
            draw(PARAMS),
        )
        for at, name in enumerate(names)
    ]
    return Workflow(draw(NAMES), draw(FIELDS), tuple(draw(st.permutations(jobs))))


RESOURCES = st.one_of(st.builds(User, NAMES, FIELDS), workflows())


def read(text: str) -> list[tuple[Resource, Meta]]:
    """Read a file back, in which there is no mistake."""
    file = parse_file(SourceFile("a.yaml", text.encode()))
    assert not file.diagnostics, file.diagnostics
    return [(manifest.resource, manifest.meta) for manifest in file.manifests]


@given(RESOURCES, METAS)
@settings(max_examples=400)
def test_what_is_written_is_read_again(resource: Resource, meta: Meta) -> None:
    """Names, texts, numbers and graphs, whatever they look like."""
    ((again, meta_again),) = read(write_manifest(resource, meta))
    assert digest(again) == digest(resource)
    assert (again.key, meta_again) == (resource.key, meta)


@given(PARAMS)
@settings(max_examples=300)
def test_a_reader_of_yaml_1_1_reads_the_same(params: dict[str, Any]) -> None:
    """What is not text to it is quoted, so that other tools see what we see."""
    text = write_manifest(Workflow("w", "ada", (Job("a", "t", params=params),)))
    assert yaml.load(text, yaml.CSafeLoader)["spec"]["jobs"][0].get("params", {}) == params


@given(st.lists(st.tuples(RESOURCES, METAS), max_size=4))
def test_a_stream_is_its_documents(documents: list[tuple[Resource, Meta]]) -> None:
    """One after the other, each by itself."""
    text = write_stream(write_manifest(resource, meta) for resource, meta in documents)
    assert [(digest(one), meta) for one, meta in read(text)] == [
        (digest(one), meta) for one, meta in documents
    ]


@given(VALUES)
def test_a_value_on_one_line_is_read_again(value: object) -> None:
    """Within a list too, where commas and brackets part the entries."""
    text = write_flow([value, value])
    assert "\n" not in text
    assert yaml.load(text, yaml.CSafeLoader) == [value, value]


def test_it_looks_as_a_person_would_have_written_it() -> None:
    """Block style, defaults left out, parents by name, short lists on one line, Chinese as it is."""
    flow = workflow(
        "cmu-1",
        job("tile", image="s3://slides/CMU-1.svs", size=1024, boxes=[[0, 0], [512, 512]], levels=[0, 1, 2]),
        job("推理任务", "tile", job_type="inference", branch_id="nuclei", version="1.8", gpu=True, seed=None),
        job(
            "merge: all",
            "tile",
            "推理任务",
            script="cd /data\nrun --fast\n",
            nested={"a": {}, "b": [{"c": 1}]},
        ),
    )
    meta = Meta(labels={"study": "nuclei"}, annotations={"reconciler/adopt": "true"})
    assert (
        write_manifest(flow, meta)
        == """\
apiVersion: reconciler/v1
kind: Workflow
metadata:
  name: cmu-1
  labels:
    study: nuclei
  annotations:
    reconciler/adopt: "true"
spec:
  user: ada
  jobs:
    - name: tile
      job_type: tiling
      params:
        image: s3://slides/CMU-1.svs
        size: 1024
        boxes:
          - [0, 0]
          - [512, 512]
        levels: [0, 1, 2]
    - name: 推理任务
      job_type: inference
      branch_id: nuclei
      needs: [tile]
      params:
        version: "1.8"
        gpu: true
        seed: null
    - name: "merge: all"
      job_type: tiling
      needs: [tile, 推理任务]
      params:
        script: |
          cd /data
          run --fast
        nested:
          a: {}
          b:
            - c: 1
"""
    )


def test_a_user_of_its_own_name_needs_no_spec() -> None:
    """And one of another has it."""
    assert write_manifest(user("ada")) == "apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: ada\n"
    assert write_manifest(user("ada", "Ada L.")).endswith("spec:\n  username: Ada L.\n")


def test_a_list_too_long_for_a_line_has_one_for_each_entry() -> None:
    """Rather than a line that nobody can read."""
    names = [f"detect TCGA-A1-A0{number}" for number in range(9)]
    text = write_manifest(workflow("w", *(job(name) for name in names), job("report", *names)))
    assert "      needs:\n        - detect TCGA-A1-A00\n" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tile 1", "tile 1"),
        ("s3://a/b?c=d&e#f", "s3://a/b?c=d&e#f"),
        ("it's", "it's"),
        ("1a2b3c4d-0000", "1a2b3c4d-0000"),
        ("2026q4", "2026q4"),
        ("no", '"no"'),
        ("1e3", '"1e3"'),
        ("a: b", '"a: b"'),
        ("- a", '"- a"'),
        ('{"a": 1}', "'{\"a\": 1}'"),
        ("\x1b[31m\u202e", '"\\x1b[31m\\u202e"'),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_only_what_needs_quotes_has_them(text: str, written: str) -> None:
    """And what an eye can't see is escaped."""
    assert write_flow(text) == written


@pytest.mark.parametrize(
    ("value", "code"),
    [((1 << 64) + 1, Code.NUMBER_RANGE), (math.nan, Code.NUMBER_RANGE), ("\0", Code.FORBIDDEN_CHARACTER)],
)
def test_what_no_manifest_can_hold_is_a_mistake_where_it_is_read(value: object, code: Code) -> None:
    """It is written as it is, and never as something near it."""
    text = write_manifest(workflow("w", job("a", x=value)))
    assert [one.code for one in parse_file(SourceFile("a.yaml", text.encode())).diagnostics] == [code]
