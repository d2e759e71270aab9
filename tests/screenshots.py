"""The pictures in docs/dashboard.md, made anew: `python -m tests.screenshots`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser

from tests.e2e.browser import open_browser, visiting
from tests.e2e.daemons import Workplace, until, workplace

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "screenshots"
PAGES: Final[Mapping[str, str]] = {
    "overview": "",
    "workflows": "workflows",
    "tiles": "workflows?as=tiles",
    "workflow": "workflows/brca-cohort-2026q4",
    "manifest": "workflows/three-jobs?tab=manifest",
    "history": "workflows/cmu-2-model-comparison?tab=history",
    "jobs": "jobs",
    "problems": "problems",
    "approvals": "approvals",
    "activity": "activity",
}
_SIZE: Final = {"width": 1152, "height": 720}
_PHONE: Final = {"width": 390, "height": 780}


def main() -> None:
    """Start a daemon on servers of its own, let things happen to it, and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, workplace(Path(folder)) as place, open_browser() as browser:
        copytree(ROOT / "manifests", place.manifests)
        place.start(
            "--embedded", "--http", "127.0.0.1:0", "--prune", "--prune-delay", "200ms", "--max-prune", "10%"
        )
        until(lambda: place.rows("select 1 from workflows having count(*) = 3"))
        _let_things_happen(place)
        for colours in ("light", "dark"):
            _take(browser, place.http(), colours)


def _let_things_happen(place: Workplace) -> None:
    """Run jobs, edit, change rows by hand, take manifests away, and make a mistake."""
    place.execute(
        "update jobs set status = case name when 'tile TCGA-A1-A0SB' then 'SUCCEEDED'"
        " when 'detect TCGA-A1-A0SB' then 'RUNNING' when 'tile TCGA-A2-A0CM' then 'SUCCEEDED'"
        " when 'detect TCGA-A2-A0CM' then 'QUEUED' when 'tile TCGA-BH-A0B3' then 'FAILED' else status end"
        " where workflow_id = (select id from workflows where name = 'brca-cohort-2026q4')"
    )
    place.execute("update workflows set status = 'RUNNING' where name = 'brca-cohort-2026q4'")
    models = place.manifests / "workflows" / "two-models.yaml"
    place.write("workflows/two-models.yaml", models.read_text().replace("12.5", "14.5"))
    until(lambda: place.rows("select 1 from reconciler.history where action = 'updated'"))
    place.execute("update jobs set branch_id = 'mine' where name = 'compare'")
    until(lambda: place.rows("select 1 from reconciler.history where action = 'healed'"))
    for number in range(8):
        text = f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: analyst-{number}}}\n"
        place.write(f"analysts/{number}.yaml", text)
    until(lambda: place.rows("select 1 from users having count(*) = 10"))
    for path in (place.manifests / "analysts").iterdir():
        path.unlink()
    until(lambda: place.rows("select 1 from reconciler.gates"))
    chain = place.manifests / "workflows" / "three-jobs.yaml"
    place.write(
        "workflows/three-jobs.yaml", chain.read_text().replace("job_type: inference", "job_tpye: inference")
    )
    until(lambda: place.rows("select 1 from reconciler.statuses where sync = 'Invalid'"))


def _take(browser: Browser, url: str, colours: str) -> None:
    with visiting(browser, url, color_scheme=colours, viewport=_SIZE) as visitor:
        for name, view in PAGES.items():
            visitor.visit(view)
            visitor.page.screenshot(path=FOLDER / f"{name}-{colours}.png")
    with visiting(browser, url, color_scheme=colours, viewport=_PHONE) as visitor:
        visitor.visit()
        visitor.page.screenshot(path=FOLDER / f"phone-{colours}.png")


if __name__ == "__main__":
    main()
