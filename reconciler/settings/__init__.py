"""The settings of every command: read once, checked once, each with the place that it comes from.

Law: nothing but text is read here. Whether a folder exists or a server answers is for those who use it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from reconciler.daemon.timing import Every, Timing
from reconciler.errors import UsageError
from reconciler.settings.options import OPTIONS, Option
from reconciler.settings.resolve import Found, Origin, Rank, find_all, read
from reconciler.settings.values import Address, Phrase, Secret, shown

__all__ = [
    "OPTIONS",
    "Address",
    "Difference",
    "Option",
    "Origin",
    "Secret",
    "Settings",
    "Shown",
    "hand_over",
    "load_settings",
    "take_over",
]


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as `reconciler config` shows it, secrets masked."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that was read otherwise later, as it is shown; one that is not `live` needs a restart."""

    name: str
    later: str
    live: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, typed. `timing` is the interval or the cron expression; `http` is None for no HTTP."""

    manifests: Path
    source_name: str | None
    instance: str
    replica: str | None
    timing: Timing
    prune: bool
    max_prune: float
    prune_cap: int
    prune_delay: timedelta
    self_heal: bool
    history_keep: timedelta
    http: Address | None
    http_hosts: tuple[str, ...] | None
    hook_secret: Phrase | None
    embedded: bool
    database_url: Secret | None
    session_url: Secret | None
    redis_url: Secret | None
    status_ttl: timedelta
    drain: timedelta
    completion_wait: timedelta
    log_level: str
    log_format: str
    found: Mapping[str, Found] = field(default_factory=dict, repr=False, compare=False)
    again: Callable[[], Settings] | None = field(default=None, repr=False, compare=False)

    def shown(self) -> Iterator[Shown]:
        """Tell every setting in force, and where it comes from."""
        for option in OPTIONS:
            found = self.found[option.name]
            yield Shown(option.name, shown(read(option, found)), str(found.origin))

    def reread(self) -> Settings:
        """Read them anew: the same flags and environment, and files as they are by now.

        Raises:
            UsageError: as `load_settings`.

        """
        return self if self.again is None else self.again()

    def differences(self, later: Settings) -> Iterator[Difference]:
        """Tell which settings were read otherwise later, secrets masked."""
        for option in OPTIONS:
            before, after = (read(option, one.found[option.name]) for one in (self, later))
            if before != after:
                yield Difference(option.name, shown(after), option.live)


def load_settings(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Read the settings: `flags` by name (None: not given), then the environment, then `reconciler.toml`.

    Raises:
        UsageError: one of them is wrong; says which, where it stands, why, and how it should be.

    """
    said = flags or {}, os.environ if environment is None else environment, folder or _here()
    return replace(_typed(find_all(*said)), again=partial(load_settings, *said))


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError(
            "the folder in which this runs is gone", fix="change to one that is there"
        ) from error


def hand_over(settings: Settings) -> str:
    """Write all settings down, secrets included, for another process of ours: see `take_over`."""
    return json.dumps(
        {
            name: [found.raw, found.origin.rank, found.origin.place, str(found.folder)]
            for name, found in settings.found.items()
        }
    )


def take_over(written: str) -> Settings:
    """Read what `hand_over` wrote: the same settings, each with the place that it comes from."""
    return _typed(
        {
            name: Found(raw, Origin(Rank(rank), place), Path(folder))
            for name, (raw, rank, place, folder) in json.loads(written).items()
        }
    )


def _typed(found: Mapping[str, Found]) -> Settings:
    values = {option.name: read(option, found[option.name]) for option in OPTIONS}
    cron, interval = values.pop("cron"), values.pop("interval")
    values["timing"] = cron if _prevails("cron", "interval", found) else Every(interval)
    if values.pop("no_http") and _prevails("no_http", "http", found):
        values["http"] = None
    return Settings(**values, found=found)


def _prevails(one: str, other: str, found: Mapping[str, Found]) -> bool:
    """Whether the first of two settings that exclude each other was said by the stronger voice."""
    first, second = found[one], found[other]
    if not first.given:
        return False
    if first.origin.rank == second.origin.rank:
        raise UsageError(
            f"{one} and {other} exclude each other",
            where=f"{first.origin} and {second.origin}",
            fix="keep one of them",
        )
    return first.origin.rank > second.origin.rank
