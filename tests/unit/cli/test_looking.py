"""Commands that look, as far as they need no server: what they refuse, and what they say then."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "syncs", "--branch", "x"), "syncs are not narrowed by --branch"),
        (("get", "syncs", "cmu-1"), "syncs are not narrowed by NAME"),
        (("get", "users", "--status", "RUNNING"), "users are not narrowed by --status"),
        (("get", "workflows", "-w", "cmu-1"), "workflows are not narrowed by --workflow"),
        (("get", "Workflow/cmu-1", "User/ada"), "two kinds at once"),
        (("get", "jobs/tile"), "get jobs -w WORKFLOW NAME"),
        (("get", "workflws"), "did you mean workflows?"),
        (("get", "workflows", "--sync", "Sinced"), "did you mean Synced?"),
        (("get", "workflows", "-l", "study"), "'study' is not NAME=VALUE"),
        (("describe", "workflw/cmu-1"), "did you mean Workflow/cmu-1?"),
        (("describe", "jb", "cmu-1/tile"), "did you mean Job/cmu-1/tile?"),
        (("describe", "pod/cmu-1"), "there is no kind 'pod'"),
        (("describe", "cmu-1"), "KIND/NAME"),
        (("describe", "workflow"), "this names nothing"),
        (("describe", "cmu-1"), "give KIND/NAME: Workflow/cmu-1, User/cmu-1"),
        (("describe", "job", "cmu-1"), "a job is named by its workflow"),
        (("history", "cmu-1"), "KIND/NAME"),
        (("history", "--since", "5"), "give it with a unit"),
        (("events", "--watch", "-o", "yaml"), "give -o json"),
        (("status", "--watch", "-o", "yaml"), "give -o json"),
        (("get", "users", "--watch", "-o", "yaml"), "give -o json"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_what_to_do(
    call: Call, words: tuple[str, ...], said: str
) -> None:
    """With exit code 2, before any server is looked for."""
    told = call(*words)

    assert (told.code, told.out) == (2, "")
    assert said in told.err


@pytest.mark.parametrize(
    "words",
    [
        ("get", "workflows"),
        ("describe", "Workflow/cmu-1"),
        ("history",),
        ("events",),
        ("get", "workflows", "--watch"),
        ("events", "--watch"),
    ],
)
def test_without_a_server_it_says_where_one_would_come_from(call: Call, words: tuple[str, ...]) -> None:
    """Nothing is watched for ever that can't come."""
    told = call(*words)

    assert (told.code, told.out) == (1, "")
    assert "set DATABASE_URL" in told.err
