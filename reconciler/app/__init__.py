"""The composition root: settings in, wired objects out. Nothing else names the concrete edges.

Law: no decision is taken here, things are only put together. Heavy libraries are imported where they are
needed, so that a command pays only for what it does.
"""

from reconciler.app.inquiry import desk, read_board, whoami
from reconciler.app.passes import Validation, apply, ask, preview, shown_root, validate
from reconciler.app.places import Addresses, locate
from reconciler.app.service import Told, run

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
