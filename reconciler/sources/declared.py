"""The part of a folder into which requests are written: manifests of their own, each in a file of its own.

A file appears and goes as a whole; nothing that stands outside of `api/` is ever written.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from reconciler.errors import SourceRefused, SourceUnavailable
from reconciler.sources.names import is_manifest

BENEATH: Final = "api"
"""The folder beneath the root that is ours to write into."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_OURS: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ELOOP})


class DeclaredFolder:
    """Manifests that requests wrote. Paths are relative to the root, with `/`: `api/users/ada.yaml`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path_of(self, folder: str, name: str) -> str:
        """Give the path for a new manifest of that name, one that every source reads.

        A name that looks like an editor's leftover is read under a file name that does not.
        """
        file = f"{name}.yaml"
        return f"{BENEATH}/{folder}/{file if is_manifest(file) else f'of-{name}'.replace('_', '-') + '.yaml'}"

    def create(self, path: str, content: bytes) -> bool:
        """Write a new file, as a whole and for good; False when there is one already, which stays.

        Raises:
            SourceRefused: this folder is not to be written to.
            SourceUnavailable: it can't be written just now.

        """
        with self._folder_of(path) as (folder, name), _told(self._root / path):
            draft = f".{name}.{secrets.token_hex(4)}.tmp"  # a dotfile: no source reads it
            descriptor = os.open(draft, _NEW, 0o644, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(descriptor)
                # Unlike a rename, a link replaces nothing.
                os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except FileExistsError:
                return False
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)
            os.fsync(folder)
        return True

    def read(self, path: str) -> bytes | None:
        """Give the content of a file, None when there is none."""
        with _told(self._root / path):
            try:
                return (self._root / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def remove(self, path: str, content: bytes) -> bool:
        """Remove a file that holds exactly this; False when it holds something else by now, or is gone.

        Raises:
            SourceRefused, SourceUnavailable: as `create`.

        """
        if self.read(path) != content:
            return False
        with self._folder_of(path) as (folder, name), _told(self._root / path):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            os.fsync(folder)
        return True

    @contextmanager
    def _folder_of(self, path: str) -> Iterator[tuple[int, str]]:
        """Open the folder of a path, made where it is missing; links on the way are not followed."""
        *folders, name = path.split("/")
        with _told(self._root / path):
            descriptor = os.open(self._root, _FOLDER & ~os.O_NOFOLLOW)
        try:
            for folder in folders:
                with _told(self._root / path):
                    with suppress(FileExistsError):
                        os.mkdir(folder, 0o755, dir_fd=descriptor)
                        os.fsync(descriptor)
                    inner = os.open(folder, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor, name
        finally:
            os.close(descriptor)


def is_declared(path: str) -> bool:
    """Whether a manifest at this path is one that a request wrote."""
    return path.startswith(f"{BENEATH}/")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where, why = str(path), error.strerror or str(error)
        if error.errno in _NOT_OURS:
            fix = "declare it where the manifests come from, and let the daemon read it"
            raise SourceRefused("no manifest can be written here", where=where, why=why, fix=fix) from error
        fix = "make room on its disk, or see what holds it up, and ask again"
        raise SourceUnavailable(
            "no manifest can be written just now", where=where, why=why, fix=fix
        ) from error
