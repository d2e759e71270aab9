"""Prometheus' alerts and Grafana's dashboard: they ask for what the daemon tells, and fire when due."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.metrics import DEFINITIONS
from tests.unit.deploy.expressions import faults, metrics

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS: list[Mapping[str, Any]] = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD: Mapping[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "reconciler.json").read_text())
PANELS: list[Mapping[str, Any]] = DASHBOARD["panels"]
PROMTOOL = shutil.which("promtool")


def _named(rule: Mapping[str, Any]) -> str:
    return str(rule["alert"])


def _asked() -> Iterator[str]:
    for panel in PANELS:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        yield variable.get("definition", "")
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["expr"]


# --- alerts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ALERTS, ids=_named)
def test_an_alert_asks_for_what_there_is(rule: Mapping[str, Any]) -> None:
    """A metric that was renamed would leave it silent for ever."""
    assert list(faults(rule["expr"])) == []


@pytest.mark.parametrize("rule", ALERTS, ids=_named)
def test_an_alert_says_what_to_do(rule: Mapping[str, Any]) -> None:
    """What is wrong, how grave it is, and where to look."""
    assert rule["alert"].startswith("Reconciler")
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["annotations"]["action"].endswith(".")
    for page in re.findall(r"docs/[\w-]+\.md", rule["annotations"]["action"]):
        assert (ROOT / page).exists()


def test_alerts_have_names_of_their_own() -> None:
    """Two under one name would silence each other."""
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("reconciler_nonsense > 0", "no such metric: reconciler_nonsense"),
        ('reconciler_problem{part="nose"}', "reconciler_problem: part is never nose"),
        ('reconciler_leader{code="RC101"}', "reconciler_leader has no label code"),
        ("sum by (code) (reconciler_gaps)", "nothing has a label code"),
        ("rate(reconciler_reaction_seconds[5m])", "no such metric: reconciler_reaction_seconds"),
    ],
)
def test_a_slip_in_an_expression_is_found(expression: str, fault: str) -> None:
    """Else the tests above would prove nothing."""
    assert list(faults(expression)) == [fault]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed here")
def test_prometheus_takes_its_configuration_and_fires_as_it_should(tmp_path: Path) -> None:
    """Quiet while all is well, loud when it is not: judged by Prometheus' own tool."""
    for file in (*PROMETHEUS.glob("*.yml"), ROOT / "tests" / "data" / "alerts.test.yml"):
        shutil.copy(file, tmp_path)
    for arguments in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")):
        ran = subprocess.run(
            [str(PROMTOOL), *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


# --- the dashboard --------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", sorted(set(filter(None, _asked()))))
def test_a_panel_asks_for_what_there_is(expression: str) -> None:
    """Every metric, every label, every value of one."""
    assert list(faults(expression)) == []


def test_what_the_daemon_tells_is_shown_or_watched() -> None:
    """A metric that neither the dashboard nor an alert asks for is told to nobody."""
    expressions = (*_asked(), *(rule["expr"] for rule in ALERTS))
    asked = frozenset[str]().union(*map(metrics, expressions))
    assert {one.name for one in DEFINITIONS} == asked


def test_panels_do_not_overlap() -> None:
    """Each has a place and a number of its own, within the width of the page."""
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells = [
        {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        for at in (panel["gridPos"] for panel in PANELS)
    ]
    assert all(x < 24 for covered in cells for x, _ in covered)
    assert not any(one & other for one, other in combinations(cells, 2))


def test_every_panel_takes_the_data_source_that_was_chosen() -> None:
    """No identifier of some other Grafana has come along."""
    for panel in PANELS:
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert panel["title"]
            assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    assert "datasource" in {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert "id" not in DASHBOARD
