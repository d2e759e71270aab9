"""The few calls through which a folder is read; nothing outside it can be reached through them."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SYS_OPENAT2 = 437  # the same on every architecture but Alpha
_RESOLVE = 0x02 | 0x08  # RESOLVE_NO_MAGICLINKS, RESOLVE_BENEATH: see openat2(2)
_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_TRIES = 8  # openat2 gives up with EAGAIN while something on the way is being renamed


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder that is open: `mark` changes when a name in it comes or goes."""

    mark: bytes
    entries: Iterator[os.DirEntry[str]]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, and what it was before and after they were read."""

    before: os.stat_result
    data: bytes
    after: os.stat_result

    @property
    def is_whole(self) -> bool:
        """Whether nobody wrote meanwhile, as far as can be told."""
        return signature(self.before) == signature(self.after) and len(self.data) == self.after.st_size


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: `real` is its path from the root, None when it lies outside."""

    real: str | None
    status: os.stat_result


class Tree:
    """A root that is open. Paths are relative to it, with `/`; the root itself is the empty path.

    Everything raises OSError: EXDEV for a path that leads out of the root. Links inside it are followed by
    the kernel, which is told not to leave the root (openat2); where it can't be told so, a path is opened
    without being read (O_PATH), and read only when what was opened proves to lie inside.

    `identity` says which folder this is: see `identify`.
    """

    def __init__(self, root: Path, *, openat2: bool = True) -> None:
        link = _who(root, os.lstat(root), _AT_SYMLINK_NOFOLLOW)
        self._fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self.identity = f"{link}/{_who(self._fd, os.fstat(self._fd), _AT_EMPTY_PATH)}"
        self._openat2 = openat2 and _has_openat2(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def status(self, path: str) -> os.stat_result:
        """Look at `path` itself, not at what it leads to if it is a link."""
        return os.stat(path or ".", dir_fd=self._fd, follow_symlinks=False)

    @contextmanager
    def listing(self, folder: str) -> Iterator[Listing]:
        """Open a folder; its entries can be asked for their status as long as it is open."""
        fd = self._open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(fd) as entries:
                yield Listing(_mark(os.fstat(fd)), entries)
        finally:
            os.close(fd)

    def mark(self, folder: str) -> bytes:
        """Give what `Listing.mark` would be now."""
        return _mark(os.stat(folder or ".", dir_fd=self._fd))

    def content(self, path: str, most: int) -> Content:
        """Read a regular file of up to `most` bytes; of a larger one at most a byte more, or nothing."""
        fd = self._open(path, os.O_RDONLY)
        try:
            before = os.fstat(fd)
            fits = stat.S_ISREG(before.st_mode) and before.st_size <= most
            data = _read(fd, before.st_size + 1, most) if fits else b""
            return Content(before, data, os.fstat(fd))
        finally:
            os.close(fd)

    def follow(self, path: str) -> Target:
        """Say where a link leads, without opening it for reading."""
        fd = os.open(path or ".", os.O_PATH | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            return Target(self._real(fd), os.fstat(fd))
        finally:
            os.close(fd)

    def _open(self, path: str, flags: int) -> int:
        if self._openat2:
            try:
                return _openat2(self._fd, path, flags | _FLAGS)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
        # Without openat2, or a link by an absolute path, which openat2 refuses wherever it leads.
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            if self._real(fd) is None:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
            return os.open(f"/proc/self/fd/{fd}", flags | _FLAGS)
        finally:
            os.close(fd)

    def _real(self, fd: int) -> str | None:
        root, real = _where(self._fd), _where(fd)
        if real == root:
            return ""
        root = root.rstrip("/") + "/"
        return real.removeprefix(root) if real.startswith(root) else None


def identify(root: Path) -> str:
    """Say which folder stands at `root` now: the root as it is named, and what it leads to; raises OSError.

    Inode numbers are given out again, so the time of birth belongs to it.
    """
    link = _who(root, os.lstat(root), _AT_SYMLINK_NOFOLLOW)
    return f"{link}/{_who(root, root.stat(), 0)}"


def signature(status: os.stat_result) -> bytes:
    """Give what changes when a file's content does, as far as that can be seen from outside."""
    return _SIGNATURE.pack(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


_SIGNATURE = struct.Struct("=QQqqq")
_HOW = struct.Struct("=QQQ")  # struct open_how: flags, mode, resolve
_libc = ctypes.CDLL(None, use_errno=True)
_statx = getattr(_libc, "statx", None)
_STATX_SIZE = 256
_STATX_BTIME = 0x800
_STATX_BTIME_OFFSET = 80
_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AT_EMPTY_PATH = 0x1000


def _who(place: Path | int, status: os.stat_result, flags: int) -> str:
    return f"{status.st_dev:x}:{status.st_ino:x}:{_born(place, flags):x}"


def _born(place: Path | int, flags: int) -> int:
    """Give the time of birth in nanoseconds, 0 where the system does not keep it: see statx(2)."""
    buffer = ctypes.create_string_buffer(_STATX_SIZE)
    folder, name = (place, b"") if isinstance(place, int) else (_AT_FDCWD, os.fsencode(place))
    if _statx is None or _statx(folder, name, flags, _STATX_BTIME, buffer) != 0:
        return 0
    seconds, nanoseconds = struct.unpack_from("=qI", buffer, _STATX_BTIME_OFFSET)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def _where(fd: int) -> str:
    return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115 - text is compared, not a path


def _mark(status: os.stat_result) -> bytes:
    return struct.pack("=QQq", status.st_dev, status.st_ino, status.st_mtime_ns)


def _read(fd: int, first: int, most: int) -> bytes:
    data = os.read(fd, first)
    while 0 < len(data) <= most and (more := os.read(fd, most + 1 - len(data))):
        data += more
    return data


def _openat2(folder: int, path: str, flags: int) -> int:
    how = _HOW.pack(flags, 0, _RESOLVE)
    name = os.fsencode(path)
    for _ in range(_TRIES):
        fd: int = _libc.syscall(_SYS_OPENAT2, folder, name, how, _HOW.size)
        if fd >= 0:
            return fd
        if ctypes.get_errno() not in (errno.EAGAIN, errno.EINTR):
            break
    code = ctypes.get_errno()
    raise OSError(code, os.strerror(code), path)


def _has_openat2(folder: int) -> bool:
    try:
        os.close(_openat2(folder, ".", os.O_PATH | os.O_CLOEXEC))
    except OSError:  # an older kernel, or a sandbox that does not let it through
        return False
    return True
