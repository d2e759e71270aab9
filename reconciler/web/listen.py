"""The socket on which HTTP is served: bound by the daemon itself, so that a taken port is told at once."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Final

from reconciler.errors import UsageError

_BACKLOG: Final = 512
_WHY: Final = {
    errno.EADDRINUSE: "another process listens there",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "only root may listen there",
}


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address; port 0 takes any that is free.

    Raises:
        UsageError: it can't be had; says why, and what to do.

    """
    place = f"--http {f'[{host}]' if ':' in host else host}:{port}"
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise UsageError(
            "HTTP can't be served", where=place, why="no address goes by this name", fix="give HOST:PORT"
        ) from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        fix = "give another --http HOST:PORT, or --no-http"
        raise UsageError("HTTP can't be served", where=place, why=why, fix=fix) from error
    return bound


def url_of(bound: socket.socket) -> str:
    """Give the URL under which a listening socket is reached."""
    host, port, *_ = bound.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback
