"""What of others is served: each file on the list, as it came, with its licence."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

_LINE = re.compile(r"^\| `([^`]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_vendored_file_is_on_the_list_as_it_came() -> None:
    """With its size and digest; nothing lies there that the list does not name."""
    folder = Path(str(files("reconciler.web") / "vendor"))
    listed = {
        path: (size, digest) for path, size, digest in _LINE.findall((folder / "README.md").read_text())
    }
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "README.md":
            content = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            found[name] = (f"{len(content):,}", sha256(content).hexdigest())
    assert found == listed
    assert "swagger-ui/LICENSE" in found
