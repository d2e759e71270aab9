"""How much one file may ask of us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of reading one file: they stand well above any manifest and below what would hurt.

    `nodes` counts keys, values and collections as written; `expanded` counts them again wherever an alias
    or a merge repeats them, and long texts by their length. `scalar` is in characters, `params` in bytes of
    JSON, for one job.
    """

    file_bytes: int = 4 * 1024 * 1024
    nodes: int = 160_000
    expanded: int = 160_000
    depth: int = 64
    documents: int = 10_000
    scalar: int = 256 * 1024
    params: int = 256 * 1024
    mistakes: int = 200


LIMITS: Final = Limits()
