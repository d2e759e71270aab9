"""Diagnostics as workflow commands of GitHub Actions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired import Code, Diagnostic, Excerpt, Location, Related, Severity
from reconciler.report.github import render_github

TWICE = Diagnostic(
    Code.DUPLICATE_JOB,
    Location("manifests/a.yaml", 1, 9, 9),
    "two jobs are called `tile`",
    "rename one of them",
    excerpt=Excerpt("  name: tile", 9, 4),
    related=(Related(Location("manifests/a.yaml", 1, 7, 9), "the first stands here"),),
)
WARNING = Diagnostic(
    Code.UNKNOWN_USER, Location("a.yaml", 1, 2, 3), "no such user", severity=Severity.WARNING
)


def test_a_mistake_is_marked_where_it_stands_with_its_cure_and_the_other_place() -> None:
    """On one line, as the runner reads it."""
    assert render_github([TWICE]) == (
        "::error file=manifests/a.yaml,line=9,endLine=9,col=9,endColumn=13,title=RC301 duplicate-job"
        "::two jobs are called `tile`%0Ahelp: rename one of them"
        "%0Amanifests/a.yaml:7:9: the first stands here\n"
    )


def test_a_warning_is_one_and_has_the_cure_of_its_code() -> None:
    """Where the mistake itself has none."""
    assert render_github([WARNING]) == (
        "::warning file=a.yaml,line=2,endLine=2,col=3,endColumn=4,title=RC404 unknown-user"
        "::no such user%0Ahelp: Mend the name, or declare the user, unless the database has it.\n"
    )


def test_what_steers_the_runner_is_escaped() -> None:
    """No name of a file and no message makes a command, a property or a line of its own."""
    hostile = Diagnostic(
        Code.UNREADABLE, Location("a,line=1:\n::add-mask::x%0A.yaml"), "100 %\n::set-output name=x::y\r"
    )
    assert render_github([hostile]) == (
        "::error file=a%2Cline=1%3A%0A%3A%3Aadd-mask%3A%3Ax%250A.yaml,title=RC501 unreadable"
        "::100 %25\\n::set-output name=x::y\\r%0Ahelp: Give the daemon the right to read it.\n"
    )


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_mistake_is_one_line_and_one_command_whatever_it_says(path: str, summary: str, hint: str) -> None:
    """And the message begins behind the second pair of colons."""
    (line,) = render_github([Diagnostic("RC1", Location(path, 1, 1, 1), summary, hint)]).split("\n")[:-1]
    head, properties, message = line.split("::", 2)
    assert (head, "\r" in line) == ("", False)
    assert properties.startswith("error file=")
    assert properties.count(",") == 5
    assert not {"\r", "\n"} & set(message)


def test_a_folder_without_manifests_is_an_error_too() -> None:
    """It has no file to stand beside."""
    assert render_github([], ["there is not one manifest file"]) == (
        "::error title=incomplete::there is not one manifest file\n"
    )
