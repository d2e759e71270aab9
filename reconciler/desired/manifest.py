"""One document that was understood, small enough to be kept for every manifest, and the file it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.desired.diagnostic import Diagnostic, Location
from reconciler.resources import Meta, Resource, ResourceKey, decode


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The bytes of one file as one revision has them; `path` is relative to the root, with `/`."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """A document that was understood: who, where, and a digest of what it says.

    `digest` covers the canonical spec (SHA-256), so that comments and moves are no change. `packed` holds the
    spec itself, deflated; `user` is a workflow's reference, kept beside it so that linking unpacks nothing.
    `job_lines` are the lines on which a workflow's jobs begin, in their order.
    """

    key: ResourceKey
    where: Location
    digest: bytes
    meta: Meta
    packed: bytes
    user: str = ""
    job_lines: tuple[int, ...] = ()

    @property
    def resource(self) -> Resource:
        """The declared resource, unpacked anew at each call."""
        return decode(self.key.kind, self.key.name, self.packed)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file says, or why it can't be understood: a file with an error has no manifests.

    `claims` are the identities that could be made out all the same, so that they show as invalid, not as
    gone. A folder that can't be listed stands here too, with a `path` that ends in `/`.
    """

    path: str
    digest: bytes
    manifests: tuple[Manifest, ...] = ()
    claims: tuple[ResourceKey, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    understood: bool = True
