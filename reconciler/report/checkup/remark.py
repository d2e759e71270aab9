"""What `doctor` says of one thing: how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.errors import ReconcilerError

CHECKS: Final = {
    "python": "Python, and the packages that reconciler is made of",
    "settings": "flags, variables and reconciler.toml",
    "manifests": "the folder with the manifests",
    "watching": "whether changes of files are heard of at once",
    "open-files": "how many files and connections the daemon may have open",
    "postgresql": "PostgreSQL: in reach, of a version that is supported, writable",
    "encryption": "the way to PostgreSQL",
    "pooler": "whether sessions stay with whoever opened them",
    "connections": "how many more PostgreSQL takes",
    "schema": "the tables",
    "triggers": "what tells of edits by hand",
    "rights": "what the role may do in PostgreSQL",
    "redis": "Redis: in reach, of a version that is supported, keeps what it is told",
    "redis-rights": "what the user may do in Redis",
    "clock": "the clocks of this machine and of the servers",
    "disk": "room for data",
    "embedded": "PostgreSQL and Redis that come along",
    "daemon": "the daemon: alive, one writer, on time",
    "sources": "one instance to a source, one source to an instance",
    "http": "the address of the HTTP interface",
}
"""The checks by name, in the order in which they are told, and what each looks at."""


class Grade(StrEnum):
    """How something is. What could not be looked at is UNKNOWN: its reason is told by another check."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at: `fix` is a command or a setting, "" where nothing is to be done."""

    check: str
    grade: Grade
    text: str
    fix: str = ""


def ok(check: str, text: str) -> Remark:
    """Say that something is as it should be."""
    return Remark(check, Grade.OK, text)


def warn(check: str, text: str, fix: str) -> Remark:
    """Say that something works, but not as well as it could, or not for long."""
    return Remark(check, Grade.WARN, text, fix)


def fail(check: str, text: str, fix: str) -> Remark:
    """Say that something does not work."""
    return Remark(check, Grade.FAIL, text, fix)


def out_of_reach(checks: Iterable[str], error: ReconcilerError) -> list[Remark]:
    """Tell of an error in the first of some checks, and that the others could not be looked at for it."""
    first, *others = checks
    place = f" ({error.where})" if error.where else ""
    why = f": {error.why}" if error.why else ""
    return [
        fail(first, f"{error.what}{place}{why}", error.fix),
        *(Remark(other, Grade.UNKNOWN, f"not looked at: see {first}") for other in others),
    ]


def in_order(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Give remarks in the order of their checks."""
    places = {check: place for place, check in enumerate(CHECKS)}
    return tuple(sorted(remarks, key=lambda remark: places[remark.check]))
