"""What holds for every input, and for every sequence of snapshots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reconciler.desired import (
    Catalogue,
    DesiredState,
    ParsedFile,
    Snapshot,
    SourceFile,
    build_desired,
    parse_file,
)
from reconciler.report.diagnostics import render_text
from reconciler.resources import ResourceKey, digest
from tests.golden import BROKEN

SEEDS = [path.read_bytes() for path in sorted(BROKEN.rglob("*.*")) if path.suffix in {".yaml", ".json"}]
TOKENS = st.sampled_from(
    (
        b"- |? |: |[|]|{|}|&a |*a|<<: *a|!t |\n|\r|\t|\"|'|---\n|...\n|%TAG ! x\n|#|>\n|\\u|\x00|"
        b"\xef\xbb\xbf|\xe2\x80\xa8|null|1e400|needs: [tile]\n|name: tile\n|kind: User\n|metadata: "
    ).split(b"|")
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A broken manifest, broken further: pieces cut out, doubled, or put in."""
    content = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        to = draw(st.integers(at, min(len(content), at + 40)))
        content = draw(st.sampled_from([content[:at], content[at:to]])) + draw(TOKENS) + content[at:]
    return content


def check(file: ParsedFile, content: bytes) -> None:
    """Whatever a file says: either manifests or mistakes, and every mistake at a place that exists."""
    assert file.understood == (not file.diagnostics)
    assert file.understood or not file.manifests
    lines = (
        content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    for one in file.diagnostics:
        for where, excerpt in (
            (one.where, one.excerpt),
            *((other.where, other.excerpt) for other in one.related),
        ):
            if excerpt is not None:
                assert excerpt.text in lines[where.line - 1]
                assert 1 <= where.column <= len(lines[where.line - 1]) + 1
    assert render_text(file.diagnostics, color=True, width=60).count("\n") >= 3 * len(file.diagnostics)
    for manifest in file.manifests:
        assert manifest.digest == digest(manifest.resource)
        assert manifest.resource.key == manifest.key


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall(content: bytes) -> None:
    """Garbage is a mistake of the author's like any other."""
    check(parse_file(SourceFile("a.yaml", content)), content)


@given(mutated(), st.sampled_from(["a.yaml", "a.json"]))
@settings(max_examples=200)
def test_no_half_written_manifest_makes_it_fall(content: bytes, path: str) -> None:
    """An editor saves in the middle of everything."""
    check(parse_file(SourceFile(path, content)), content)


@given(st.text(max_size=80))
def test_no_text_makes_it_fall(text: str) -> None:
    """Nor any characters, lone surrogates among them."""
    content = text.encode("utf-8", "surrogatepass")
    check(parse_file(SourceFile("a.yaml", content)), content)


NAMES = st.sampled_from(["ada", "Ada", "bob", "eve"])


def user(name: str, username: str) -> str:
    """One document."""
    return (
        f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: {name}}}\nspec: {{username: {username}}}\n"
    )


def workflow(name: str, owner: str) -> str:
    """One document."""
    return (
        f"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {{name: {name}}}\n"
        f"spec: {{user: {owner}, jobs: [{{name: tile, job_type: tiling}}]}}\n"
    )


DOCUMENTS = st.one_of(
    st.builds(user, NAMES, NAMES),
    st.builds(workflow, NAMES, NAMES),
    st.builds(lambda name: f"{user(name, name)}wrong: 1\n", NAMES),
    st.just("[\n"),
)
CONTENTS = st.lists(DOCUMENTS, max_size=3).map("---\n".join)
PATHS = st.sampled_from(["a.yaml", "b.yaml", "c/d.yaml"])


def same(state: DesiredState) -> DesiredState:
    """Leave out what names the step and not what came of it."""
    return replace(state, revision="")


def stand(state: DesiredState, key: ResourceKey) -> object:
    """Everything that is said of one resource."""
    refusal = state.refused.get(key)
    return state.manifests.get(key), refusal


class CatalogueSteps(RuleBasedStateMachine):
    """Files come, change and go, in steps of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, ParsedFile] = {}
        self.unsettled: frozenset[str] = frozenset()
        self.catalogue = Catalogue()
        self.before = self.catalogue.state()

    @rule(
        changed=st.dictionaries(PATHS, CONTENTS, max_size=3),
        removed=st.sets(PATHS, max_size=2),
        unsettled=st.sets(PATHS, max_size=1),
    )
    def step(self, changed: dict[str, str], removed: set[str], unsettled: set[str]) -> None:
        """Take a step, and compare what it says it affected with what is different."""
        files = tuple(parse_file(SourceFile(path, text.encode())) for path, text in changed.items())
        gone = tuple(removed - changed.keys())
        affected = self.catalogue.advance(Snapshot("r", "/", files, gone, tuple(unsettled)))
        self.files = {path: file for path, file in self.files.items() if path not in gone}
        self.files |= {file.path: file for file in files}
        self.unsettled = frozenset(unsettled)
        after = self.catalogue.state()
        keys = {*self.before.manifests, *self.before.refused, *after.manifests, *after.refused}
        assert {key for key in keys if stand(self.before, key) != stand(after, key)} <= affected
        self.before = after

    @invariant()
    def it_is_what_it_would_be_from_scratch(self) -> None:
        """The way there leaves no trace."""
        files = tuple(self.files.values())
        fresh = build_desired(Snapshot("", "/", files, unsettled=tuple(self.unsettled)))
        assert same(self.catalogue.state()) == same(fresh)

    @invariant()
    def a_narrow_state_is_a_part_of_the_whole(self) -> None:
        """It differs only in what it is silent about."""
        whole = self.catalogue.state()
        scope = frozenset(key for key in (*whole.manifests, *whole.refused) if key.name != "bob")
        narrow = self.catalogue.state(scope)
        assert narrow.manifests == {key: one for key, one in whole.manifests.items() if key in scope}
        assert narrow.refused == {key: one for key, one in whole.refused.items() if key in scope}
        assert (narrow.users, narrow.gaps, narrow.diagnostics) == (whole.users, whole.gaps, whole.diagnostics)


TestCatalogueSteps = CatalogueSteps.TestCase
TestCatalogueSteps.settings = settings(max_examples=60, stateful_step_count=12)


def test_the_seeds_are_there() -> None:
    """Mutations of nothing would prove nothing."""
    assert len(SEEDS) > 40
    assert Path(BROKEN).is_dir()
