"""Plans in files: made here, read here, and compared with where they are to be carried out."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from reconciler import __version__
from reconciler.app.counter import desk
from reconciler.app.places import source_name
from reconciler.daemon.clock import SystemClock
from reconciler.errors import PlanStale, ReconcilerError, UsageError
from reconciler.plan import Policy
from reconciler.report.saved import Origin, SavedPlan, Terms, from_text, to_text
from reconciler.report.steps import PlanReport
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.reconcile import Draft

_NAME_IT: Final = "name the file that `reconciler plan --out FILE` wrote"
_LARGEST: Final = 1 << 30
"""Bytes of a file that is taken for a plan."""


def policy_of(settings: Settings) -> Policy:
    """Give what the settings let a pass do."""
    return Policy(
        prune=settings.prune,
        self_heal=settings.self_heal,
        max_prune=settings.max_prune,
        prune_cap=settings.prune_cap,
    )


def origin(settings: Settings) -> Origin:
    """Say of what a plan is made here."""
    from reconciler.store.identity import identify

    with desk(settings) as connection:
        database, unique = identify(connection)
    return Origin(settings.instance, source_name(settings), database, unique)


def keep_plan(settings: Settings, draft: Draft) -> SavedPlan:
    """Make of a draft what can be saved, or handed to the daemon."""
    return SavedPlan(
        program=__version__,
        made_at=SystemClock().now(),
        origin=origin(settings),
        terms=Terms.of(policy_of(settings)),
        report=PlanReport.of(draft.plan, draft.actual, draft.part),
        plan=draft.plan,
    )


def save_plan(saved: SavedPlan, path: Path) -> None:
    """Write a plan into a file that its owner alone may read: whole, or not at all.

    Raises:
        ReconcilerError: it can't be written.

    """
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            draft = Path(file.name)
            try:
                file.write(to_text(saved))
                file.flush()
                os.fsync(file.fileno())
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
    except OSError as error:
        why = error.strerror or str(error)
        raise ReconcilerError(
            "the plan can't be saved",
            where=str(path),
            why=why,
            fix="give a file in a folder that is there, and in which you may write",
        ) from error


def load_plan(path: Path) -> SavedPlan:
    """Read a plan from a file.

    Raises:
        UsageError: there is none, or it can't be read.
        PlanStale: it was edited or cut short.

    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(
                "this is no saved plan", where=str(path), why="it is far too large for one", fix=_NAME_IT
            )
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(
            "the plan can't be read", where=str(path), why=why or str(error), fix=_NAME_IT
        ) from error
    return from_text(text, str(path))


def refuse_elsewhere(saved: SavedPlan, here: Origin) -> None:
    """Refuse a plan that was made of something else.

    Raises:
        PlanStale: for another instance, source or database; all that are others are named.

    """
    there = saved.origin
    pairs = (
        ("database", *_databases(there, here)),
        ("instance", there.instance, here.instance),
        ("source", there.source, here.source),
    )
    others = [(what, then, now) for what, then, now in pairs if then != now]
    if others:
        raise PlanStale(
            f"the plan was made for another {' and another '.join(what for what, _, _ in others)}",
            why="\n".join(f"then {then}, here {now}" for _, then, now in others),
            fix="carry it out where it was made for, or make a new one here",
        )


def _databases(there: Origin, here: Origin) -> tuple[str, str]:
    """Name two databases so that those of one name can be told apart."""
    if there.database != here.database or there.database_id == here.database_id:
        return there.database, here.database
    return f"{there.database} ({there.database_id})", f"{here.database} ({here.database_id})"
