"""The dashboard's files: one page, and what it loads from beneath an address that changes with its content.

Nothing is vendored: every file is ours, and none asks for anything elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Self

PREFIX: Final = "/static"
"""Where the files are served: beneath it stands their digest, so that they may be kept for ever."""

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGE: Final = "index.html"
_SHEETS: Final = ("style.css", "parts.css", "graph.css")
"""Sent as one, under the name of the first: nothing is painted before they are there."""
_DIGEST: Final = 8


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """Every file of the dashboard, by path; `page` is the one that loads them."""

    digest: str
    files: dict[str, Asset]
    page: bytes

    @classmethod
    def load(cls) -> Self:
        """Read what was installed with this program."""
        found = dict(sorted(_walk(files("reconciler.web") / "static")))
        page = found.pop(_PAGE).decode()
        sheets = [found.pop(path) for path in _SHEETS]
        found[_SHEETS[0]] = b"\n".join(sheets)
        digest = blake2b(digest_size=_DIGEST)
        for path, content in found.items():
            digest.update(path.encode() + b"\0" + content)
        address = f"{PREFIX}/{digest.hexdigest()}"
        modules = (path for path in found if path.endswith(".js"))
        preload = "\n".join(f'<link rel="modulepreload" href="{address}/{path}">' for path in modules)
        assets = {path: Asset(content, _TYPES[path.rpartition(".")[2]]) for path, content in found.items()}
        page = page.replace("{preload}", preload).replace("{static}", address)
        return cls(digest.hexdigest(), assets, page.encode())


def _walk(folder: Traversable, path: str = "") -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{path}{entry.name}/")
        elif entry.name == _PAGE or entry.name.rpartition(".")[2] in _TYPES:
            found.append((f"{path}{entry.name}", entry.read_bytes()))
    return found
