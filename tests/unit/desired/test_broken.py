"""What an author is told of each kind of mistake, word for word."""

import pytest

from reconciler.desired import LIMITS, MEANINGS, Code, Limits, ParsedFile, SourceFile, parse_file
from tests.golden import Case, cases

CASES = list(cases())
HEAD = b"apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: ada\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.name)
def test_a_mistake_is_told_in_these_words(case: Case) -> None:
    """The text beside each input was read by a person; `python -m tests.golden` writes it anew."""
    assert case.render() == case.expected.read_bytes().decode()


def test_no_expected_text_has_lost_its_input() -> None:
    """A case that was removed takes its text with it."""
    texts = {path.name.removesuffix(".txt") for path in CASES[0].path.parent.glob("*.txt")}
    assert texts == {case.path.name for case in CASES}


def small(content: bytes, **limits: int) -> ParsedFile:
    """Parse under limits that a short text can exceed."""
    return parse_file(SourceFile("a.yaml", content), Limits(**limits))


BEYOND_LIMITS = [
    small(HEAD, file_bytes=8),
    small(HEAD + b"---\n" + HEAD, documents=1),
    small(
        HEAD + b"  labels: {a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
        scalar=64,
    ),
    small(HEAD + b"a: 1\nb: 2\nc: 3\n", mistakes=2),
    parse_file(
        SourceFile(
            "a.yaml",
            b"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: w}\nspec: {user: ada, jobs: "
            b"[{name: tile, job_type: tiling, params: {list: [" + b"1, " * 700 + b"1]}}]}\n",
        ),
        Limits(params=1024),
    ),
]
TOLD_BY_SOURCES = {code for code in Code if code.startswith("RC50")} - {Code.FILE_TOO_LARGE}
"""What keeps a file from being read at all: a source tells it, and has tests of that."""


def test_every_code_is_told_by_some_input_and_means_something() -> None:
    """A code that nothing produces, or that nobody explained, would be a promise without a keeper."""
    found = {one.code for case in CASES for one in case.diagnostics()}
    found |= {one.code for file in BEYOND_LIMITS for one in file.diagnostics}
    assert found | TOLD_BY_SOURCES == set(Code) == set(MEANINGS)
    assert not found & TOLD_BY_SOURCES


def test_a_code_is_a_number_in_the_range_of_its_group() -> None:
    """The first digit says where to look: the YAML, the fields, the graph, other manifests, the file."""
    assert all(code.startswith("RC") and code[2] in "12345" and len(code) == 5 for code in Code)
    assert Code.DUPLICATE_KEY.slug == "duplicate-key"


def test_more_mistakes_than_are_told_are_mentioned() -> None:
    """The list ends, and says so."""
    file = small(HEAD + b"a: 1\nb: 2\nc: 3\n", mistakes=2)
    assert [one.code for one in file.diagnostics] == [
        Code.UNKNOWN_FIELD,
        Code.UNKNOWN_FIELD,
        Code.MORE_MISTAKES,
    ]


def test_the_limits_stand_above_a_workflow_of_ten_thousand_jobs() -> None:
    """What the contract allows is read."""
    jobs = (
        f"    - {{name: j{n}, job_type: t, parent_indices: {[n - 1] if n else []}, params: {{n: {n}}}}}\n"
        for n in range(10_000)
    )
    text = HEAD.decode().replace("User", "Workflow") + "spec:\n  user: ada\n  jobs:\n" + "".join(jobs)
    file = parse_file(SourceFile("a.yaml", text.encode()), LIMITS)
    assert file.diagnostics == ()
    assert len(file.manifests[0].job_lines) == 10_000
