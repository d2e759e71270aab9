"""The snapshot a source gives, and the desired state that is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.desired.diagnostic import Diagnostic
from reconciler.desired.manifest import Manifest, ParsedFile
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One revision of a source, as a step from the snapshot before it.

    `files` are those whose content is new (all, in the first), `removed` those that are gone. `unsettled`
    ones, all there are by now, were being written while they were read: what was known of them stands, and
    they want another look soon. `root` changes when the root is another folder than before. `whole` says
    that every file was looked at, not only those that an event named.
    """

    revision: str
    root: str
    files: tuple[ParsedFile, ...]
    removed: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a declared resource can't be taken as it stands: its mistake, or the first of them."""

    key: ResourceKey
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What should be, as far as the author was understood.

    `scope` is None when everything is meant, else the resources that this state speaks of; of any other
    it says nothing. `manifests` holds what may be applied, `refused` what is declared but may not be.
    `users` are the names of all User manifests, whatever the scope. `quarantined` are the paths that were
    not understood. `gaps` says, for people, why absence proves nothing; without gaps the state is
    complete.
    """

    revision: str
    scope: frozenset[ResourceKey] | None
    manifests: Mapping[ResourceKey, Manifest]
    refused: Mapping[ResourceKey, Refusal]
    users: frozenset[str] = frozenset()
    quarantined: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether a resource that is not declared here may be taken to be declared nowhere."""
        return not self.gaps

    def declares(self, key: ResourceKey) -> bool:
        """Whether the author means this resource to exist, understood or not."""
        return key in self.manifests or key in self.refused
