"""Requests to declarations: what the older service's clients send, as manifests that a person would write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Final

from reconciler.desired import ParsedFile, SourceFile, parse_file
from reconciler.desired.schema import API_VERSION, NAME
from reconciler.desired.write import write_manifest
from reconciler.resources import Kind, Meta, Resource, ResourceKey
from reconciler.web.problems import Fault, Problem

KEY_DIGEST: Final = "api/idempotency-key"
REQUEST_DIGEST: Final = "api/request"
"""Annotations by which the folder itself remembers which request made a manifest."""

_REQUEST: Final = "request.json"
"""Under this name the diagnostics speak of what was sent."""

_LONGEST_STEM: Final = 40
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for, not yet looked at: the parts of a manifest, whatever they hold.

    `key` is the Idempotency-Key, "" for none; `request` is all that was sent.
    """

    kind: Kind
    name: object
    spec: Mapping[str, object]
    request: object
    key: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A manifest that is valid, and the text that declares it.

    `stem` is what its file is called; `by_key` says that it is so because of an Idempotency-Key.
    """

    resource: Resource
    text: str
    stem: str
    request_digest: str
    by_key: bool

    @property
    def key(self) -> ResourceKey:
        """Its identity."""
        return self.resource.key


def declare(wish: Wish) -> Declaration:
    """Make a declaration of a wish.

    Raises:
        Problem: it is not valid: 422, with every mistake as `reconciler validate` tells it.

    """
    request = _digest(json.dumps(wish.request, sort_keys=True))
    annotations = {KEY_DIGEST: _digest(wish.key), REQUEST_DIGEST: request} if wish.key else {}
    document = {
        "apiVersion": API_VERSION,
        "kind": str(wish.kind),
        "metadata": {"name": wish.name},
        "spec": wish.spec,
    }
    resource = _checked(document)
    stem = f"{wish.kind.lower()}-{_digest(wish.key)[:16]}" if wish.key else resource.name
    text = write_manifest(resource, Meta({}, annotations))
    return Declaration(resource, text, stem, request, by_key=bool(wish.key))


def declared_by(content: bytes, path: str) -> ParsedFile:
    """Read a file that a request wrote, and perhaps a person changed."""
    return parse_file(SourceFile(path, content))


def is_same_request(parsed: ParsedFile, declaration: Declaration) -> bool:
    """Whether a file was written by the same request with the same Idempotency-Key."""
    return any(
        manifest.key == declaration.key
        and manifest.meta.annotations.get(REQUEST_DIGEST) == declaration.request_digest
        for manifest in parsed.manifests
    )


def name_of_user(username: object) -> object:
    """Give a username as a name, or where it can't be one, a name that is made of it and only of it."""
    if not isinstance(username, str) or NAME.fullmatch(username):
        return username
    return f"{_stem(username, 'user')}-{_digest(username)[:8]}"


def name_of_workflow(user: str, now: datetime, key: str = "") -> str:
    """Make a name for a workflow that was given none; with a key, the one that belongs to it."""
    if key:
        return f"workflow-{_digest(key)[:16]}"
    return f"{_stem(user, 'workflow')}-{now:%Y%m%d-%H%M%S}-{token_hex(2)}"


def _stem(text: str, instead: str) -> str:
    return _UNFIT.sub("-", text)[:_LONGEST_STEM].strip("._-") or instead


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(document: Mapping[str, object]) -> Resource:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    parsed = parse_file(SourceFile(_REQUEST, text.encode("utf-8", "surrogatepass")))
    if parsed.diagnostics:
        first = parsed.diagnostics[0]
        more = f", and {len(parsed.diagnostics) - 1} more" if len(parsed.diagnostics) > 1 else ""
        raise Problem(
            Fault(422, "ManifestInvalid", parsed.diagnostics),
            "what was sent is not valid",
            where=str(first.where),
            why=f"{first.code}: {first.summary}{more}",
            fix=first.hint,
        )
    (manifest,) = parsed.manifests
    return manifest.resource
