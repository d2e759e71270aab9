"""PostgreSQL and a Redis-compatible server from wheels, under a supervisor of our own.

Law: only the wheels' programs are used, never their Python. A process is signalled only if it is our child,
or has been proved to be the server of our data. What is kept lies under `.reconciler/`, and no server
outlives the daemon.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from reconciler.embedded.instance import Instance, find

if TYPE_CHECKING:
    from reconciler.embedded.binaries import find_psql
    from reconciler.embedded.server import ServerExit
    from reconciler.embedded.servers import EmbeddedServers, Options, start
    from reconciler.embedded.warden import Warden

__all__ = ["EmbeddedServers", "Instance", "Options", "ServerExit", "Warden", "find", "find_psql", "start"]

_HOMES: Final = {
    "EmbeddedServers": "servers",
    "Options": "servers",
    "ServerExit": "server",
    "Warden": "warden",
    "find_psql": "binaries",
    "start": "servers",
}
"""In which module each name is that only a daemon needs; every command looks for servers, few start them."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has
    """Fetch a name from its module (PEP 562)."""
    if home := _HOMES.get(name):
        return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"{__name__} has no {name!r}")
