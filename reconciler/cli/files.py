"""Files that commands write: each whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import ReconcilerError


def differing(files: Mapping[Path, str]) -> list[Path]:
    """Name those that are there and say something else.

    Raises:
        ReconcilerError: one can't be read.

    """
    return [path for path, text in files.items() if _there(path) not in {None, text.encode()}]


def write_files(files: Mapping[Path, str]) -> list[Path]:
    """Write files, folders included, and name those that were not there or said something else.

    A reader sees the old file or the new one: the text is put beside it first, under a name with a dot in
    front, which no pass reads.

    Raises:
        ReconcilerError: one can't be written; those before it are.

    """
    written = []
    for path, text in files.items():
        if _there(path) == text.encode():
            continue
        beside = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(text, encoding="utf-8", newline="")
            beside.replace(path)
        except OSError as error:
            fix = "make room, or let this user write there; or name another folder"
            raise _failed("the file can't be written", path, error, fix) from error
        written.append(path)
    return written


def _there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        fix = "move away what is in its place, or let this user read it; or name another folder"
        raise _failed("the file can't be read", path, error, fix) from error


def _failed(what: str, path: Path, error: OSError, fix: str) -> ReconcilerError:
    return ReconcilerError(what, where=str(path), why=error.strerror or str(error), fix=fix)
