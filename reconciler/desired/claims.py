"""Who declares what, and who comes in whose way: the index behind the catalogue."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from reconciler.desired.diagnostic import Diagnostic
from reconciler.desired.manifest import Manifest, ParsedFile
from reconciler.resources import Kind, ResourceKey

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Claims:
    """Every manifest by its identity, by what must be unique beside it, and by the user that it names.

    Lists hold one element nearly always; only hostile input makes them long.
    """

    def __init__(self) -> None:
        self._declared: dict[ResourceKey, list[Manifest]] = {}
        self._clans: dict[str, list[ResourceKey]] = {}
        self._bearers: dict[str, list[ResourceKey]] = {}
        self._referring: dict[str, set[ResourceKey]] = {}
        self._broken: dict[ResourceKey, list[Diagnostic]] = {}

    def add(self, file: ParsedFile) -> None:
        """Take a file in."""
        for manifest in file.manifests:
            _append(self._declared, manifest.key, manifest)
            _append(self._clans, clan_of(manifest.key), manifest.key)
            if manifest.key.kind is Kind.USER:
                _append(self._bearers, manifest.username, manifest.key)
            else:
                self._referring.setdefault(manifest.user, set()).add(manifest.key)
        for key in file.claims:
            _append(self._broken, key, _mistake_of(file, key))

    def remove(self, file: ParsedFile) -> None:
        """Forget a file that was taken in."""
        for manifest in file.manifests:
            _drop(self._declared, manifest.key, manifest)
            _drop(self._clans, clan_of(manifest.key), manifest.key)
            if manifest.key.kind is Kind.USER:
                _drop(self._bearers, manifest.username, manifest.key)
            elif all(other.user != manifest.user for other in self._declared.get(manifest.key, ())):
                self._forget_reference(manifest)
        for key in file.claims:
            _drop(self._broken, key, _mistake_of(file, key))

    def _forget_reference(self, manifest: Manifest) -> None:
        referring = self._referring[manifest.user]
        referring.discard(manifest.key)
        if not referring:
            del self._referring[manifest.user]

    def declared(self, key: ResourceKey) -> list[Manifest]:
        """Give every manifest with this identity, in the order of their places."""
        return sorted(self._declared.get(key, ()), key=lambda manifest: manifest.where)

    def bearing(self, key: ResourceKey, username: str) -> Manifest:
        """Give the first manifest of this user that claims this username."""
        return next(manifest for manifest in self.declared(key) if manifest.username == username)

    def broken(self, key: ResourceKey) -> Diagnostic | None:
        """Give the first mistake of a file that is not understood and that claims this identity."""
        return min(self._broken.get(key, ()), key=lambda mistake: mistake.where, default=None)

    def clan(self, key: ResourceKey) -> Iterable[ResourceKey]:
        """Give the declared identities that differ from this one by case at most."""
        return self._clans.get(clan_of(key), ())

    def bearers(self, username: str) -> Iterable[ResourceKey]:
        """Give the users that claim a username."""
        return self._bearers.get(username, ())

    def referring(self, user: str) -> Iterable[ResourceKey]:
        """Give the workflows that name a user so."""
        return self._referring.get(user, ())

    def neighbours(self, file: ParsedFile) -> Iterator[ResourceKey]:
        """Give every identity whose verdict this file may change, by being there or by being gone."""
        yield from file.claims
        for manifest in file.manifests:
            yield manifest.key
            yield from self._clans.get(clan_of(manifest.key), ())
            if manifest.key.kind is Kind.USER:
                yield from self._bearers.get(manifest.username, ())

    def may_declare_user(self, name: str) -> bool:
        """Whether a User manifest, even one that is not understood, has this name or username."""
        key = ResourceKey(Kind.USER, name)
        return key in self._declared or key in self._broken or name in self._bearers


def clan_of(key: ResourceKey) -> str:
    """Give what two identities share that only case tells apart."""
    return f"{key.kind}/{key.name.lower()}"


def _mistake_of(file: ParsedFile, key: ResourceKey) -> Diagnostic:
    """Give the first mistake of a resource, or of the file when its own document has none."""
    return next((one for one in file.diagnostics if one.resource == key), file.diagnostics[0])


def _append(index: dict[_K, list[_V]], key: _K, value: _V) -> None:
    if key in index:
        index[key].append(value)
    else:
        index[key] = [value]


def _drop(index: dict[_K, list[_V]], key: _K, value: _V) -> None:
    values = index[key]
    values.remove(value)
    if not values:
        del index[key]
