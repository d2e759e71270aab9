"""By which word a person calls this program: in a clone it is on no PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shlex import quote
from shutil import which

from reconciler.cli.grammar import NAME


def own_name(there: Path) -> str:
    """Give what calls this program again for somebody who stands in the folder `there`, to be pasted."""
    called, on_path = Path(sys.argv[0]), which(NAME)
    if called.name != NAME or not called.exists() or (on_path and called.samefile(on_path)):
        return NAME
    whole, folder = (Path(os.path.abspath(path)) for path in (called, there))  # noqa: PTH100 - links stay
    return quote(str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole))
