"""How commands are spelt: `-h` and `--debug` everywhere, help in sections, examples, and "did you mean"."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from reconciler.cli.streams import write
from reconciler.errors import UsageError

NAME: Final = "reconciler"
COMPLETE: Final = "_RECONCILER_COMPLETE"
"""The variable by which a shell asks for completions instead of running a command."""

_PACKAGE: Final = "reconciler.cli"
_WIDEST: Final = 100
_CALLED_ELSEWHERE: Final = {
    "-f": ("--watch", "--manifests"),
    "-w": ("--watch",),
    "--dir": ("--manifests",),
    "--file": ("--manifests",),
    "--filename": ("--manifests",),
    "--follow": ("--watch",),
    "--format": ("-o",),
    "--json": ("-o json",),
    "--namespace": ("--instance",),
    "--selector": ("-l",),
    "--yaml": ("-o yaml",),
}
"""What kubectl, Terraform, tail and gh call options that we have by another name; the first that there is."""

_VERSION: Final = ("-v", "-V")
"""By what other tools tell their version."""
_EXPLAINED: Final = re.compile(r"(?P<call>(?P<margin> *)\S.*?) {2,}(?P<about>\S.*)")


@dataclass(slots=True)
class Session:
    """What holds for one call of the program.

    `debug`: errors show where in the code they come from. `failed` is the exit code of an error.
    """

    debug: bool = False
    failed: int = 1


class SettingOption(click.Option):
    """An option that is also a setting; help lists them apart."""


class Command(click.Command):
    """A command whose help shows its settings apart, and examples.

    `failed` is its exit code when it fails, where 1 means something else.
    """

    def __init__(self, *args: Any, examples: str = "", failed: int = 1, **kwargs: Any) -> None:  # noqa: ANN401 - as click takes them
        _prepare(kwargs)
        super().__init__(*args, **kwargs)
        self.examples = inspect.cleandoc(examples)
        self.failed = failed

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; from now on an error is one of this command."""
        ctx.ensure_object(Session).failed = self.failed
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if meant := self._called_here(error.option_name):
                raise NoSuchWord("option", error.option_name, (), ctx, meant) from error
            raise
        except click.UsageError as error:
            # Click leaves it out when a flag is given a value: help would be offered of the whole program.
            error.ctx = error.ctx or ctx
            raise

    def _called_here(self, elsewhere: str) -> str | None:
        """Give the option of ours that other tools call so, if this command takes it."""
        ours = {spelt for param in self.params for spelt in param.opts}
        known = _CALLED_ELSEWHERE.get(elsewhere, ())
        return next((option for option in known if option.split()[0] in ours), None)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what is the command's own, then the settings that it takes, then examples."""
        params = self.get_params(ctx)
        settings = [param for param in params if isinstance(param, SettingOption)]
        own = [param for param in params if not isinstance(param, SettingOption)]
        _write_options("Options", own, ctx, formatter)
        _write_options("Settings", settings, ctx, formatter)
        if settings:
            _write_sources(settings[0], formatter)
        _write_examples(self.examples, formatter)


class Group(click.Group):
    """Commands in sections; `NAME` is `command` of `reconciler.cli.NAME`, imported when it is called for.

    `elsewhere` says what other tools call them, for those who know these better; `instead` what is done where
    others have a command and we have none.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as click takes them
        sections: Mapping[str, Sequence[str]] | None = None,
        elsewhere: Mapping[str, str] | None = None,
        instead: Mapping[str, str] | None = None,
        examples: str = "",
        **kwargs: Any,  # noqa: ANN401 - as above
    ) -> None:
        _prepare(kwargs)
        super().__init__(*args, **kwargs)
        self.sections = sections or {}
        self.elsewhere = elsewhere or {}
        self.instead = instead or {}
        self.examples = inspect.cleandoc(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which help shows them."""
        return [name for names in self.sections.values() for name in names] or super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and give it, None when there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        found = import_module(f"{_PACKAGE}.{cmd_name}").command
        if not isinstance(found, click.Command):
            raise TypeError(f"{cmd_name} is no command")
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what stands before the command.

        Raises:
            NoSuchOption: an option that nothing here takes.
            UsageError: an option that only commands take, or that other tools tell their version by.

        """
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in _VERSION:
                cure = f"did you mean --version? `{ctx.command_path} --help` tells more"
                raise UsageError(f"no such option {error.option_name!r}", fix=cure) from error
            if error.possibilities or not self._some_takes(error.option_name, ctx):
                raise
            raise UsageError(
                f"{ctx.command_path} takes no option {error.option_name} before the command",
                fix=f"give it after the command: {ctx.command_path} COMMAND {error.option_name} ...",
            ) from error

    def _some_takes(self, option: str, ctx: click.Context) -> bool:
        """Whether there is a command that this option can be given to."""
        commands = (self.get_command(ctx, name) for name in self.list_commands(ctx))
        return any(option in param.opts for command in commands if command for param in command.params)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names.

        Raises:
            NoSuchWord: there is none, and this is what may have been meant.
            UsageError: there is none, and something else is done instead.

        """
        known = self.list_commands(ctx)
        if args[0] == "help":
            args = [*args[1:], "--help"]
        if args[0] in self.instead:
            raise UsageError(f"there is no command {args[0]!r}", fix=self.instead[args[0]])
        if args == ["--help"]:
            tell_and_end(ctx, f"{ctx.get_help()}\n")
        if args[0] not in known and not args[0].startswith("-"):
            raise NoSuchWord("command", args[0], known, ctx, self.elsewhere.get(args[0]))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first: they are what help of a group is asked for."""
        sections = self.sections or {"Commands": self.list_commands(ctx)}
        for title, names in sections.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            rows = [(name, found.get_short_help_str(_WIDEST)) for name, found in commands if found]
            with formatter.section(title):
                formatter.write_dl(rows)
        _write_options("Options", self.get_params(ctx), ctx, formatter)
        _write_examples(self.examples, formatter)


class NoSuchWord(click.UsageError):
    """A word that is none of those that may stand there."""

    def __init__(
        self, what: str, word: str, known: Iterable[str], ctx: click.Context, meant: str | None = None
    ) -> None:
        super().__init__(f"there is no {what} {word!r}", ctx)
        self.possibilities = [meant] if meant else get_close_matches(word, list(known))


def _prepare(kwargs: dict[str, Any]) -> None:
    """Give a command `-h`, a line as wide as the terminal, and `--debug`."""
    kwargs.setdefault("context_settings", {})
    kwargs["context_settings"] |= {
        "help_option_names": [],
        "max_content_width": _WIDEST,
        "terminal_width": None,
    }
    kwargs["params"] = [*(kwargs.get("params") or ()), _debug_option(), _help_option()]


def _debug_option() -> click.Option:
    def note(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
        if value:
            ctx.ensure_object(Session).debug = True

    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=note,
        help="Show where in the code an error comes from.",
    )


def _help_option() -> click.Option:
    """Give `-h`. Click's own would take a full disk for a mistake of ours."""

    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
        if value and not ctx.resilient_parsing:
            tell_and_end(ctx, f"{ctx.get_help()}\n")

    return click.Option(
        ["-h", "--help"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show this message and exit.",
    )


def tell_and_end(ctx: click.Context, text: str) -> NoReturn:
    """Write text to stdout, and end the command well."""
    write(text)
    ctx.exit()


def _write_options(
    title: str, params: Iterable[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    options = (param for param in params if isinstance(param, click.Option))
    records = [record for option in options if (record := option.get_help_record(ctx))]
    if records:
        with formatter.section(title):
            formatter.write_dl(records)


def _write_sources(setting: click.Parameter, formatter: click.HelpFormatter) -> None:
    variable = f"{NAME}_{setting.name}".upper()
    with formatter.indentation():
        formatter.write_paragraph()
        formatter.write_text(
            f"Each may also be a variable, such as {variable}, or a line of {NAME}.toml;"
            f" `{NAME} config` shows what holds."
        )


def _write_examples(examples: str, formatter: click.HelpFormatter) -> None:
    if examples:
        with formatter.section("Examples"):
            for line in examples.splitlines():
                for part in _fitting(line, formatter.width - formatter.current_indent):
                    formatter.write(f"{' ' * formatter.current_indent}{part}".rstrip() + "\n")


def _fitting(line: str, width: int) -> list[str]:
    """Break a line that is too wide before what explains the call; that stays whole, to be copied."""
    found = _EXPLAINED.fullmatch(line) if len(line) > width else None
    return [found["call"], f"{found['margin']}    {found['about']}"] if found else [line]
