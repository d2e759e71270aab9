"""What is said of a list that lacks what was asked for: what that was, and which of it was perhaps meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler import app
from reconciler.cli.unknown import likeliest
from reconciler.desired.suggest import did_you_mean
from reconciler.resources import JobStatus, Kind, ResourceKey, WorkflowStatus
from reconciler.settings import Settings
from reconciler.store import vocabulary
from reconciler.store.wanted import Wanted

_STATUSES: Final = (*WorkflowStatus, *JobStatus)
_CALLED: Final = {"UserList": "users", "WorkflowList": "workflows", "JobList": "jobs", "SyncList": "passes"}


def sought(kind: str, wanted: Wanted) -> str:
    """Say what there is none of: `no jobs of workflow cmu-1, with status FAILED`; `kind` is a page's."""
    labels = [f"{label}={value}" for label, value in sorted(wanted.labels.items())]
    parts = [
        ("called", " or ", wanted.names),
        ("of workflow", " or ", wanted.workflows),
        ("of user", " or ", wanted.users),
        ("that stand", " or ", wanted.syncs),
        ("with status", " or ", wanted.statuses),
        ("in branch" if kind == "JobList" else "with a job in branch", " or ", wanted.branches),
        ("with label", " and ", labels),
        ("with this in their name:", "", [wanted.search] if wanted.search else []),
    ]
    said = [f"{words} {between.join(values)}" for words, between, values in parts if values]
    where = "" if wanted.everything else f" in instance {wanted.instance}"
    return f"no {_CALLED[kind]}{where}{' ' if said else ''}{', '.join(said)}"


def hints(settings: Settings, wanted: Wanted) -> Iterator[str]:
    """Say what of it nothing has at all: those are mistyped, more likely than not."""
    for status in wanted.statuses:
        if status not in _STATUSES:
            yield _hint(f"no status of ours is called {status}", status, _STATUSES)
    everything = wanted.everything
    if wanted.branches:
        with app.desk(settings) as connection:
            branches = vocabulary.branches(connection, wanted.instance, everything=everything)
        for branch in wanted.branches:
            if branch not in branches:
                yield _hint(f"no job is in a branch {branch}", branch, branches)
    if wanted.labels:
        with app.desk(settings) as connection:
            known = vocabulary.labels(connection, wanted.instance, everything=everything)
        for label, value in wanted.labels.items():
            values = [other for name, other in known if name == label]
            if not values:
                yield _hint(f"nothing has a label {label}", label, dict.fromkeys(name for name, _ in known))
            elif value not in values:
                yield _hint(f"nothing has {label}={value}", value, values)


def absent(settings: Settings, wanted: Wanted) -> Iterator[str]:
    """Say which of the workflows and users that rows are asked for of are not there."""
    for name in wanted.workflows:
        known = app.names(settings, Kind.WORKFLOW, name, everything=wanted.everything)
        if name not in known:
            key = ResourceKey(Kind.WORKFLOW, name)
            yield f"there is no {key}; {likeliest(key, known)}"
    for name in wanted.users:
        with app.desk(settings) as connection:
            people = vocabulary.usernames(connection, name)
        if name not in people and name not in app.names(settings, Kind.USER, name):
            yield _hint(f"there is no user with the username {name}", name, people)


def _hint(what: str, word: str, candidates: Iterable[str]) -> str:
    meant = did_you_mean(word, candidates)
    return f"{what}; {meant}" if meant else what
