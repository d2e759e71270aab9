"""Judgement of this machine: Python, limits, the folder with the manifests, room, the HTTP address."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Final

from reconciler.report.checkup.facts import Door, Folder, Machine, Package, Room, Watching
from reconciler.report.checkup.remark import Remark, fail, ok, warn
from reconciler.report.terminal import many

_OLDEST_PYTHON: Final = (3, 11)
_FEW_FILES: Final = 256
_TOO_FEW_FILES: Final = 64
_SPARE_WATCHES: Final = 1024
"""Watches that other programs of the same user have, as a rule of thumb: an editor takes some hundreds."""
_MUCH: Final = 512 * 1024 * 1024
"""Manifests beyond this are likely something else: half a million workflows would fit."""
_LITTLE_ROOM: Final = 0.05
_NO_ROOM: Final = 64 * 1024 * 1024


def judge_machine(machine: Machine) -> Iterator[Remark]:
    """Tell of Python, the packages, and how many files may be open."""
    version = ".".join(map(str, machine.python))
    if machine.python < _OLDEST_PYTHON:
        yield fail("python", f"Python {version} is too old", "install Python 3.11 or later")
    wrong = [text for package in machine.packages if (text := _wrong(package))]
    if wrong:
        yield fail("python", "; ".join(wrong), "install again: pip install --upgrade reconciler")
    elif machine.python >= _OLDEST_PYTHON:
        yield ok("python", f"Python {version}, {many(len(machine.packages), 'package')}")
    yield _judge_open_files(machine.open_files)


def _wrong(package: Package) -> str:
    if not package.installed:
        return f"{package.name} is not installed"
    found = _numbers(package.installed)
    if package.at_least and found < _numbers(package.at_least):
        return f"{package.name} {package.installed} is older than {package.at_least}"
    if package.below and found >= _numbers(package.below):
        return f"{package.name} {package.installed} is not older than {package.below}"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Read as much of a version as compares by number."""
    parts = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        parts.append(int(digits))
    return tuple(parts)


def _judge_open_files(limit: int | None) -> Remark:
    if limit is None:
        return ok("open-files", "no limit")
    text = f"{limit:,} files may be open"
    cure = "ulimit -n 1024, or LimitNOFILE=1024 in the systemd unit"
    if limit < _TOO_FEW_FILES:
        return fail("open-files", text, cure)
    return warn("open-files", text, cure) if limit < _FEW_FILES else ok("open-files", text)


def judge_folder(folder: Folder) -> Iterator[Remark]:
    """Tell of the manifests."""
    if folder.error:
        yield fail(
            "manifests",
            f"{folder.path} {folder.error}",
            "name the folder with --manifests DIR or RECONCILER_MANIFESTS, or begin with `reconciler init`",
        )
        return
    seen = "" if folder.complete else "at least "
    size = f"{seen}{many(folder.files, 'file')} of {in_bytes(folder.bytes)} in {folder.path}"
    if folder.unreadable:
        names = ", ".join(folder.unreadable)
        cure = f"let this user read them: chmod -R u+rX {quote(folder.path)}"
        yield fail("manifests", f"can't be read, so that nothing can be pruned: {names}", cure)
    elif not folder.files:
        cure = "put manifests there, or name another folder with --manifests DIR"
        yield warn("manifests", f"{folder.path} has no manifest: *.yaml, *.yml or *.json", cure)
    elif folder.bytes > _MUCH:
        yield warn("manifests", size, "keep what is no manifest out by a .reconcilerignore")
    else:
        yield ok("manifests", size)


def judge_watching(folder: Folder, watching: Watching) -> Iterator[Remark]:
    """Tell whether an edit is heard of, or only found when somebody looks."""
    if folder.error:
        return
    if folder.remote:
        text = f"{folder.path} is on {folder.remote}, which tells of no change: the folder is looked through"
        yield warn("watching", f"{text} again and again", "put it on a local disk for reactions at once")
    elif watching.error:
        cure = "sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288"
        yield warn("watching", f"files can't be watched ({watching.error}), so they are looked through", cure)
    elif watching.watches is not None and folder.folders + _SPARE_WATCHES > watching.watches:
        text = f"{many(folder.folders, 'folder')} to watch, {watching.watches:,} watches for all programs"
        needed = max(524_288, 2 * (folder.folders + _SPARE_WATCHES))
        yield warn("watching", text, f"sysctl -w fs.inotify.max_user_watches={needed}")
    else:
        limit = f" of {watching.watches:,} watches" if watching.watches is not None else ""
        yield ok("watching", f"inotify, {folder.folders:,}{limit}")


def judge_room(room: Room) -> Iterator[Remark]:
    """Tell of the room where data lies."""
    text = f"{in_bytes(room.free)} of {in_bytes(room.total)} free for {room.what} ({room.path})"
    if room.free < _NO_ROOM:
        yield fail("disk", text, f"make room on the disk of {room.path}")
    elif room.free < room.total * _LITTLE_ROOM and room.free < 16 * _NO_ROOM:
        yield warn("disk", text, f"make room on the disk of {room.path}")
    else:
        yield ok("disk", text)


def judge_door(door: Door, daemons: frozenset[int]) -> Iterator[Remark]:
    """Tell of the HTTP address of the settings; `daemons` are processes of this instance on this machine."""
    if not door.taken:
        yield ok("http", f"{door.address} is free")
    elif ours := (door.by | door.above) & daemons:
        yield ok("http", f"{door.address} is served by the daemon, process {min(ours)}")
    else:
        who = f"process {min(door.by)} has it" if door.by else door.taken
        cure = "free it, or choose another with --http HOST:PORT, or none with --no-http"
        yield fail("http", f"{door.address} can't be had: {who}", cure)


def judge_served(url: str, daemon: int, door: Door) -> Remark:
    """Tell of the address at which a daemon of this machine says that it serves HTTP, "" for none."""
    if not url:
        return ok("http", f"the daemon, process {daemon}, serves no HTTP")
    cure = "look into its log, and start the daemon again"
    if not door.taken:
        return fail("http", f"nobody listens at {url}, where process {daemon} says that it serves", cure)
    if door.by and daemon not in door.by | door.above:
        told = f"{url}, where process {daemon} says that it serves, is had by process {min(door.by)}"
        return fail("http", told, cure)
    return ok("http", f"{url} is served by the daemon, process {daemon}")


def in_bytes(number: int) -> str:
    """Write a number of bytes in the unit that suits it."""
    size = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004 - what a unit is
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.0f} TiB"
