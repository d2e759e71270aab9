"""The steps of the schema: one line of them, however many people add to it."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.store import migrate

STEPS = Path(migrate.__file__).parent / "migrations" / "versions"


def test_every_step_follows_the_one_before_it() -> None:
    """Two that were written at once would make a fork, and the second of them never be taken."""
    files = sorted(STEPS.glob("*_*.py"))
    said = [re.findall(r"^(?:down_)?revision = (.+)$", file.read_text(), re.MULTILINE) for file in files]
    numbers = [f'"{number:04}"' for number in range(1, len(files) + 1)]

    assert said == [list(pair) for pair in zip(numbers, ["None", *numbers], strict=False)]
    assert [f'"{file.name[:4]}"' for file in files] == numbers


def test_the_program_works_with_the_last_step() -> None:
    """What it is to be brought up to."""
    assert max(file.name[:4] for file in STEPS.glob("*_*.py")) == migrate.HEAD
