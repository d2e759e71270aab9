"""Every source keeps the promises of the port."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from reconciler.sources import DirectorySource
from tests.contract.source_suite import SourceContract, World
from tests.integration.sources.folders import FileClock


class Folder(World):
    """A folder below a temporary one."""

    def __init__(self, path: Path) -> None:
        self.path = path / "manifests"
        self.path.mkdir()

    def source(self) -> DirectorySource:
        return DirectorySource(self.path, FileClock())

    def change(self, write: dict[str, bytes], remove: Iterable[str] = ()) -> None:
        for path, content in write.items():
            (self.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.path / path).write_bytes(content)
        for path in remove:
            (self.path / path).unlink()

    def lose(self) -> None:
        self.path.rename(self.path.with_name("away"))

    def restore(self) -> None:
        self.path.with_name("away").rename(self.path)


class TestDirectorySource(SourceContract):
    """A folder."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        """Give an empty folder."""
        return Folder(tmp_path)
