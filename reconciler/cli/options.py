"""Settings as options of commands: each takes those that concern it, and is given all, resolved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from reconciler.cli import known
from reconciler.cli.grammar import SettingOption
from reconciler.errors import UsageError
from reconciler.settings import OPTIONS, Option, Settings, load_settings
from reconciler.settings.values import OneOf

_F = TypeVar("_F", bound=Callable[..., Any])

FOLDER: Final = ("manifests",)
DATABASE: Final = ("instance", "database_url")
BOARD: Final = (*DATABASE, "redis_url")
POLICY: Final = ("prune", "max_prune", "prune_cap", "self_heal")
EVERYTHING: Final = tuple(option.name for option in OPTIONS)
DAEMON: Final = tuple(name for name in EVERYTHING if name != "completion_wait")

_BY_NAME: Final = {option.name: option for option in OPTIONS}
_METAVARS: Final = {
    "manifests": "DIR",
    "source_name": "NAME",
    "instance": "NAME",
    "replica": "NAME",
    "interval": "TIME",
    "cron": "EXPR",
    "max_prune": "SHARE",
    "prune_cap": "NUMBER",
    "prune_delay": "TIME",
    "history_keep": "TIME",
    "http": "HOST:PORT",
    "http_hosts": "NAMES",
    "hook_secret": "SECRET",
    "status_ttl": "TIME",
    "drain": "TIME",
    "completion_wait": "TIME",
}
_ONE_WAY: Final = {"no_http", "embedded"}
"""Switches that nobody needs to turn off again."""


def takes(*names: str) -> Callable[[_F], _F]:
    """Give a command options for these settings; it is called with all `Settings` as its first argument.

    An option that is not given leaves the word to the environment, `reconciler.toml` and the default.
    """
    return _with_options(names, load_settings)


def attempts(*names: str) -> Callable[[_F], _F]:
    """Do as `takes`, but call the command also when the settings are wrong: then with the error."""
    return _with_options(names, _attempted)


def _attempted(flags: Mapping[str, object]) -> Settings | UsageError:
    try:
        return load_settings(flags)
    except UsageError as error:
        return error


def _with_options(names: Sequence[str], read: Callable[[Mapping[str, object]], object]) -> Callable[[_F], _F]:
    options = [_option(_BY_NAME[name]) for name in names]
    options.append(
        click.option(
            "--config",
            cls=SettingOption,
            metavar="FILE",
            shell_complete=known.files,
            help="The file with the settings. [default: reconciler.toml, if there is one]",
        )
    )

    def decorate(command: _F) -> _F:
        @functools.wraps(command)
        def called(**given: Any) -> Any:  # noqa: ANN401 - whatever the command takes and gives
            flags = {name: given.pop(name) for name in (*names, "config")}
            return command(read(flags), **given)

        for option in reversed(options):
            option(called)
        return called  # type: ignore[return-value]

    return decorate


def _option(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    default = f"  [default: {option.default}]" if option.default and not _is_switch(option) else ""
    help_text = f"{_sentence(option.help)}{default}"
    if not _is_switch(option):
        return click.option(
            option.flag,
            option.name,
            cls=SettingOption,
            metavar=_metavar(option),
            help=help_text,
            shell_complete=_completion(option),
        )
    off = "" if option.name in _ONE_WAY else f"/--no-{option.flag.removeprefix('--')}"
    return click.option(
        f"{option.flag}{off}", option.name, cls=SettingOption, is_flag=True, default=None, help=help_text
    )


def _metavar(option: Option) -> str:
    words = "|".join(option.read.words) if isinstance(option.read, OneOf) else ""
    return words or _METAVARS.get(option.name, "URL")


def _completion(option: Option) -> Callable[..., Any] | None:
    """Give what completes the value of a setting, None when anything may stand there."""
    if isinstance(option.read, OneOf):
        words = option.read.words
        return lambda _ctx, _param, incomplete: [word for word in words if word.startswith(incomplete)]
    return known.folders if option.name == "manifests" else None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith((')', '.')) else '.'}"


def _is_switch(option: Option) -> bool:
    return option.default in {"true", "false"}
