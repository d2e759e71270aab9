"""What `doctor` wants to know of this machine."""

from __future__ import annotations

import errno
import re
import resource
import shutil
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from reconciler.report.checkup.facts import Door, Machine, Package, Room

_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?(?P<bounds>[^;]*)(?P<only>;.*)?")
_BOUND: Final = re.compile(r"(>=|<)\s*([0-9][0-9.]*)")
_LISTENING: Final = "0A"  # TCP_LISTEN in net/tcp_states.h, as /proc/net/tcp shows it


def examine_machine() -> Machine:
    """Look at Python, at the packages, and at how many files may be open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = None if soft == resource.RLIM_INFINITY else soft
    return Machine(sys.version_info[:3], tuple(_packages()), limit)


def _packages() -> Iterator[Package]:
    """Name what this package says that it needs; nothing, where it runs from files that nobody installed."""
    try:
        needed = requires("reconciler") or []
    except PackageNotFoundError:
        return
    for line in needed:
        found = _REQUIREMENT.match(line)
        if found is None or found["only"]:
            continue
        bounds = dict(_BOUND.findall(found["bounds"]))
        yield Package(found["name"], _installed(found["name"]), bounds.get(">=", ""), bounds.get("<", ""))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def examine_room(what: str, path: Path) -> Room:
    """Look how much room there is where a path leads, or will.

    Raises:
        OSError: nothing can be said of it.

    """
    while not path.exists() and path != path.parent:
        path = path.parent
    usage = shutil.disk_usage(path)
    return Room(what, str(path), usage.free, usage.total)


def examine_door(host: str, port: int) -> Door:
    """Look whether an address can be listened at, and if not, who listens there."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        return Door(address, error.strerror or str(error))
    with socket.socket(family, kind) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(place)
            door.listen(1)
        except OSError as error:
            by = frozenset(_listeners(port) if error.errno == errno.EADDRINUSE else ())
            return Door(address, error.strerror or str(error), by, frozenset(map(_parent, by)))
    return Door(address)


def _listeners(port: int) -> Iterator[int]:
    """Name the processes that listen at a port, as far as this user may see them (proc_pid_net(5))."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in sockets for descriptor in (process / "fd").iterdir()):
                yield int(process.name)
        except OSError:
            continue


def _parent(process: int) -> int:
    """Give the process that started another one, 0 when it has ended meanwhile (proc_pid_stat(5))."""
    try:
        return int(Path("/proc", str(process), "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return 0


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
