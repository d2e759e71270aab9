"""The composition root: settings in, wired objects out. Nothing else names the concrete edges.

Law: no decision is taken here, things are only put together. Heavy libraries are imported where they are
needed, so that a command pays only for what it does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reconciler.app.completion import known_jobs, known_keys, open_digests
    from reconciler.app.counter import desk, whoami
    from reconciler.app.doctor import examine
    from reconciler.app.happenings import Following, follow_events, nudges, read_events
    from reconciler.app.inquiry import describe, names, read_board, source_on_record
    from reconciler.app.passes import Ran, apply, ask, compare, preview
    from reconciler.app.places import Addresses, locate, shown_root
    from reconciler.app.plans import keep_plan, load_plan, save_plan
    from reconciler.app.service import Told, run
    from reconciler.app.validation import Validation, validate
    from reconciler.app.versions import server_versions

__all__ = [
    "Addresses",
    "Following",
    "Ran",
    "Told",
    "Validation",
    "apply",
    "ask",
    "compare",
    "describe",
    "desk",
    "examine",
    "follow_events",
    "keep_plan",
    "known_jobs",
    "known_keys",
    "load_plan",
    "locate",
    "names",
    "nudges",
    "open_digests",
    "preview",
    "read_board",
    "read_events",
    "run",
    "save_plan",
    "server_versions",
    "shown_root",
    "source_on_record",
    "validate",
    "whoami",
]

_HOMES: Final = {
    "completion": ("known_jobs", "known_keys", "open_digests"),
    "counter": ("desk", "whoami"),
    "doctor": ("examine",),
    "happenings": ("Following", "follow_events", "nudges", "read_events"),
    "inquiry": ("describe", "names", "read_board", "source_on_record"),
    "passes": ("Ran", "apply", "ask", "compare", "preview"),
    "places": ("Addresses", "locate", "shown_root"),
    "plans": ("keep_plan", "load_plan", "save_plan"),
    "service": ("Told", "run"),
    "versions": ("server_versions",),
    "validation": ("Validation", "validate"),
}
"""In which module each name is; it is loaded when somebody asks: a command pays for what it does."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has
    """Fetch a name from its module (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"{__name__} has no {name!r}")
