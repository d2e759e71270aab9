"""The composition root: settings in, wired objects out. Nothing else names the concrete edges.

Law: no decision is taken here, things are only put together. Heavy libraries are imported where they are
needed, so that a command pays only for what it does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reconciler.app.inquiry import desk, read_board, whoami
    from reconciler.app.passes import apply, ask, preview
    from reconciler.app.places import Addresses, locate, shown_root
    from reconciler.app.service import Told, run
    from reconciler.app.validation import Validation, validate

__all__ = [
    "Addresses",
    "Told",
    "Validation",
    "apply",
    "ask",
    "desk",
    "locate",
    "preview",
    "read_board",
    "run",
    "shown_root",
    "validate",
    "whoami",
]

_HOMES: Final = {
    "inquiry": ("desk", "read_board", "whoami"),
    "passes": ("apply", "ask", "preview"),
    "places": ("Addresses", "locate", "shown_root"),
    "validation": ("Validation", "validate"),
    "service": ("Told", "run"),
}
"""In which module each name is; it is loaded when somebody asks: a command pays for what it does."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has
    """Fetch a name from its module (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"{__name__} has no {name!r}")
