"""What is said on the command line and can't be read."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Call


@pytest.mark.parametrize(
    ("said", "meant"), [("Worflow/cmu-1", "Workflow/cmu-1"), ("usr/ada", "User/ada"), ("Userr/x", "User/x")]
)
def test_a_mistyped_kind_is_told_with_the_one_meant(call: Call, said: str, meant: str) -> None:
    """The name comes along, so that it can be copied."""
    told = call("export", said)
    assert told.code == 2
    assert f"did you mean {meant}?" in told.err


def test_what_is_like_no_kind_is_told_with_the_kinds(call: Call) -> None:
    """And with nothing made up."""
    told = call("export", "ConfigMap/x")
    assert told.code == 2
    assert "a kind of User, Workflow" in told.err
    assert "did you mean" not in told.err
