"""Manifests that are right by themselves and not together: one identity or username, claimed twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from reconciler.desired.claims import Claims, clan_of
from reconciler.desired.codes import Code
from reconciler.desired.diagnostic import Diagnostic, Related, Severity
from reconciler.desired.manifest import Manifest
from reconciler.desired.suggest import did_you_mean, neighbours
from reconciler.desired.words import tick
from reconciler.resources import ResourceKey

_RELATED: Final = 3
"""How many of the other places a diagnostic names."""


class Conflicts:
    """Finds conflicts among claims that do not change meanwhile: what was sorted once is not sorted again."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._firsts: dict[str, list[ResourceKey]] = {}

    def of(self, key: ResourceKey, declared: Sequence[Manifest]) -> Iterator[Diagnostic]:
        """Give what keeps an identity from being applied, the manifests that declare it being these."""
        if len(declared) > 1:
            told = f"{key} is declared more than once", "remove or rename all but one", "also declared here"
            for manifest in declared:
                others = islice((other for other in declared if other is not manifest), _RELATED)
                yield _conflict(Code.DUPLICATE_IDENTITY, manifest, "name", others, told)
        first = declared[0]
        clan = self._rivals(clan_of(key), self._claims.clan(key), key)
        if rivals := [self._claims.declared(other)[0] for other in clan]:
            told = f"{key} and {rivals[0].key} differ only by case", "rename one of them", "the other name"
            yield _conflict(Code.CASE_CLASH, first, "name", rivals, told)
        for username in dict.fromkeys(manifest.username for manifest in declared if manifest.username):
            bearers = self._rivals(f"={username}", self._claims.bearers(username), key)
            if rivals := [self._claims.bearing(other, username) for other in bearers]:
                told = f"two users have the username {tick(username)}", "change one of them", "the other user"
                yield _conflict(Code.DUPLICATE_USERNAME, first, "username", rivals, told)

    def _rivals(self, group: str, members: Iterable[ResourceKey], key: ResourceKey) -> list[ResourceKey]:
        """Give the first other identities of a group."""
        if group not in self._firsts:
            self._firsts[group] = sorted(set(members))[: _RELATED + 1]
        return [other for other in self._firsts[group] if other != key][:_RELATED]


def _conflict(
    code: Code, manifest: Manifest, field: str, others: Iterable[Manifest], told: tuple[str, str, str]
) -> Diagnostic:
    summary, hint, note = told
    where, excerpt = manifest.quote(field)
    related = []
    for other in others:
        place, line = other.quote(field)
        related.append(Related(place, note, line))
    return Diagnostic(
        code, where, summary, hint, excerpt=excerpt, related=tuple(related), resource=manifest.key
    )


def warn_unknown_user(manifest: Manifest, users: Sequence[str]) -> Diagnostic:
    """Warn that a workflow's user is in no manifest, so that it would have to be in the database.

    `users` are the names that there are, as `arranged` gives them.
    """
    where, excerpt = manifest.quote("user")
    summary = f"no User manifest is named {tick(manifest.user)}"
    near = did_you_mean(manifest.user, neighbours(manifest.user, users))
    hint = near or "declare it, unless the database has a user of that username"
    return Diagnostic(
        Code.UNKNOWN_USER, where, summary, hint, Severity.WARNING, excerpt, resource=manifest.key
    )
