"""SIGHUP: settings that may change while the daemon runs are taken over, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.daemon.habits import Habits
from reconciler.errors import UsageError
from reconciler.telemetry import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Amended:
    """The settings as they stand now.

    `changed` gives the value of each that is another than before, and `restart` names those that are others
    than at the start and can't be taken over.
    """

    habits: Habits
    changed: Mapping[str, str] = field(default_factory=dict)
    restart: tuple[str, ...] = ()


Reread = Callable[[], Amended]
"""Reads the settings anew; raises UsageError, and then nothing of them holds."""


class Reload:
    """Has the daemon go by the settings as they stand now.

    `adopt` has its parts behave otherwise; `remark` shows a sentence in the status, "" for none.
    """

    def __init__(
        self, reread: Reread, adopt: Callable[[Habits], None], remark: Callable[[str], None]
    ) -> None:
        self._reread = reread
        self._adopt = adopt
        self._remark = remark

    def __call__(self) -> None:
        """Read and take over. What is refused changes nothing, and is shown until it is mended."""
        try:
            amended = self._reread()
        except UsageError as error:
            log.error("the settings are refused, and those of before stay in force", error=error)  # noqa: TRY400 - no mistake of ours
            self._remark(f"the settings were refused, and those of before are in force: {error}")
            return
        self._adopt(amended.habits)
        if amended.changed:
            log.info("settings were taken over", settings=amended.changed)
        if amended.restart:
            log.warning("settings that differ wait for a restart", settings=list(amended.restart))
        names = ", ".join(amended.restart)
        self._remark(f"settings that differ wait for a restart: {names}" if names else "")
