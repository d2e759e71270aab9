"""What every command tells of itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from reconciler.cli.grammar import Command, Group
from reconciler.cli.program import SECTIONS, program
from tests.unit.cli.conftest import Call


def commands(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command that there is, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*words, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*words, name))


COMMANDS = dict(commands(program))


def test_help_lists_every_command(call: Call) -> None:
    """In sections, each with a sentence."""
    told = call("--help").out

    for title, names in SECTIONS.items():
        assert f"{title}:\n" in told
        for name in names:
            assert f"\n  {name} " in told


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(
    call: Call, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence, examples that call it, `-h`, and no line wider than a terminal of eighty columns."""
    monkeypatch.setenv("COLUMNS", "80")
    told = call(*words, "-h")

    assert told.code == 0
    assert f"reconciler {' '.join(words)}" in told.out.partition("Examples:\n")[2]
    assert max(map(len, told.out.splitlines())) <= 80
    assert "--debug" in told.out


_CALL = re.compile(r"(?:^|[\s(])reconciler ((?:'[^']*'|\"[^\"]*\"|[^&|>#;)'\"])*?)(?= {2,}| *[&|>#;)]|$)")
"""A call of the program, up to what explains it or to what a shell does with it."""


def examples(command: click.Command) -> Iterator[list[str]]:
    """Give the words after `reconciler` of every example, without what the shell makes of the line."""
    assert isinstance(command, Command | Group)
    for line in command.examples.splitlines():
        if found := _CALL.search(line):
            yield shlex.split(found[1])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_examples_are_what_the_command_takes(words: tuple[str, ...]) -> None:
    """Every flag and every choice in them exists."""
    for line in examples(COMMANDS[words]):
        path = max((path for path in COMMANDS if tuple(line[: len(path)]) == path), key=len)
        command = COMMANDS[path]
        context = click.Context(command, info_name="reconciler", **command.context_settings)
        given, left, _ = command.make_parser(context).parse_args(line[len(path) :])
        assert left == [], line
        for param in command.params:
            value = given.get(param.name or "")
            if isinstance(param.type, click.Choice) and isinstance(value, str):
                param.type.convert(value, param, context)


def test_the_program_shows_how_to_begin(call: Call) -> None:
    """Whoever types its name alone wants to know that."""
    told = call("-h").out.partition("Examples:\n")[2]

    assert "reconciler run --embedded" in told


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    """No option is left to be guessed."""
    command = COMMANDS[words]
    assert isinstance(command, Command | Group)
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{' '.join(words)} {option.name}"


def test_settings_stand_apart(call: Call) -> None:
    """What is also a variable and a line of the file, from what is the command's own."""
    own, _, settings = call("status", "-h").out.partition("Settings:\n")

    assert "--daemon" in own
    assert "--redis-url URL" in settings
    assert "[default: default]" in settings
