"""The service manager's protocol: datagrams of `NAME=value` lines, as sd_notify(3) describes them."""

from __future__ import annotations

import socket

from reconciler.telemetry import get_logger, one_line

log = get_logger(__name__)


class NotifySocket:
    """Tells the service manager that listens at `address`: a path, or a name that begins with `@`.

    Without an address nobody is there to be told. A message that can't be delivered at once is dropped, and
    that is said once: no daemon shall stop because its manager does not listen.
    """

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._complained = False
        self._socket: socket.socket | None = None
        if address.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.settimeout(0)

    def tell(self, **said: str) -> bool:
        """Send one message; see `ports.ServiceManager`."""
        if self._socket is None:
            return True
        message = "\n".join(f"{name}={one_line(value)}" for name, value in said.items())
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError as error:
            if not self._complained:
                log.warning("the service manager can't be told", why=str(error))
            self._complained = True
            return False
        self._complained = False
        return True

    def close(self) -> None:
        """Tell nothing any more."""
        if self._socket is not None:
            self._socket.close()
