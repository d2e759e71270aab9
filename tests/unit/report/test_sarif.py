"""Diagnostics as SARIF: what the standard requires is there, and a mistake is known again when it moves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from reconciler.desired import MEANINGS, Code, Diagnostic, Excerpt, Location, Related, Severity
from reconciler.report.sarif import FINGERPRINT, to_sarif
from tests.builders import workflow_key
from tests.golden import cases

MISTAKE = Diagnostic(
    Code.DUPLICATE_JOB,
    Location("manifests/研究 1.yaml", 1, 9, 9),
    "two jobs are called `tile`",
    "rename one of them",
    excerpt=Excerpt("  name: tile", 9, 4),
    related=(Related(Location("manifests/b.yaml", 1, 7, 9), "the first", Excerpt("  name: tile", 9, 4)),),
    resource=workflow_key("w"),
)
UNREADABLE = Diagnostic(Code.UNREADABLE, Location("a.yaml"), "permission denied")


def run(*diagnostics: Diagnostic, gaps: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the only run of a log."""
    log = to_sarif(diagnostics, "1.2.3", gaps)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    found: dict[str, Any] = json.loads(json.dumps(log))["runs"][0]
    return found


def fingerprint(*diagnostics: Diagnostic) -> list[str]:
    """Give how results would be known again."""
    return [result["partialFingerprints"][FINGERPRINT] for result in run(*diagnostics)["results"]]


def test_every_code_is_a_rule_with_its_cause_and_its_cure() -> None:
    """In the order of codes, each once."""
    rules = run()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [str(code) for code in Code]
    for rule, code in zip(rules, Code, strict=True):
        assert rule["shortDescription"]["text"] == MEANINGS[code].cause
        assert MEANINGS[code].cure in rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["name"].isalnum()


def test_a_result_has_its_place_its_line_and_the_other_place() -> None:
    """Columns count characters; the end lies behind the last one."""
    log = run(MISTAKE)
    (result,) = log["results"]
    assert log["columnKind"] == "unicodeCodePoints"
    assert log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "RC301"
    assert (result["level"], result["message"]["text"]) == (
        "error",
        "two jobs are called `tile`\nHelp: rename one of them",
    )
    (where,) = result["locations"]
    assert where["physicalLocation"] == {
        "artifactLocation": {"uri": "manifests/%E7%A0%94%E7%A9%B6%201.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 9, "startColumn": 9, "endColumn": 13},
        "contextRegion": {"startLine": 9, "snippet": {"text": "  name: tile"}},
    }
    assert where["logicalLocations"][0]["fullyQualifiedName"] == "Workflow/w"
    (other,) = result["relatedLocations"]
    assert (other["id"], other["message"]["text"]) == (1, "the first")
    assert other["physicalLocation"]["region"]["startLine"] == 7


def test_a_file_as_a_whole_has_no_region() -> None:
    """There is no line that it could be."""
    (result,) = run(UNREADABLE)["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_path_from_the_root_is_a_file_address() -> None:
    """It is relative to nothing."""
    (result,) = run(replace(UNREADABLE, where=Location("/srv/a b.yaml")))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///srv/a%20b.yaml"}


def test_a_mistake_is_known_again_when_lines_are_put_above_it() -> None:
    """And indentation does not matter; another text, path or code makes another."""
    moved = replace(
        MISTAKE, where=replace(MISTAKE.where, line=90, column=11), excerpt=Excerpt("    name:  tile", 11, 4)
    )
    (known,) = fingerprint(MISTAKE)
    assert fingerprint(moved) == [known]
    for other in (
        replace(MISTAKE, where=Location("b.yaml", 1, 9, 9)),
        replace(MISTAKE, excerpt=Excerpt("  name: other", 9, 5)),
        replace(MISTAKE, code=Code.OWN_PARENT),
    ):
        assert fingerprint(other) != [known]


def test_mistakes_alike_in_one_file_are_told_apart() -> None:
    """By their number."""
    first, second = fingerprint(MISTAKE, replace(MISTAKE, where=replace(MISTAKE.where, line=20)))
    assert (first[:-1], first[-2:], second[-2:]) == (second[:-1], ":1", ":2")


def test_what_keeps_everything_from_being_read_is_told_as_a_failed_run() -> None:
    """A scan of nothing is not a scan that found nothing."""
    assert run()["invocations"] == [{"executionSuccessful": True}]
    (invocation,) = run(gaps=("there is not one manifest file",))["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "there is not one manifest file"


def test_every_kind_of_mistake_has_a_form() -> None:
    """Regions are within their lines, levels are those of the rules."""
    for case in cases():
        found = run(*case.diagnostics())
        rules = found["tool"]["driver"]["rules"]
        for result in found["results"]:
            assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"]
            for place in (*result["locations"], *result.get("relatedLocations", ())):
                region = place["physicalLocation"].get("region", {"startLine": 1, "startColumn": 1})
                assert region["startLine"] >= 1
                assert region.get("endColumn", 1 << 20) > region["startColumn"] >= 1
                assert not set(" \\") & set(place["physicalLocation"]["artifactLocation"]["uri"])


def test_a_warning_is_a_warning() -> None:
    """As severities have it."""
    (result,) = run(replace(MISTAKE, severity=Severity.WARNING))["results"]
    assert result["level"] == "warning"
