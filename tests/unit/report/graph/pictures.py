"""Pictures to lay out: small ones as a test spells them, and any at all."""

from __future__ import annotations

from hypothesis import strategies as st

from reconciler.report.graph import GraphJob, Picture
from reconciler.resources import JobStatus

HOSTILE = st.text(st.characters(exclude_categories=()), min_size=1, max_size=12) | st.sampled_from(
    [
        '<script>alert("x")</script>',
        "推理任务 合并",
        '"]; end',
        "]]>",
        "\x1b[2J",
        "a\nb",
        "&amp;",
        "`x`",
        "\\n",
        "\u202e",
    ]
)


def job(name: str, *needs: str, branch: str = "main", status: str = "") -> GraphJob:
    """Make a job."""
    return GraphJob(name, "tiling", branch, needs, status)


def picture(*jobs: GraphJob, workflow: str = "cmu-1") -> Picture:
    """Make a picture of a workflow."""
    return Picture.of(workflow, "from the rows", jobs)


@st.composite
def pictures(draw: st.DrawFn, most: int = 14) -> Picture:
    """Make any picture without a circle, its jobs in any order and with any names."""
    names = draw(st.lists(HOSTILE, min_size=1, max_size=most, unique=True))
    branches = draw(st.lists(HOSTILE, min_size=1, max_size=4))
    jobs = []
    for place, name in enumerate(names):
        needs = draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=4)) if place else []
        status = draw(st.sampled_from(["", *JobStatus, "PAUSED"]))
        jobs.append(GraphJob(name, "t", draw(st.sampled_from(branches)), tuple(needs), status))
    return Picture.of(draw(HOSTILE), "from the rows", draw(st.permutations(jobs)))


def chains(number: int, length: int) -> Picture:
    """Make chains side by side, that a last job waits for."""
    jobs = [
        job(f"{chain}.{step}", *([f"{chain}.{step - 1}"] if step else []), branch=f"slide {chain}")
        for chain in range(number)
        for step in range(length)
    ]
    return picture(*jobs, job("report", *(f"{chain}.{length - 1}" for chain in range(number))))


def layers(number: int, width: int) -> Picture:
    """Make layers in which each job waits for every one of the layer before."""
    return picture(
        *(
            job(f"{layer}.{place}", *(f"{layer - 1}.{other}" for other in range(width) if layer))
            for layer in range(number)
            for place in range(width)
        )
    )
