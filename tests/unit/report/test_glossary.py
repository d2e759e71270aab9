"""The glossary: nothing that is said is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler import errors, report
from reconciler.errors import ReconcilerError, TerminalError, TransientError
from reconciler.plan import Reason
from reconciler.report.glossary import entries, find_fields, look_up
from reconciler.report.meanings import ERRORS, FINDINGS, REASONS

FAMILIES = (ReconcilerError, TransientError, TerminalError)


def test_every_error_every_reason_and_every_finding_has_a_meaning() -> None:
    """And nothing has one that is never said."""
    raised = set(errors.__all__) - {family.__name__ for family in FAMILIES}
    judged = (Path(report.__file__).parent / "verdict.py").read_text()
    found = set(re.findall(r"\"([A-Z][a-z]+(?:[A-Z][a-z]+)+)\"", judged))

    assert ERRORS.keys() == raised
    assert REASONS.keys() == set(Reason)
    assert FINDINGS.keys() >= found
    assert all(one.meaning.endswith(".") for one in entries())


def test_a_field_of_several_kinds_is_told_once() -> None:
    """Unless they differ."""
    assert [field.path for field in find_fields("metadata.labels")] == ["Workflow.metadata.labels"]
    assert [field.path for field in find_fields("spec")] == ["Workflow.spec", "User.spec"]
    assert find_fields("labels.metadata") == ()


def test_nothing_is_found_for_nothing() -> None:
    """What has no other name is not found by an empty one."""
    assert look_up("", entries()) == ()
