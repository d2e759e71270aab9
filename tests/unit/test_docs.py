"""The documentation against the code: what pages say is there is there, and what is there is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import errors
from reconciler.desired.schema import STEERING
from reconciler.plan import Reason, Sync
from reconciler.status.keys import Keys
from tests.documents import DOCS, PARTS, renew

ROOT = DOCS.parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _read(name: str) -> str:
    return (DOCS / name).read_text()


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _links(page: Path) -> Iterator[str]:
    found = LINK.findall(CODE.sub("", page.read_text()))
    return (link for link in found if not link.startswith(("http:", "https:")))


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_what_is_made_from_the_code_is_what_the_code_says(page: Path) -> None:
    """Otherwise: `python -m tests.documents`."""
    assert page.read_text() == renew(page.read_text())


def test_everything_that_is_made_from_the_code_is_shown() -> None:
    """No table is made for nobody."""
    shown = "\n".join(page.read_text() for page in PAGES)
    assert {part for part in PARTS if f"<!-- from the code: {part} -->" in shown} == set(PARTS)


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    """A page without a link to it is read by nobody; decisions are linked as a folder."""
    seen: set[Path] = set()
    pending = [ROOT / "README.md"]
    while pending:
        page = pending.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        pending += [
            (page.parent / link.partition("#")[0]).resolve() for link in _links(page) if link[0] != "#"
        ]
    assert {page for page in PAGES if page.parent.name != "decisions"} <= seen


def test_every_decision_has_a_number_of_its_own() -> None:
    """In its name and in its title, and none is left out: notes are spoken of by their numbers."""
    notes = sorted((DOCS / "decisions").iterdir())
    assert [note.name[:5] for note in notes] == [f"{number:04}-" for number in range(1, len(notes) + 1)]
    titles = [note.read_text().split(". ")[0] for note in notes]
    assert titles == [f"# {number}" for number in range(1, len(notes) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_test_and_module_that_is_named_exists(page: Path) -> None:
    """A promise that names its proof must have it."""
    tests = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    tests += (ROOT / "tests/contract/source_suite.py").read_text()
    for name in re.findall(r"`(test_\w+)`", page.read_text()):
        assert f"def {name}(" in tests, name
    for path in re.findall(r"`((?:reconciler|tests)/(?!v1|adopt|prune|suspend)[\w/.-]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_every_error_is_told() -> None:
    """Its name is what `status` shows as the reason of a stall."""
    page = _read("architecture.md")
    assert [name for name in errors.__all__ if name not in page] == []


def test_every_error_reason_and_finding_has_a_cure() -> None:
    """Whoever is shown the word looks it up."""
    page = _read("problems.md")
    judged = (ROOT / "reconciler/report/verdict.py").read_text()
    findings = re.findall(r"\"([A-Z][a-z]+(?:[A-Z][a-z]+)+)\"", judged)
    families = ("ReconcilerError", "TransientError", "TerminalError")
    raised = [name for name in errors.__all__ if name not in families]
    assert findings
    assert [word for word in (*raised, *Reason, *findings) if f"`{word}`" not in page] == []


def test_every_annotation_that_steers_is_told() -> None:
    """And so are its effects."""
    page = _read("manifests.md")
    assert [key for key in STEERING if f"`{key}:" not in page] == []


def test_every_way_to_stand_is_told_with_every_reason() -> None:
    """Scripts rely on these words."""
    page = _read("redis.md")
    assert [word for word in (*Sync, *Reason) if f"`{word}`" not in page] == []


def test_every_key_in_redis_is_told() -> None:
    """By the name beneath the instance's prefix."""
    keys = Keys("default")
    page = _read("redis.md")
    beneath = (keys.sync, keys.resources, keys.events, keys.replicas, keys.daemon("REPLICA"))
    assert [key for key in beneath if f"`{key.removeprefix(keys.prefix)}`" not in page] == []
