"""All files together: what they declare as a whole, kept up to date at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from reconciler.desired.claims import Claims
from reconciler.desired.conflicts import Conflicts, warn_unknown_user
from reconciler.desired.diagnostic import Diagnostic
from reconciler.desired.manifest import Manifest, ParsedFile
from reconciler.desired.state import DesiredState, Refusal, Snapshot
from reconciler.desired.suggest import arranged
from reconciler.resources import Kind, ResourceKey

_Verdict = Manifest | Refusal | None


def build_desired(snapshot: Snapshot) -> DesiredState:
    """Link a snapshot that has every file into what should be."""
    catalogue = Catalogue()
    catalogue.advance(snapshot)
    return catalogue.state()


class Catalogue:
    """Holds every file as it was parsed, and what they come to together.

    A step costs what changed, whatever the number of files; so does a state of few resources. What is given
    out never changes afterwards.
    """

    def __init__(self) -> None:
        self._revision = ""
        self._files: dict[str, ParsedFile] = {}
        self._broken: dict[str, ParsedFile] = {}
        self._unsettled: frozenset[str] = frozenset()
        self._claims = Claims()
        self._manifests: dict[ResourceKey, Manifest] = {}
        self._refused: dict[ResourceKey, Refusal] = {}
        self._conflicts: dict[ResourceKey, tuple[Diagnostic, ...]] = {}
        self._user_names: set[str] = set()
        # Made again only after they have changed, and shared by every state in between.
        self._users: frozenset[str] | None = None
        self._quarantined: frozenset[str] | None = None
        self._diagnostics: tuple[Diagnostic, ...] | None = None
        self._gaps: tuple[str, ...] | None = None

    # --- a step ----------------------------------------------------------------------------------

    def advance(self, snapshot: Snapshot) -> frozenset[ResourceKey]:
        """Take a step, and give every resource of which something else is to be said than before."""
        self._revision = snapshot.revision
        self._settle(snapshot)
        touched: set[ResourceKey] = set()
        for path in (*snapshot.removed, *(file.path for file in snapshot.files)):
            if (old := self._files.pop(path, None)) is not None:
                touched.update(self._claims.neighbours(old))
                self._claims.remove(old)
                self._forget(old)
        for file in snapshot.files:
            self._files[file.path] = file
            self._claims.add(file)
            self._learn(file)
        for file in snapshot.files:
            touched.update(self._claims.neighbours(file))
        return self._link(touched)

    def _settle(self, snapshot: Snapshot) -> None:
        unsettled = frozenset(snapshot.unsettled)
        if unsettled != self._unsettled:
            self._unsettled = unsettled
            self._gaps = None

    def _forget(self, file: ParsedFile) -> None:
        if not self._files:
            self._gaps = None
        if self._broken.pop(file.path, None) is not None:
            self._quarantined = self._diagnostics = self._gaps = None

    def _learn(self, file: ParsedFile) -> None:
        if len(self._files) == 1:
            self._gaps = None
        if not file.understood:
            self._broken[file.path] = file
            self._quarantined = self._diagnostics = self._gaps = None

    def _link(self, touched: Iterable[ResourceKey]) -> frozenset[ResourceKey]:
        """Judge resources anew, and with a user the workflows that name it."""
        conflicts = Conflicts(self._claims)
        affected: set[ResourceKey] = set()
        for key in touched:
            before: _Verdict = self._manifests.pop(key, None) or self._refused.pop(key, None)
            after = self._judge(key, conflicts)
            match after:
                case Manifest():
                    self._manifests[key] = after
                case Refusal():
                    self._refused[key] = after
                case None:
                    pass
            if before != after:
                affected.add(key)
                if key.kind is Kind.USER:
                    affected.update(self._referring(key, before, after))
        return frozenset(affected)

    def _judge(self, key: ResourceKey, conflicts: Conflicts) -> _Verdict:
        """Say what becomes of an identity. A file that is not understood takes nothing from one that is."""
        told = self._conflicts.pop(key, ())
        declared = self._claims.declared(key)
        if key.kind is Kind.USER:
            self._note_user(key.name, declared=bool(declared))
        found = tuple(conflicts.of(key, declared)) if declared else ()
        if found:
            self._conflicts[key] = found
        if found != told:
            self._diagnostics = None
        if found:
            return Refusal(key, found[0])
        if declared:
            return declared[0]
        mistake = self._claims.broken(key)
        return Refusal(key, mistake) if mistake else None

    def _note_user(self, name: str, *, declared: bool) -> None:
        if declared != (name in self._user_names):
            (self._user_names.add if declared else self._user_names.discard)(name)
            self._users = None

    def _referring(self, user: ResourceKey, *verdicts: _Verdict) -> Iterator[ResourceKey]:
        yield from self._claims.referring(user.name)
        for verdict in verdicts:
            if isinstance(verdict, Manifest) and verdict.username != user.name:
                yield from self._claims.referring(verdict.username)

    # --- what is given out -----------------------------------------------------------------------

    def state(self, scope: frozenset[ResourceKey] | None = None) -> DesiredState:
        """Give what should be, of everything or of the resources named."""
        return DesiredState(
            revision=self._revision,
            scope=scope,
            manifests=_pick(self._manifests, scope),
            refused=_pick(self._refused, scope),
            users=self._known_users(),
            quarantined=self._not_understood(),
            diagnostics=self._told(),
            gaps=self._reasons(),
        )

    def warnings(self) -> tuple[Diagnostic, ...]:
        """Warn of workflows whose user no manifest declares: they count on the database to have it."""
        users = arranged(self._known_users())
        return tuple(
            warn_unknown_user(manifest, users)
            for _, manifest in sorted(self._manifests.items())
            if manifest.user and not self._claims.may_declare_user(manifest.user)
        )

    def _known_users(self) -> frozenset[str]:
        if self._users is None:
            self._users = frozenset(self._user_names)
        return self._users

    def _not_understood(self) -> frozenset[str]:
        if self._quarantined is None:
            self._quarantined = frozenset(self._broken)
        return self._quarantined

    def _told(self) -> tuple[Diagnostic, ...]:
        if self._diagnostics is None:
            found = [one for file in self._broken.values() for one in file.diagnostics]
            found.extend(one for conflict in self._conflicts.values() for one in conflict)
            self._diagnostics = tuple(sorted(found, key=lambda one: (one.where, one.code)))
        return self._diagnostics

    def _reasons(self) -> tuple[str, ...]:
        if self._gaps is None:
            broken = (_not_understood(file) for _, file in sorted(self._broken.items()))
            moving = (f"{path} was being written while it was read" for path in sorted(self._unsettled))
            empty = () if self._files else ("there is not one manifest file",)
            self._gaps = (*broken, *moving, *empty)
        return self._gaps


_V = TypeVar("_V")


def _pick(known: Mapping[ResourceKey, _V], scope: frozenset[ResourceKey] | None) -> dict[ResourceKey, _V]:
    return dict(known) if scope is None else {key: known[key] for key in scope if key in known}


def _not_understood(file: ParsedFile) -> str:
    first = file.diagnostics[0]
    what = "can't be read" if not first.where.line else "is not understood"
    return f"{first.where} {what}: {first.summary} ({first.code})"
