"""Reading manifests alone: no server, and nothing of passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.places import from_here
from reconciler.daemon.clock import SystemClock
from reconciler.desired import Catalogue, DesiredState, Diagnostic, parse_file
from reconciler.ports import Progress
from reconciler.settings import Settings


@dataclass(frozen=True, slots=True)
class Validation:
    """What reading the manifests alone can tell."""

    desired: DesiredState
    files: int
    warnings: tuple[Diagnostic, ...]


def validate(settings: Settings, paths: Sequence[Path] = (), progress: Progress | None = None) -> Validation:
    """Read files and folders, by default the manifests, and link them; needs neither PostgreSQL nor Redis.

    Raises:
        SourceUnavailable, SourceRefused: a folder can't be read.

    """
    from reconciler.sources import read_once

    catalogue = Catalogue()
    snapshot = read_once(paths or [from_here(settings.manifests)], parse_file, SystemClock(), progress)
    catalogue.advance(snapshot)
    return Validation(catalogue.state(), len(snapshot.files), catalogue.warnings())
