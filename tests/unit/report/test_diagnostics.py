"""Diagnostics as people and programs are told of them; the words themselves are in tests/data/broken."""

import json
from dataclasses import replace

from reconciler.desired import Code, Diagnostic, Excerpt, Location, Related, Severity
from reconciler.report import wire
from reconciler.report.diagnostics import Diagnostics, render_text, to_json
from tests.builders import user_key

EXCERPT = Excerpt("  name: ada", 9, 3)
TWICE = Diagnostic(
    Code.DUPLICATE_IDENTITY,
    Location("a.yaml", 1, 9, 9),
    "User/ada is declared more than once",
    "rename one of them",
    excerpt=EXCERPT,
    related=(
        Related(Location("b/c.yaml", 2, 120, 9), "also declared here", EXCERPT),
        Related(Location("d.yaml", 1, 3, 9), "and here, out of sight"),
    ),
    resource=user_key("ada"),
)
WARNING = Diagnostic("RC404", Location("a.yaml", 1, 1, 1), "a warning", severity=Severity.WARNING)
UNREADABLE = Diagnostic(Code.UNREADABLE, Location("x\n.yaml"), "permission denied", "chmod it")


def test_the_other_places_are_shown_as_well() -> None:
    """Those in other files with their own path, those without a line in words."""
    assert render_text([TWICE], color=False, width=80) == (
        "error[RC401]: User/ada is declared more than once\n"
        "   --> a.yaml:9:9\n"
        "    |\n"
        "  9 |   name: ada\n"
        "    |         ^^^\n"
        "    |\n"
        "   ::: b/c.yaml:120:9\n"
        "    |\n"
        "120 |   name: ada\n"
        "    |         --- also declared here\n"
        "    |\n"
        "    = and here, out of sight: d.yaml:3:9\n"
        "    = help: rename one of them\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_messages_are_broken_where_the_terminal_ends_and_keep_the_blanks_that_they_quote() -> None:
    """Each beneath its own beginning; what the caret has no room for stands on the next line."""
    told = replace(
        TWICE,
        summary="`User/ada` is declared more than once, by two files of one folder",
        hint="rename one of them, or remove the one that is of no more use",
        related=(Related(Location("a.yaml", 1, 9, 3), "also declared here, and there as well"),),
    )
    quoting = replace(UNREADABLE, summary="`a  b`", hint="`c  d`")

    lines = render_text([told, quoting], color=False, width=48).splitlines()

    assert lines[:3] == [
        "error[RC401]: `User/ada` is declared more than",
        "              once, by two files of one folder",
        " --> a.yaml:9:9",
    ]
    assert lines[7:10] == [
        "  = also declared here, and there as well: a.yaml:9:3",
        "  = help: rename one of them, or remove the one",
        "          that is of no more use",
    ]
    assert "error[RC501]: `a  b`" in lines
    assert "  = help: `c  d`" in lines


def test_a_file_as_a_whole_has_no_line() -> None:
    """And its name does not break the output."""
    assert render_text([UNREADABLE], color=False, width=80) == (
        "error[RC501]: permission denied\n --> x\\n.yaml\n  = help: chmod it\n\n1 error in 1 file\n"
    )


def test_colour_changes_nothing_but_colour() -> None:
    """The text beneath is the same, and each line ends its own colours."""
    plain = render_text([TWICE, WARNING], color=False, width=80)
    colored = render_text([TWICE, WARNING], color=True, width=80)
    assert colored != plain
    stripped = "".join(part.partition("m")[2] for part in f"m{colored}".split("\x1b["))
    assert stripped == plain
    for line in colored.splitlines():
        assert line.count("\x1b[") % 2 == 0


def test_nothing_to_tell_is_no_text() -> None:
    """Silence is success."""
    assert render_text([], color=True, width=80) == ""


def test_the_summary_counts() -> None:
    """Errors, warnings, and the files that have them."""
    assert Diagnostics.of([TWICE, UNREADABLE, WARNING]).summary == "2 errors and 1 warning in 2 files"
    assert Diagnostics.of([WARNING]).summary == "1 warning in 1 file"
    assert Diagnostics.of([]).summary == "0 errors"


def test_json_says_its_version_and_comes_back() -> None:
    """The one form that serves every program."""
    data = json.loads(json.dumps(to_json([TWICE, WARNING])))
    assert data["apiVersion"] == "reconciler/v1"
    assert data["kind"] == "Diagnostics"
    assert (data["errors"], data["warnings"], data["files"]) == (1, 1, 1)
    assert data["diagnostics"][0]["code"] == "RC401"
    assert wire.decode(Diagnostics, data) == Diagnostics.of([TWICE, WARNING])
