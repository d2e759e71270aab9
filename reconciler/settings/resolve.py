"""Where settings come from: flags, then the environment, then the file, then defaults; each value knows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from reconciler.errors import UsageError
from reconciler.settings.options import BY_NAME, OPTIONS, PREFIX, Option
from reconciler.telemetry import mask

FILE: Final = "reconciler.toml"
CONFIG: Final = f"{PREFIX}CONFIG"

_SECRET_BYTES: Final = 65536
_OTHERS: Final = (f"{PREFIX}DEBUG",)
"""Variables of ours that are no settings."""

_OF_A_SERVICE: Final = re.compile(rf"{PREFIX}(SERVICE_(HOST|PORT)|PORT(_|$))")
"""What Kubernetes sets in every container for a service called reconciler."""
_ALIKE: Final = 0.8


class Rank(IntEnum):
    """Who says it; the greater one wins."""

    DEFAULT = 0
    FILE = 1
    ENVIRONMENT = 2
    FLAG = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: `--interval`, `RECONCILER_INTERVAL`, `reconciler.toml:3`, `default`."""

    rank: Rank
    place: str

    def __str__(self) -> str:
        return self.place


@dataclass(frozen=True, slots=True)
class Found:
    """A setting as it was given. `folder` is what a relative path is relative to."""

    raw: str
    origin: Origin
    folder: Path

    @property
    def given(self) -> bool:
        """Whether somebody said so."""
        return self.origin.rank is not Rank.DEFAULT


def find_all(flags: Mapping[str, object], environment: Mapping[str, str], folder: Path) -> dict[str, Found]:
    """Find what was said of every setting, the strongest word for each.

    `flags` maps names to what the command line said, None where it said nothing; `config` names the file.

    Raises:
        UsageError: the file can't be read or has a key that does not exist; a variable looks like a
        misspelt one.

    """
    found = {
        option.name: Found(option.default, Origin(Rank.DEFAULT, "default"), folder) for option in OPTIONS
    }
    file = _file(flags, environment, folder)
    found |= _from_file(file, folder) if file is not None else {}
    found |= _from_environment(environment, folder)
    for name, value in flags.items():
        if value is not None and name in BY_NAME:
            found[name] = Found(_plain(value), Origin(Rank.FLAG, BY_NAME[name].flag), folder)
    return found


def read(option: Option, found: Found) -> Any:  # noqa: ANN401 - every setting has a type of its own
    """Read one setting; None when it has no value.

    Raises:
        UsageError: says what is wrong with it, where it was given, and how it should be.

    """
    if not found.raw and not found.given:
        return None
    try:
        value = option.read(found.raw)
    except ValueError as error:
        raise UsageError(
            f"{option.name} can't be read", where=str(found.origin), why=mask(str(error)), fix=option.fix
        ) from error
    return found.folder / value if isinstance(value, Path) else value


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- the file ----------------------------------------------------------------------------------------------


def _file(flags: Mapping[str, object], environment: Mapping[str, str], folder: Path) -> Path | None:
    """Name the file to read: the one that was asked for, else the one that is there."""
    asked = flags.get("config") or environment.get(CONFIG)
    if asked:
        return Path(str(asked)).expanduser()
    # A link that leads nowhere is a file that somebody meant to be there.
    return Path(FILE) if os.path.lexists(folder / FILE) else None


def _from_file(file: Path, folder: Path) -> dict[str, Found]:
    import tomllib  # noqa: PLC0415 - many commands run where no such file is

    try:
        content = (folder / file).read_text(encoding="utf-8")
        table = tomllib.loads(content)
    except OSError as error:
        why = error.strerror or str(error)
        fix = "name another with --config, or make it readable"
        raise UsageError("the settings file can't be read", where=str(file), why=why, fix=fix) from error
    except ValueError as error:  # of tomllib, and of UTF-8
        why, place = _told_apart(str(error))
        fix = 'write lines such as: interval = "30s"'
        raise UsageError("the settings file is not TOML", where=f"{file}{place}", why=why, fix=fix) from error
    beneath = (folder / file).parent
    return {
        name: _from_line(name, value, f"{file}:{_line(content, name)}", beneath)
        for name, value in table.items()
    }


def _told_apart(message: str) -> tuple[str, str]:
    """Give what tomllib says, and the place that it has at its end, as we write places."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message)
    return (found[1].lower(), f":{found[2]}:{found[3]}") if found else (message, "")


def _from_line(name: str, value: object, place: str, folder: Path) -> Found:
    """Take one line of the file; a relative path in it is relative to the file."""
    if name not in BY_NAME:
        alike = _alike(name)
        fix = f"did you mean {alike}?" if alike else f"the settings are {', '.join(BY_NAME)}"
        raise UsageError(f"there is no setting {name!r}", where=place, fix=fix)
    if not isinstance(value, str | int | float):
        why = f"it is a {_kind(value)}"
        raise UsageError(f"{name} can't be read", where=place, why=why, fix=BY_NAME[name].fix)
    return Found(_plain(value), Origin(Rank.FILE, place), folder)


def _kind(value: object) -> str:
    match value:
        case dict():
            return "table"
        case list():
            return "list"
        case _:
            return "date or time"


def _line(content: str, name: str) -> int:
    """Find the line on which a key stands; tomllib keeps no places."""
    found = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*[.=\]]", content, re.MULTILINE)
    return content.count("\n", 0, found.start()) + 1 if found else 1


# --- the environment ---------------------------------------------------------------------------------------


def _from_environment(environment: Mapping[str, str], folder: Path) -> dict[str, Found]:
    _refuse_misspelt(environment)
    found = {}
    for option in OPTIONS:
        for variable in option.environment:
            value = _variable(option, variable, environment, folder)
            if value is not None:
                found[option.name] = value
                break
    return found


def _variable(option: Option, variable: str, environment: Mapping[str, str], folder: Path) -> Found | None:
    """Look at one variable and, for a secret, at the file that another one names. Empty is not given."""
    raw = environment.get(variable, "")
    file = environment.get(f"{variable}_FILE", "") if option.secret else ""
    if raw and file:
        raise UsageError(
            f"{option.name} is given twice",
            where=f"{variable} and {variable}_FILE",
            fix="keep one of them",
        )
    if file:
        return Found(_secret(file, f"{variable}_FILE"), Origin(Rank.ENVIRONMENT, f"{variable}_FILE"), folder)
    return Found(raw, Origin(Rank.ENVIRONMENT, variable), folder) if raw else None


def _secret(file: str, variable: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as stream:
            content = stream.read(_SECRET_BYTES).strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        fix = f"let {variable} name a readable file"
        raise UsageError("a secret can't be read", where=f"{variable}={file}", why=why, fix=fix) from error
    if not content:
        raise UsageError("a secret is empty", where=f"{variable}={file}", fix="write the URL into that file")
    return content


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Name the variables that begin as ours do and are none, but for those of a Kubernetes service."""
    known = {CONFIG, *_OTHERS, *(name for option in OPTIONS for name in option.environment)}
    known |= {f"{name}_FILE" for option in OPTIONS if option.secret for name in option.environment}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not _OF_A_SERVICE.match(name):
            yield name


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    """Refuse `RECONCILER_MAX_PRUN=5%`, and let be what may be another program's."""
    for name in unknown_variables(environment):
        if alike := _alike(name.removeprefix(PREFIX)):
            fix = f"did you mean {PREFIX}{alike.upper()}?"
            raise UsageError("there is no such setting", where=name, fix=fix)


def _alike(name: str) -> str:
    """Name the setting that was probably meant, "" when none is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    return next(iter(get_close_matches(name.lower().replace("-", "_"), BY_NAME, 1, _ALIKE)), "")
