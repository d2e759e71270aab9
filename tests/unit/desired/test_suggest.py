"""Did you mean: what is offered for a word that is none of those that there are."""

from __future__ import annotations

import pytest

from reconciler.desired import Snapshot, SourceFile, parse_file
from reconciler.desired.catalogue import Catalogue
from reconciler.desired.suggest import arranged, closest, neighbours
from reconciler.resources import Kind


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("workflows", Kind, "Workflow"),
        ("USER", Kind, "User"),
        ("job-type", ["name", "job_type"], "job_type"),
        ("tiel", ["tile", "merge"], "tile"),
        ("disable", ["disabled", "enabled"], "disabled"),
        ("ConfigMap", Kind, ""),
        ("", Kind, ""),
        ("x" * 500, ["x" * 500], ""),
    ],
)
def test_the_likeliest_is_offered_or_nothing(word: str, candidates: list[str], meant: str) -> None:
    """Spelling in another case or with other dashes comes before all else."""
    assert closest(word, candidates) == meant


def test_among_very_many_those_of_like_beginnings_are_compared() -> None:
    """Whatever their number and order, the answer is the same and comes soon."""
    names = arranged(f"user-{number:05}" for number in range(20_000))
    assert closest("user_12354x", neighbours("user_12354x", names)) == "user-12354"


def test_an_unknown_user_among_thousands_is_told_with_the_one_meant() -> None:
    """In the same words in every run."""
    users = "---\n".join(
        f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: user-{number:04}}}\n"
        for number in range(2000)
    )
    flow = (
        "apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: w}\n"
        "spec: {user: user_1234, jobs: [{name: a, job_type: t}]}\n"
    )
    files = (SourceFile("users.yaml", users.encode()), SourceFile("w.yaml", flow.encode()))
    catalogue = Catalogue()
    catalogue.advance(Snapshot("r", "/", tuple(map(parse_file, files))))
    (warning,) = catalogue.warnings()
    assert warning.hint == "did you mean `user-1234`?"
