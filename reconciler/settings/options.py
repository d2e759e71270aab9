"""Every setting there is: its name, how it is read, what it is when nobody says, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from reconciler.settings import values

PREFIX: Final = "RECONCILER_"
_A_TIME: Final = "give it with a unit: 250ms, 60s, 5m, 1h30m"
_A_NAME: Final = "give a name such as staging or host-1"
_A_WORD: Final = "give one of these words"
_YES_OR_NO: Final = "say true or false"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `default` is written as a person would; "" stands for none.

    A secret may also be read from a file that an environment variable `…_FILE` names. `variables` are further
    environment variables in which it is looked for. One that is `live` is taken over on SIGHUP; others wait
    for the next start.
    """

    name: str
    default: str
    read: Callable[[str], Any]
    help: str
    fix: str
    secret: bool = False
    variables: tuple[str, ...] = ()
    live: bool = False

    @property
    def flag(self) -> str:
        """How it is given on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def environment(self) -> tuple[str, ...]:
        """The environment variables that give it, the strongest first."""
        return (f"{PREFIX}{self.name.upper()}", *self.variables)


def _span(at_least: float, at_most: float) -> Callable[[str], timedelta]:
    return values.duration(timedelta(seconds=at_least), timedelta(seconds=at_most))


OPTIONS: Final = (
    Option("manifests", "manifests", values.path, "the folder with the manifests", "name a folder"),
    Option(
        "source_name",
        "",
        values.label,
        "what their source is called on record, wherever it is checked out (default: the folder's path)",
        "give a name that all checkouts of the manifests share, without credentials",
    ),
    Option("instance", "default", values.name, "the name that this daemon and its replicas go by", _A_NAME),
    Option(
        "replica",
        "",
        values.name,
        "the name of this process among its replicas (default: host and process)",
        _A_NAME,
    ),
    Option(
        "interval",
        "60s",
        _span(1, 7 * 86400),
        "how often everything is looked at, events or none",
        _A_TIME,
        live=True,
    ),
    Option(
        "cron",
        "",
        values.cron,
        "when everything is looked at, instead of an interval",
        "give five fields as crontab(5) has them: '*/5 * * * *', '0 6 * * 1'",
        live=True,
    ),
    Option("prune", "false", values.switch, "delete rows whose manifest is gone", _YES_OR_NO, live=True),
    Option(
        "max_prune",
        "30%",
        values.share,
        "how many of its resources an hour may prune",
        "give 30% or 0.3",
        live=True,
    ),
    Option(
        "prune_cap",
        "1000",
        values.count,
        "how many resources an hour may prune, whatever the share",
        "give a whole number, such as 1000",
        live=True,
    ),
    Option(
        "prune_delay",
        "10s",
        _span(0, 86400),
        "how long a manifest is missing before it is gone",
        _A_TIME,
        live=True,
    ),
    Option("self_heal", "true", values.switch, "put back what somebody else changed", _YES_OR_NO, live=True),
    Option(
        "history_keep",
        "90d",
        values.age(timedelta(days=1), timedelta(days=36_500)),
        "how long history, passes and what people asked for are kept; 0: for ever",
        "give it with a unit: 90d, 12w; 0 keeps everything",
        live=True,
    ),
    Option("http", "127.0.0.1:8000", values.address, "where HTTP is served", "give HOST:PORT"),
    Option(
        "http_hosts",
        "",
        values.hosts,
        "further names under which HTTP may be asked for, with commas in between",
        "give them without ports: reconciler.example, 10.0.0.7",
    ),
    Option(
        "hook_secret",
        "",
        values.phrase,
        "what webhooks are signed with; without it there are none",
        "give at least 16 characters, best by RECONCILER_HOOK_SECRET_FILE",
        secret=True,
    ),
    Option("no_http", "false", values.switch, "serve no HTTP", _YES_OR_NO),
    Option("embedded", "false", values.switch, "bring PostgreSQL and Redis along", _YES_OR_NO),
    Option(
        "database_url",
        "",
        values.url("postgresql", "postgres"),
        "where PostgreSQL is",
        "give postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        secret=True,
        variables=("DATABASE_URL",),
    ),
    Option(
        "session_url",
        "",
        values.url("postgresql", "postgres"),
        "where PostgreSQL is without a pooler in between, for lock and notifications",
        "give postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        secret=True,
    ),
    Option(
        "redis_url",
        "",
        values.url("redis", "rediss", "unix"),
        "where Redis is",
        "give redis://HOST:PORT/0, rediss:// for TLS, or unix:///PATH",
        secret=True,
        variables=("REDIS_URL",),
    ),
    Option("status_ttl", "30s", _span(5, 3600), "how long Redis keeps a heartbeat", _A_TIME),
    Option(
        "drain",
        "25s",
        _span(0, 3600),
        "how long a pass may take to end when the daemon stops",
        _A_TIME,
        live=True,
    ),
    Option(
        "completion_wait",
        "250ms",
        _span(0.01, 60),
        "how long PostgreSQL may take to tell names to whoever presses Tab",
        _A_TIME,
    ),
    Option(
        "log_level",
        "info",
        values.OneOf("debug", "info", "warning", "error"),
        "what is logged",
        _A_WORD,
        live=True,
    ),
    Option(
        "log_format",
        "auto",
        values.OneOf("auto", "console", "json"),
        "how it is logged; auto: text on a terminal, JSON elsewhere",
        _A_WORD,
    ),
)

BY_NAME: Final = {option.name: option for option in OPTIONS}
