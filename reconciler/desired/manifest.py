"""One document that was understood, small enough to be kept for every manifest, and the file it stands in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from reconciler.desired.diagnostic import Diagnostic, Excerpt, Location
from reconciler.resources import Meta, Resource, ResourceKey, decode, read_notes


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The bytes of one file as one revision has them; `path` is relative to the root, with `/`."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """A document that was understood: who, where, and a digest of what it says.

    `digest` covers the canonical spec (SHA-256), so that comments and moves are no change. `packed` holds the
    spec itself, deflated, with the lines that a diagnostic would quote. `user` is a workflow's reference and
    `username` a user's username, kept beside it so that linking unpacks nothing. `job_lines` are the lines on
    which a workflow's jobs begin, in their order.
    """

    key: ResourceKey
    where: Location
    digest: bytes
    meta: Meta
    packed: bytes
    user: str = ""
    username: str = ""
    job_lines: tuple[int, ...] = ()

    @property
    def resource(self) -> Resource:
        """The declared resource, unpacked anew at each call."""
        return decode(self.key.kind, self.key.name, self.packed)

    def quote(self, field: str) -> tuple[Location, Excerpt | None]:
        """Give the place and the line of `name`, `user` or `username`; of the name, if that is absent."""
        notes = json.loads(read_notes(self.packed) or "{}")
        line, column, text, at, width = notes.get(field) or notes.get("name") or (0, 0, "", 0, 0)
        if not line:
            return self.where, None
        return replace(self.where, line=line, column=column), Excerpt(text, at, width)


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
