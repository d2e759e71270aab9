"""When full passes are due: cron expressions mean what crontab(5) says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reconciler.daemon.timing import Cron, Every

SUNDAY = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_an_interval_counts_from_now() -> None:
    """Two of them may pass before the next is overdue."""
    every = Every(timedelta(minutes=5))
    assert every.next_after(SUNDAY) == SUNDAY + timedelta(minutes=5)
    assert every.overdue_after(SUNDAY) == SUNDAY + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("0 0 * * 1", "Mon 2026-11-02 00:00"),  # APScheduler's own: Tuesday
        ("0 0 * * 7", "Sun 2026-11-08 00:00"),  # APScheduler's own: refused
        ("0 0 * * 0", "Sun 2026-11-08 00:00"),
        ("0 0 * * SUN", "Sun 2026-11-08 00:00"),
        ("0 0 * * 5-7", "Fri 2026-11-06 00:00"),
        ("0 0 13 * 5", "Fri 2026-11-06 00:00"),  # either the day of the month or that of the week
        ("0 0 */2 * 1", "Mon 2026-11-09 00:00"),  # with a star, both: Monday, and an odd day
        ("30 4 1,15 * *", "Sun 2026-11-15 04:30"),
        ("*/15 * * * *", "Sun 2026-11-01 12:15"),
        ("5/20 * * * *", "Sun 2026-11-01 12:05"),
        ("0 0 29 2 *", "Tue 2028-02-29 00:00"),
        ("0 9-17/4 * jan mon", "Mon 2027-01-04 09:00"),
        ("@hourly", "Sun 2026-11-01 13:00"),
        ("@daily", "Mon 2026-11-02 00:00"),
        (" @Weekly ", "Sun 2026-11-08 00:00"),
        ("@yearly", "Fri 2027-01-01 00:00"),
    ],
)
def test_cron_means_what_unix_means(expression: str, following: str) -> None:
    """From Sunday noon, the first of November."""
    assert f"{Cron(expression).next_after(SUNDAY):%a %Y-%m-%d %H:%M}" == following


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 0 30 2 *", "bad day-of-month"),  # APScheduler's own: never fires, and says nothing
        ("0 0 31 4,6 *", "bad day-of-month"),
        ("0 0 32 * *", "bad day-of-month"),
        ("60 * * * *", "bad minute"),
        ("* 24 * * *", "bad hour"),
        ("* * * 13 *", "bad month"),
        ("* * * * 8", "bad day-of-week"),
        ("*/0 * * * *", "bad minute"),
        ("5-1 * * * *", "bad minute"),
        ("* * * *", "4 instead of 5 fields"),
        ("* * * * * *", "6 instead of 5 fields"),
        ("@reboot", "1 instead of 5 fields"),
        ("", "0 instead of 5 fields"),
    ],
)
def test_an_expression_that_makes_no_sense_or_never_comes_is_refused(expression: str, why: str) -> None:
    """At the start, not by silence."""
    with pytest.raises(ValueError, match=why.replace("(", r"\(").replace(")", r"\)")):
        Cron(expression)


def test_an_expression_is_meant_in_the_zone_of_the_time_that_it_is_asked_for() -> None:
    """Six in the morning is six on the wall, also after the clocks were put forward."""
    cron = Cron("0 6 * * *")
    winter = cron.next_after(datetime(2027, 3, 27, 5, tzinfo=BERLIN))
    summer = cron.next_after(winter)
    assert (winter.hour, summer.hour) == (6, 6)
    assert summer.astimezone(UTC) - winter.astimezone(UTC) == timedelta(hours=23)


def test_a_time_that_the_clocks_skip_comes_once() -> None:
    """Half past two does not exist on that day."""
    cron = Cron("30 2 * * *")
    skipped = cron.next_after(datetime(2027, 3, 27, 3, tzinfo=BERLIN))
    assert f"{skipped:%m-%d %H:%M}" == "03-28 03:00"
    assert f"{cron.next_after(skipped):%m-%d %H:%M}" == "03-29 02:30"


def test_a_cron_pass_is_overdue_when_it_should_have_come_twice() -> None:
    """However far apart that is."""
    assert Cron("0 0 * * 1").overdue_after(SUNDAY) == datetime(2026, 11, 9, tzinfo=UTC)
