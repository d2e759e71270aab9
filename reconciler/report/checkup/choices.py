"""Judgement of the settings: what contradicts itself, and what is likely meant otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.report.checkup.facts import Choices
from reconciler.report.checkup.remark import Remark, ok, warn


def judge_choices(choices: Choices) -> Iterator[Remark]:
    """Tell of settings that could all be read."""
    found = [warn("settings", text, cure) for text, cure in _doubts(choices)]
    yield from found or [ok("settings", "could all be read")]


def _doubts(choices: Choices) -> Iterator[tuple[str, str]]:
    if choices.embedded and choices.database:
        yield (
            "--embedded brings a PostgreSQL along, and DATABASE_URL names another: `run` refuses both",
            "unset DATABASE_URL, or leave --embedded out",
        )
    if choices.session and not choices.database:
        yield "session_url is set without database_url", "set DATABASE_URL, or unset RECONCILER_SESSION_URL"
    if choices.redis and not choices.database and not choices.embedded:
        yield "REDIS_URL is set without DATABASE_URL", "set DATABASE_URL, or unset REDIS_URL"
    if choices.database and not choices.redis:
        yield (
            "no Redis is configured: the status is in PostgreSQL alone, and there is no stream of events",
            "set REDIS_URL",
        )
    if choices.prune and not choices.max_prune:
        yield (
            "pruning is on, but max_prune allows none without approval",
            "set RECONCILER_MAX_PRUNE, such as 30%, or turn pruning off",
        )
    for name in choices.strange:
        yield f"{name} looks like a setting, and is none", f"unset {name}; `reconciler config` lists all"
