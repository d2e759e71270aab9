"""What a job looks like by its status, the same in every form of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.report.graph.model import GraphJob
from reconciler.report.terminal import Style
from reconciler.resources import JobStatus


@dataclass(frozen=True, slots=True)
class Look:
    """A glyph for where there is no colour, a style for terminals, a colour (of text on white) elsewhere."""

    glyph: str
    style: Style
    color: str


_LOOKS: Final = {
    JobStatus.PENDING: Look("○", Style.PLAIN, "#57606a"),
    JobStatus.QUEUED: Look("◌", Style.CYAN, "#0b7285"),
    JobStatus.RUNNING: Look("▶", Style.CYAN, "#0550ae"),
    JobStatus.SUCCEEDED: Look("✓", Style.GREEN, "#1a7f37"),
    JobStatus.FAILED: Look("✗", Style.RED, "#b42318"),
    JobStatus.CANCELLED: Look("⊘", Style.YELLOW, "#8a5a00"),
}
_DECLARED: Final = Look("·", Style.PLAIN, "#57606a")
_UNHEARD_OF: Final = Look("?", Style.YELLOW, "#8a5a00")

LANES: Final = ("#eef4ff", "#fff3e6", "#eafaf1", "#fbeefb", "#fdfbe4", "#eaf8fb", "#f3f0ff", "#fdeeee")
"""The colours of lanes, taken in turn."""


def look(status: str) -> Look:
    """Give it for a status; a word that whoever runs jobs made up has one too."""
    if not status:
        return _DECLARED
    return _LOOKS[JobStatus(status)] if status in JobStatus.__members__ else _UNHEARD_OF


def captioned(job: GraphJob) -> str:
    """Name a job, with its glyph."""
    return f"{look(job.status).glyph} {job.name}"
