"""Manifests by the thousand: workflows of ten jobs, as a study of many slides has them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

JOBS: Final = 10
USER: Final = "apiVersion: reconciler/v1\nkind: User\nmetadata:\n  name: pathology\n"


def workflow(name: str, revision: int = 0) -> str:
    """Spell a workflow: tiles, two branches of inference and post-processing, and a report of both."""
    lines = [
        "apiVersion: reconciler/v1",
        "kind: Workflow",
        "metadata:",
        f"  name: {name}",
        "  labels: {study: nuclei-density}",
        "spec:",
        "  user: pathology",
        "  jobs:",
        "    - name: tile",
        "      job_type: tiling",
        f"      params: {{image: s3://slides/{name}.svs, tile: 1024, revision: {revision}}}",
    ]
    for branch in ("nuclei", "tissue"):
        before = "tile"
        for step in ("normalise", "infer", "stitch", "measure"):
            job = f"{branch}-{step}"
            lines += [
                f"    - name: {job}",
                f"      job_type: {step}",
                f"      branch_id: {branch}",
                f"      needs: [{before}]",
                f"      params: {{model: {branch}-v3, batch: 16, threshold: 0.5}}",
            ]
            before = job
    lines += [
        "    - name: report",
        "      job_type: postprocessing",
        "      needs: [nuclei-measure, tissue-measure]",
    ]
    return "\n".join(lines) + "\n"


def slide(number: int) -> str:
    """Name a workflow."""
    return f"slide-{number:05}"


def path(number: int) -> str:
    """Give the file in which a workflow stands: a hundred to a folder."""
    return f"{number // 100:03}/{slide(number)}.yaml"


def write_study(folder: Path, size: int) -> None:
    """Write a user and that many workflows, a file each, unless they stand there already."""
    users = folder / "users.yaml"
    if users.exists():
        return
    for number in range(size):
        file = folder / path(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(workflow(slide(number)))
    users.write_text(USER)
