"""Settings: who wins, what is refused, and how it is shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.daemon.timing import Cron, Every
from reconciler.errors import UsageError
from reconciler.settings import OPTIONS, Address, Secret, Settings, load_settings

URL = "postgresql://ada:s3cret@db.example.org/slides"


def _load(
    folder: Path, flags: Mapping[str, object] | None = None, file: str | None = None, **environment: str
) -> Settings:
    if file is not None:
        (folder / "reconciler.toml").write_text(file, encoding="utf-8")
    return load_settings(flags or {}, environment, folder)


def _refusal(folder: Path, flags: Mapping[str, object] | None = None, **more: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        _load(folder, flags, **more)
    return caught.value


# --- who wins ----------------------------------------------------------------------------------------------


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    """As the product promises them."""
    settings = _load(tmp_path)
    assert settings.manifests == tmp_path / "manifests"
    assert settings.instance == "default"
    assert settings.timing == Every(timedelta(seconds=60))
    assert (settings.prune, settings.max_prune, settings.prune_cap) == (False, 0.3, 1000)
    assert settings.prune_delay == timedelta(seconds=10)
    assert settings.self_heal
    assert settings.http == Address("127.0.0.1", 8000)
    assert (settings.embedded, settings.database_url, settings.redis_url) == (False, None, None)


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    """Each as far as it says anything."""
    settings = _load(
        tmp_path,
        {"prune_cap": "3", "max_prune": None},
        'prune_cap = 1\nmax_prune = "10%"\ninstance = "file"\n',
        RECONCILER_PRUNE_CAP="2",
        RECONCILER_MAX_PRUNE="20%",
    )
    assert (settings.prune_cap, settings.max_prune, settings.instance) == (3, 0.2, "file")


def test_every_value_says_where_it_comes_from(tmp_path: Path) -> None:
    """The flag, the variable, the line of the file, or that it is the default."""
    settings = _load(
        tmp_path, {"prune": True}, '# ours\n\ninterval = "5m"\n', RECONCILER_MAX_PRUNE="5%", DATABASE_URL=URL
    )
    shown = {one.name: (one.value, one.origin) for one in settings.shown()}
    assert shown["prune"] == ("true", "--prune")
    assert shown["interval"] == ("5m", "reconciler.toml:3")
    assert shown["max_prune"] == ("5%", "RECONCILER_MAX_PRUNE")
    assert shown["database_url"] == ("postgresql://***@db.example.org/slides", "DATABASE_URL")
    assert shown["instance"] == ("default", "default")
    assert set(shown) == {option.name for option in OPTIONS}


def test_our_own_variable_beats_the_one_that_everybody_uses(tmp_path: Path) -> None:
    """A shell often has a DATABASE_URL that is meant for something else."""
    settings = _load(tmp_path, DATABASE_URL="postgresql://other/x", RECONCILER_DATABASE_URL=URL)
    assert settings.database_url == Secret(URL)


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    """As a compose file leaves it when nobody set it; `run` then refuses for want of a database."""
    assert _load(tmp_path, DATABASE_URL="", RECONCILER_PRUNE="").database_url is None


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """Without the line break with which editors end it."""
    (tmp_path / "url").write_text(URL + "\n")
    settings = _load(tmp_path, DATABASE_URL_FILE=str(tmp_path / "url"))
    assert settings.database_url is not None
    assert settings.database_url.reveal() == URL
    assert str(settings.found["database_url"].origin) == "DATABASE_URL_FILE"


def test_paths_are_relative_to_the_place_where_they_stand(tmp_path: Path) -> None:
    """In the file: to the file; on the command line: to the folder one is in."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "r.toml").write_text('manifests = "studies"\n')
    settings = _load(tmp_path, {"config": "etc/r.toml"})
    assert settings.manifests == tmp_path / "etc" / "studies"
    assert str(settings.found["manifests"].origin) == "etc/r.toml:1"
    assert _load(tmp_path, {"manifests": "here"}).manifests == tmp_path / "here"
    assert _load(tmp_path, {"manifests": "/srv/m"}).manifests == Path("/srv/m")
    assert _load(tmp_path, RECONCILER_CONFIG="etc/r.toml").manifests == tmp_path / "etc" / "studies"


def test_a_source_may_have_a_name(tmp_path: Path) -> None:
    """That of its repository, for example; by default it has none but its path."""
    assert _load(tmp_path).source_name is None
    named = _load(tmp_path, file='source_name = "github.com/acme/studies"\n')
    assert named.source_name == "github.com/acme/studies"


def test_cron_or_interval_whichever_was_said_louder(tmp_path: Path) -> None:
    """A flag overrules the file, also when the file said the other one."""
    file = 'cron = "0 6 * * 1"\n'
    assert _load(tmp_path, file=file).timing == Cron("0 6 * * 1")
    assert _load(tmp_path, {"interval": "5s"}, file).timing == Every(timedelta(seconds=5))
    assert _refusal(tmp_path, {"interval": "5s", "cron": "@hourly"}).where == "--cron and --interval"


def test_http_can_be_left_out(tmp_path: Path) -> None:
    """By any voice that is louder than the one that asked for it."""
    file = 'http = "[::1]:9000"\n'
    assert _load(tmp_path, file=file).http == Address("::1", 9000)
    assert _load(tmp_path, {"no_http": True}, file).http is None
    assert _load(tmp_path, {"http": "0.0.0.0:80"}, "no_http = true\n").http == Address("0.0.0.0", 80)  # noqa: S104 - only read
    assert "exclude each other" in _refusal(tmp_path, {"http": "h:1", "no_http": True}).what


def test_settings_are_read_anew_with_the_flags_and_variables_of_the_start(tmp_path: Path) -> None:
    """Only files can have changed; what was said louder still counts."""
    before = _load(tmp_path, {"prune_cap": "5"}, 'interval = "1m"\nprune_cap = 9\n', RECONCILER_PRUNE="true")
    (tmp_path / "reconciler.toml").write_text('interval = "2m"\nprune_cap = 8\nhttp = "h:1"\nprune = false\n')

    after = before.reread()

    assert (after.timing, after.prune_cap, after.prune) == (Every(timedelta(minutes=2)), 5, True)
    told = {one.name: (one.later, one.live) for one in before.differences(after)}
    assert told == {"interval": ("2m", True), "http": ("h:1", False)}
    assert list(after.differences(after.reread())) == []


def test_a_secret_that_changed_is_a_difference_that_shows_nothing(tmp_path: Path) -> None:
    """Masked it looks the same."""
    secret = tmp_path / "url"
    secret.write_text(URL)
    before = _load(tmp_path, DATABASE_URL_FILE=str(secret))
    secret.write_text(URL.replace("s3cret", "other"))

    (difference,) = before.differences(before.reread())

    assert (difference.name, difference.live) == ("database_url", False)
    assert "other" not in repr(difference)


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("interval", "60"),
        ("interval", "-5s"),
        ("interval", "0s"),
        ("interval", "1y"),
        ("interval", "5m30"),
        ("interval", "999999999999999d"),
        ("max_prune", "30"),
        ("max_prune", "130%"),
        ("max_prune", "nan"),
        ("prune_cap", "-1"),
        ("prune_cap", "1e3"),
        ("prune", "maybe"),
        ("instance", "a:b"),
        ("instance", ""),
        ("instance", "a" * 64),
        ("http", "8000"),
        ("http", "h:65536"),
        ("cron", "0 0 30 2 *"),
        ("cron", "* * *"),
        ("cron", "@reboot"),
        ("log_level", "loud"),
        ("redis_url", "http://h"),
        ("database_url", "mysql://h/d"),
        ("database_url", "host=h dbname=d"),
        ("manifests", " "),
        ("source_name", "https://me:s3cret@git.example.org/studies"),
        ("source_name", "a\tb"),
        ("source_name", ""),
        ("history_keep", "59m"),
        ("history_keep", "90"),
        ("history_keep", "200w 99999d"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_its_place(tmp_path: Path, name: str, raw: str) -> None:
    """Whoever gave it is told where, and why not."""
    error = _refusal(tmp_path, {name: raw})
    assert error.where == f"--{name.replace('_', '-')}"
    assert error.what == f"{name} can't be read"
    assert error.why


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("250ms", 0.25), ("60s", 60), ("1h30m", 5400), ("1.5 s", 1.5), ("1d", 86400)],
)
def test_durations_are_given_with_their_unit(tmp_path: Path, raw: str, seconds: float) -> None:
    """Or with several."""
    assert _load(tmp_path, {"prune_delay": raw}).prune_delay == timedelta(seconds=seconds)


def test_what_was_may_be_kept_for_ever(tmp_path: Path) -> None:
    """Or for weeks, but not for less than the hour that budgets look back on."""
    kept = [_load(tmp_path, {"history_keep": raw}).history_keep for raw in ("12w", "1d", "0", "0s")]
    assert kept == [timedelta(weeks=12), timedelta(days=1), timedelta(0), timedelta(0)]


def test_the_cure_is_told(tmp_path: Path) -> None:
    """In the words of whoever has to write it."""
    assert str(_refusal(tmp_path, RECONCILER_INTERVAL="60")) == (
        "interval can't be read (RECONCILER_INTERVAL): '60' is not a number with a unit; "
        "give it with a unit: 250ms, 60s, 5m, 1h30m"
    )


def test_a_settings_file_that_leads_nowhere_is_not_taken_for_none(tmp_path: Path) -> None:
    """A volume that is not mounted must not turn everything back to its default."""
    (tmp_path / "reconciler.toml").symlink_to("elsewhere/reconciler.toml")

    with pytest.raises(UsageError, match="can't be read"):
        load_settings({}, {}, tmp_path)


def test_an_unknown_key_of_the_file_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    """At its line."""
    error = _refusal(tmp_path, file='instance = "x"\nmax-prun = "5%"\n')
    assert (error.where, error.fix) == ("reconciler.toml:2", "did you mean max_prune?")
    error = _refusal(tmp_path, file="[database]\nurl = 1\n")
    assert error.where == "reconciler.toml:1"
    assert "database_url" in error.fix


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    """With the place that the parser names."""
    assert _refusal(tmp_path, file="interval = 60s\n").where == "reconciler.toml:1:14"
    (tmp_path / "reconciler.toml").write_bytes(b"\xff\xfe")
    assert _refusal(tmp_path).what == "the settings file is not TOML"


def test_a_table_where_a_value_is_wanted_is_refused(tmp_path: Path) -> None:
    """A list of folders, for instance."""
    error = _refusal(tmp_path, file='manifests = ["a", "b"]\n')
    assert (error.where, error.why) == ("reconciler.toml:1", "it is a list")


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """Only the usual one may be missing."""
    assert _refusal(tmp_path, {"config": "none.toml"}).where == "none.toml"


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    """A limit that does not hold because of a typing error would be found out by what it deletes."""
    error = _refusal(tmp_path, RECONCILER_MAX_PRUN="5%")
    assert (error.where, error.fix) == ("RECONCILER_MAX_PRUN", "did you mean RECONCILER_MAX_PRUNE?")


def test_what_kubernetes_sets_for_a_service_of_our_name_is_let_be(tmp_path: Path) -> None:
    """It gives every pod the addresses of services, under their names."""
    names = [
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_8000_TCP",
        "PORT_8000_TCP_ADDR",
    ]
    environment = {f"RECONCILER_{name}": "tcp://10.0.0.1:8000" for name in names}
    assert load_settings({}, environment, tmp_path).http


def test_a_secret_given_twice_or_not_readable_is_refused(tmp_path: Path) -> None:
    """Nobody should have to guess which database is meant."""
    (tmp_path / "empty").write_text("\n")
    file = str(tmp_path / "none")
    assert _refusal(tmp_path, DATABASE_URL=URL, DATABASE_URL_FILE=file).what == "database_url is given twice"
    assert _refusal(tmp_path, REDIS_URL_FILE=file).where == f"REDIS_URL_FILE={file}"
    assert _refusal(tmp_path, REDIS_URL_FILE=str(tmp_path / "empty")).what == "a secret is empty"


# --- secrets -----------------------------------------------------------------------------------------------


def test_a_secret_never_shows(tmp_path: Path) -> None:
    """Not in the settings as text, not in what is wrong with it."""
    settings = _load(tmp_path, DATABASE_URL=URL)
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings.database_url)
    assert "s3cret" not in str(_refusal(tmp_path, DATABASE_URL="mysql://ada:s3cret@h/d"))


# --- cost --------------------------------------------------------------------------------------------------


def test_reading_settings_loads_nothing_heavy() -> None:
    """Every command begins with it, `--help` included."""
    heavy = "apscheduler", "pydantic", "psycopg", "redis", "sqlalchemy", "structlog", "watchfiles", "yaml"
    program = f"import sys, reconciler.settings; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("url", ["postgresql://me:hunter2@[::1/app", "postgresql://me:hunter2\udcff@db/app"])
def test_a_url_that_can_not_be_read_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    """What a parser quotes of it may be the password."""
    refusal = _refusal(tmp_path, DATABASE_URL=url)

    assert "write @ / % as" in refusal.why
    assert "hun" not in str(refusal)
