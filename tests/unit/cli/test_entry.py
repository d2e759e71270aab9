"""Errors and exit codes, the same for every command."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import pytest

from reconciler.cli.complaint import lines
from reconciler.cli.grammar import Command, Group
from reconciler.errors import StoreUnavailable, UsageError
from tests.unit.cli.conftest import Call

HEAVY = {
    "alembic",
    "apscheduler",
    "pathspec",
    "psycopg",
    "redis",
    "rich",
    "sqlalchemy",
    "structlog",
    "watchfiles",
}
ADA = "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n"
RECONCILER = (sys.executable, "-m", "reconciler")


def raising(error: Callable[[], BaseException]) -> Group:
    """Give a program whose only command, `fail`, raises this."""

    @click.command("fail", cls=Command)
    def fail() -> None:
        raise error()

    group = Group("reconciler")
    group.add_command(fail)
    return group


def test_done_is_zero(call: Call) -> None:
    """Help and version end well, on stdout."""
    assert call("--version").out.startswith("reconciler ")
    assert call("--version").code == 0
    assert call("-h").code == 0
    assert call("validate", "--help").code == 0


def test_an_error_says_what_where_why_and_the_cure(call: Call) -> None:
    """In one shape, on stderr, and without a traceback; parts that are not known are left away."""
    lost = StoreUnavailable("it is away", where="postgresql://db/app", why="refused", fix="start it")

    told = call("fail", commands=raising(lambda: lost))

    assert told.code == 1
    assert told.out == ""
    assert told.err.splitlines() == [
        "error: it is away",
        "  where: postgresql://db/app",
        "  why:   refused",
        "  fix:   start it",
    ]
    assert call("fail", commands=raising(lambda: UsageError("no"))).err == "error: no\n"


def test_an_error_of_several_lines_fits_the_terminal_too() -> None:
    """Each of them by itself; but what is there to be copied, as SQL is, stays as it is."""
    why = "Workflow/drifted: nothing of it is left to do\n  job tile, branch_id: main"
    fix = "ALTER TABLE public.jobs\n    ADD COLUMN branch_id text NOT NULL"

    assert list(lines(UsageError("no", why=why, fix=fix), 40)) == [
        "error: no",
        "  why:   Workflow/drifted: nothing of",
        "           it is left to do",
        "           job tile, branch_id: main",
        "  fix:   ALTER TABLE public.jobs",
        "             ADD COLUMN branch_id text NOT NULL",
    ]


def test_an_error_of_a_server_leads_to_the_doctor(call: Call) -> None:
    """Unless a better cure is known."""
    told = call("fail", commands=raising(lambda: StoreUnavailable("it is away")))

    assert told.err.splitlines()[1:] == ["  fix:   `reconciler doctor` looks for the cause"]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["status", "-o", "jsn"],
            [
                "error: 'jsn' is not one of table, wide, json, yaml, name",
                "  where: reconciler status -o / --output",
                "  fix:   did you mean json? `reconciler status --help` tells more",
            ],
        ),
        (
            ["resume", "X/x"],
            [
                "error: KIND/NAME can't be read",
                "  why:   'X/x' is not KIND/NAME with a kind of User, Workflow",
                "  fix:   `reconciler resume --help` tells more",
            ],
        ),
        (
            ["suspend"],
            ["error: missing option '--reason'", "  fix:   `reconciler suspend --help` tells more"],
        ),
    ],
)
def test_a_word_that_can_not_be_read_is_told_as_a_setting_is(
    call: Call, arguments: list[str], lines: list[str]
) -> None:
    """Which one, why, and what was perhaps meant."""
    told = call(*arguments)

    assert (told.code, told.err.splitlines()) == (2, lines)


@pytest.mark.parametrize(
    ("error", "first", "fix"),
    [
        (MemoryError(), "there is not enough memory", "give it more"),
        (OSError(errno.EMFILE, "", "/x"), "too many files are open", "ulimit -n 1024"),
        (OSError(errno.ENOSPC, "", "/x"), "there is no room left", "make room"),
    ],
)
def test_what_the_machine_has_no_more_of_is_no_mistake_of_ours(
    call: Call, error: Exception, first: str, fix: str
) -> None:
    """It is told with its cure, and nobody is asked to report it."""

    def fail() -> Exception:
        return error

    told = call("fail", commands=raising(fail))

    assert (told.code, told.err.splitlines()[0]) == (1, f"error: {first}")
    assert fix in told.err
    assert "mistake" not in told.err


def test_an_argument_that_is_no_text_is_refused(call: Call, here: Path) -> None:
    """Before anything chokes on it; but a file may be called anything."""
    told = call("get", "users", "\udcff")

    assert (told.code, told.err.splitlines()[0]) == (2, "error: an argument is no text")
    name = "\udcff.yaml"
    (here / name).write_text("apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n")
    assert "is no text" not in call("validate", name).err


def test_a_folder_that_is_gone_is_told(call: Call, here: Path) -> None:
    """Somebody made the checkout anew while a shell stood in it."""
    here.rmdir()

    told = call("status")

    assert (told.code, told.err.splitlines()[0]) == (2, "error: the folder in which this runs is gone")
    assert call("version").code == 0


def test_a_mistake_of_ours_over_text_that_is_none_is_kept_too(call: Call, here: Path) -> None:
    """Telling of it must not be the next one."""
    (here / ".reconciler").mkdir()

    told = call("fail", commands=raising(lambda: ValueError("\udcff")))

    assert (told.code, "this is a mistake in reconciler" in told.err) == (1, True)
    assert len(list((here / ".reconciler").iterdir())) == 1


def test_a_cure_of_several_lines_keeps_them(call: Call) -> None:
    """SQL can be copied out of it."""
    told = call(
        "fail", commands=raising(lambda: StoreUnavailable("no", fix="run:\nalter table a;\nalter b;"))
    )

    assert told.err.splitlines()[1:] == ["  fix:   run:", "         alter table a;", "         alter b;"]


def test_an_error_breaks_between_words_and_never_within_a_command() -> None:
    """On a terminal; what is quoted stays whole, to be copied, and elsewhere nothing is broken."""
    lost = UsageError(
        "no PostgreSQL to talk to",
        why="DATABASE_URL is not set, and none runs here",
        fix="set it, or start one with `reconciler run --embedded`",
    )

    assert [*lines(lost, 40)] == [
        "error: no PostgreSQL to talk to",
        "  why:   DATABASE_URL is not set, and",
        "         none runs here",
        "  fix:   set it, or start one with",
        "         `reconciler run --embedded`",
    ]
    assert len([*lines(lost)]) == 3


def test_an_error_steers_no_terminal(call: Call) -> None:
    """What it quotes may come from anywhere."""
    assert "\x1b" not in call("fail", commands=raising(lambda: StoreUnavailable("\x1b[2J gone"))).err


def test_wrong_usage_is_two(call: Call) -> None:
    """Ours and click's alike."""
    assert call("fail", commands=raising(lambda: UsageError("no"))).code == 2
    assert call("validate", "--output").code == 2
    assert call("validate", "missing.yaml").code == 2
    assert call().code == 2


def test_a_group_without_a_command_shows_its_help(call: Call) -> None:
    """On stderr, whole: which of its commands was meant is not known."""
    for words in ((), ("db",)):
        told = call(*words)
        assert (told.code, told.out) == (2, "")
        assert "Options:\n" in told.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["stauts"], "status"),
        (["db", "upgrad"], "upgrade"),
        (["validate", "--manifest", "x"], "--manifests"),
        (["status", "-o", "jsn"], "json"),
        (["get", "workflow", "--sync", "Synct"], "Synced"),
        (["logs"], "events"),
        (["start"], "run"),
        (["lookup"], "explain"),
        (["events", "-f"], "--watch"),
        (["apply", "-f", "x.yaml"], "--manifests"),
        (["status", "--json"], "-o json"),
    ],
)
def test_a_mistyped_word_is_guessed(call: Call, arguments: list[str], meant: str) -> None:
    """Commands, options and choices."""
    told = call(*arguments)

    assert told.code == 2
    assert re.search(rf"fix: +did you mean .*{meant}", told.err)


@pytest.mark.parametrize(
    ("word", "instead"), [("delete", "take its manifest away"), ("edit", "edit its manifest")]
)
def test_what_is_done_by_a_file_is_no_command_and_told_so(call: Call, word: str, instead: str) -> None:
    """Those who come from kubectl look for it."""
    told = call(word, "workflow", "cmu-1")

    assert told.code == 2
    assert f"fix:   {instead}" in told.err


def test_a_bare_name_is_told_its_kinds(call: Call) -> None:
    """A name alone may be a user's or a workflow's."""
    told = call("history", "cmu-1")

    assert told.code == 2
    assert "did you mean Workflow/cmu-1 or User/cmu-1?" in told.err


def test_an_option_before_the_command_is_told_its_place(call: Call) -> None:
    """Other tools take such options anywhere."""
    told = call("--instance", "x", "status")

    assert told.code == 2
    assert "fix:   give it after the command: reconciler COMMAND --instance" in told.err


@pytest.mark.parametrize(
    ("option", "cure"),
    [
        ("-x", "`reconciler --help` tells more"),
        ("-V", "did you mean --version? `reconciler --help` tells more"),
    ],
)
def test_no_place_is_told_for_an_option_that_no_command_takes(call: Call, option: str, cure: str) -> None:
    """It would send whoever typed it from one refusal to the next."""
    told = call(option)

    assert told.code == 2
    assert told.err.splitlines() == [f"error: no such option '{option}'", f"  fix:   {cure}"]


def test_a_flag_that_is_given_a_value_leads_to_the_help_of_its_command(call: Call) -> None:
    """Not to that of the whole program, which does not know the flag."""
    told = call("config", "--prune=maybe")

    assert told.code == 2
    assert told.err.splitlines()[1:] == ["  fix:   `reconciler config --help` tells more"]


@pytest.mark.parametrize(
    ("asked", "same"),
    [(["help"], ["-h"]), (["help", "get"], ["get", "-h"]), (["help", "db", "check"], ["db", "check", "-h"])],
)
def test_help_is_also_a_command(call: Call, asked: list[str], same: list[str]) -> None:
    """As git, kubectl and Terraform have it."""
    assert call(*asked) == call(*same)


def test_an_interrupt_is_130(call: Call) -> None:
    """As a shell tells of Ctrl-C; nothing is printed."""
    told = call("fail", commands=raising(KeyboardInterrupt))

    assert (told.code, told.err) == (130, "")


def test_a_mistake_of_ours_is_one_line_and_a_file(call: Call, here: Path) -> None:
    """A person is not shown a traceback; whoever mends it finds one."""
    (here / ".reconciler").mkdir()

    told = call("fail", commands=raising(lambda: ZeroDivisionError("password=hunter2")))

    assert told.code == 1
    assert "Traceback" not in told.err
    (details,) = (here / ".reconciler").iterdir()
    assert str(Path(".reconciler") / details.name) in told.err
    assert "Traceback" in details.read_text()
    assert "hunter2" not in told.err + details.read_text()


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_debug_shows_where_an_error_comes_from(call: Call, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Of foreseen errors too."""
    if how == "variable":
        monkeypatch.setenv("RECONCILER_DEBUG", "1")
    flags = ["--debug"] if how == "flag" else []

    told = call("fail", *flags, commands=raising(lambda: StoreUnavailable("it is away")))

    assert told.err.startswith("error: it is away\n")
    assert "Traceback" in told.err


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_unless_asked_for(
    call: Call, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, coloured: bool
) -> None:
    """NO_COLOR goes before everything."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert ("\x1b[" in call("stauts").err) is coloured


def test_a_reader_that_hangs_up_is_no_error() -> None:
    """Quiet, with the exit code of SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run([*RECONCILER, "config"], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["--version"], 140),
        (["version"], 175),
        (["--help"], 200),
        (["validate", "-h"], 175),
        (["config"], 175),
        (["schema"], 310),
        (["validate", "."], 380),
    ],
    ids=lambda case: case[0] if isinstance(case, list) else "",
)
def test_a_short_command_loads_little(here: Path, arguments: list[str], most: int) -> None:
    """Loading modules is what it spends its time on; and counting them, no machine is too busy."""
    (here / "a.yaml").write_text(ADA)

    _, code, loaded, *heavy = loading(arguments, os.environ)

    assert (code, heavy) == ("0", [])
    assert int(loaded) <= most


def test_tab_where_no_server_runs_names_what_is_declared_and_loads_little(here: Path) -> None:
    """No driver is loaded for a server that nobody named."""
    (here / "manifests").mkdir()
    (here / "manifests" / "a.yaml").write_text(ADA)
    tab = {"_RECONCILER_COMPLETE": "fish_complete", "COMP_WORDS": "reconciler suspend ", "COMP_CWORD": ""}

    told, code, loaded, *heavy = loading([], {**os.environ, **tab, "RECONCILER_COMPLETION_WAIT": "60s"})

    assert (told, code, heavy) == ("plain,User/ada", "0", [])
    assert int(loaded) <= 420


def loading(arguments: list[str], environment: Mapping[str, str]) -> list[str]:
    """Give the last line of a command, its exit code, how many modules it loaded, and the heavy ones."""
    script = (
        "import sys\nfrom reconciler.__main__ import main\n"
        f"sys.argv[1:] = {arguments!r}\ncode = main()\n"
        f"heavy = sorted({HEAVY} & set(sys.modules))\n"
        "print(code, len(sys.modules), *heavy, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    return [(ended.stdout.splitlines() or [""])[-1].strip(), *ended.stderr.split()]


@pytest.mark.parametrize("moment", ["loading", "running", "leaving"])
def test_an_interrupt_is_quiet_in_every_phase(moment: str) -> None:
    """Also when nothing of ours is loaded yet, and when everything is done."""
    raises = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    hook = f"def now(*_):\n    {raises}\n"
    when = {
        "loading": f"{hook}sys.meta_path.insert(0, type('Late', (), {{'find_spec': now}})())",
        "running": f"{hook}import reconciler.cli.version\nreconciler.cli.version.show = now",
        "leaving": f"{hook}import atexit\natexit.register(now)",
    }

    assert told_to_end(when[moment]) == (130, "")


def told_to_end(when: str) -> tuple[int, str]:
    """Run `version` in a process of its own that was prepared in some way: how it ends, and what it says."""
    script = (
        # A shell that starts the tests in the background has them ignore Ctrl-C, and what they start as well.
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"import reconciler.__main__\nsys.argv[1:] = ['version']\n{when}\n"
        "sys.exit(reconciler.__main__.main())"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_lost_where_exceptions_are(told: signal.Signals) -> None:
    """A weak reference's callback swallows them; the import system has some."""
    when = (
        "import os, weakref, reconciler.cli.version\nclass Thing: pass\n"
        f"def tell(_):\n    os.kill(os.getpid(), {told:d})\n"
        "def now(*_):\n    thing = Thing()\n    seen = weakref.ref(thing, tell)\n    del thing\n"
        "    print('it went on', file=sys.stderr)\n"
        "reconciler.cli.version.show = now"
    )

    assert told_to_end(when) == (128 + told, "")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["validate", "-h"], ["config"]])
def test_a_full_disk_is_told_whatever_was_to_be_written(arguments: list[str]) -> None:
    """Output that is lost is no success, and no mistake of ours."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*RECONCILER, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: the output can't be written\n  why:   No space left on device\n")


def test_streams_that_are_closed_or_full_change_no_exit_code() -> None:
    """Who closed them does not want to be told; the exit code tells."""
    for words, code in (
        ("config >&-", 0),
        ("nonsense 2>&-", 2),
        ("nonsense 2>/dev/full", 2),
        ("config <&-", 0),
    ):
        command = f"{sys.executable} -m reconciler {words}"
        ended = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
        assert ended.returncode == code, words
        assert b"Traceback" not in ended.stderr
