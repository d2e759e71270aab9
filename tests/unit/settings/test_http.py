"""The settings of HTTP: names, and the secret of webhooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.settings import Settings, hand_over, load_settings, take_over


def _load(folder: Path, **environment: str) -> Settings:
    return load_settings({}, environment, folder)


def test_names_are_read_with_commas_in_between(tmp_path: Path) -> None:
    """In lower case, as they are compared."""
    assert _load(tmp_path, RECONCILER_HTTP_HOSTS="A.example, 10.0.0.7").http_hosts == (
        "a.example",
        "10.0.0.7",
    )
    with pytest.raises(UsageError, match="no name of a host"):
        _load(tmp_path, RECONCILER_HTTP_HOSTS="https://a.example/")


def test_nothing_of_a_webhooks_secret_is_shown(tmp_path: Path) -> None:
    """Nor is one taken that could be guessed; it may come from a file."""
    (tmp_path / "secret").write_text("correct horse battery\n")
    settings = _load(tmp_path, RECONCILER_HOOK_SECRET_FILE=str(tmp_path / "secret"))
    assert settings.hook_secret is not None
    assert settings.hook_secret.reveal() == "correct horse battery"
    assert "correct" not in repr(settings) + str(list(settings.shown()))
    with pytest.raises(UsageError, match="fewer than 16") as refused:
        _load(tmp_path, RECONCILER_HOOK_SECRET="too short")
    assert "too short" not in str(refused.value)


def test_another_process_is_handed_the_same_settings(tmp_path: Path) -> None:
    """Secrets too, and where each value comes from."""
    (tmp_path / "reconciler.toml").write_text('manifests = "m"\n')
    url = "postgresql://ada:secret@db/app"
    settings = _load(tmp_path, RECONCILER_HTTP_HOSTS="a.example", DATABASE_URL=url)
    taken = take_over(hand_over(settings))
    assert taken == settings
    assert taken.found == settings.found
    assert taken.database_url is not None
    assert taken.database_url.reveal() == url
