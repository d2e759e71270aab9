"""Broken manifests with the text that they must produce; `python -m tests.golden` writes it anew.

A case is a file in `tests/data/broken`, or a folder of files that are read together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired import Catalogue, Diagnostic, Snapshot, SourceFile, parse_file
from reconciler.report.diagnostics import render_text

BROKEN = Path(__file__).parent / "data" / "broken"
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Case:
    """One input, and where the text it must produce is kept."""

    path: Path

    @property
    def expected(self) -> Path:
        """The file beside the input."""
        return self.path.with_name(f"{self.path.name}.txt")

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Read the files as a source would, and give everything that is to be said of them."""
        folder = self.path if self.path.is_dir() else self.path.parent
        paths = sorted(self.path.iterdir()) if self.path.is_dir() else [self.path]
        files = (SourceFile(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)
        catalogue = Catalogue()
        catalogue.advance(Snapshot("", "", tuple(parse_file(file) for file in files)))
        return (*catalogue.state().diagnostics, *catalogue.warnings())

    def render(self) -> str:
        """Give the text."""
        return render_text(self.diagnostics(), color=False, width=WIDTH)


def cases() -> Iterator[Case]:
    """Give every case."""
    return (Case(path) for path in sorted(BROKEN.iterdir()) if path.suffix != ".txt")


if __name__ == "__main__":
    for case in cases():
        case.expected.write_text(case.render(), encoding="utf-8", newline="")
