"""When full passes are due: every so often, or as a cron expression says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from cronsim import CronSim, CronSimError

_FIELDS: Final = 5
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class Timing(Protocol):
    """Says when full passes are due. Times carry a zone, and a cron expression is meant in that zone."""

    def next_after(self, time: datetime) -> datetime:
        """Give the first time after `time` at which a full pass is due."""
        ...

    def overdue_after(self, last: datetime) -> datetime:
        """Give the time by which two more should have ended, when one ended at `last`."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """At a fixed distance."""

    interval: timedelta

    def next_after(self, time: datetime) -> datetime:
        return time + self.interval

    def overdue_after(self, last: datetime) -> datetime:
        return last + 2 * self.interval


@dataclass(frozen=True, slots=True)
class Cron:
    """By an expression of five fields, as crontab(5) means them, or a macro such as `@hourly`."""

    expression: str

    def __post_init__(self) -> None:
        """Refuse what is not an expression, and what never comes.

        Raises:
            ValueError: says what is wrong with it.

        """
        fields = self._fields().split()
        if len(fields) != _FIELDS:
            raise ValueError(f"{len(fields)} instead of {_FIELDS} fields: minute hour day month weekday")
        try:
            self.next_after(datetime(2024, 1, 1))  # noqa: DTZ001 - only asks whether it ever comes
        except CronSimError as error:
            raise ValueError(str(error).lower()) from error

    def next_after(self, time: datetime) -> datetime:
        """Give the first time after `time`.

        Raises:
            ValueError: there is none within fifty years.

        """
        found = next(CronSim(self._fields(), time), None)
        if found is None:
            raise ValueError("never comes")
        return found

    def overdue_after(self, last: datetime) -> datetime:
        return self.next_after(self.next_after(last))

    def _fields(self) -> str:
        return _MACROS.get(self.expression.strip().lower(), self.expression)
