"""One document to what it declares: fields, annotations and graph checked, the spec packed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from sys import intern
from typing import Final

from pydantic import ValidationError

from reconciler.desired import schema
from reconciler.desired.codes import Code
from reconciler.desired.graph import check_graph
from reconciler.desired.limits import Limits
from reconciler.desired.manifest import Manifest
from reconciler.desired.mistakes import Teller
from reconciler.desired.places import MappingPlace, Place, SequencePlace, find, head, key_span, span
from reconciler.desired.reader import Document
from reconciler.desired.suggest import closest
from reconciler.desired.text import Mistake, SourceText, Span
from reconciler.desired.words import kind_of, tick
from reconciler.resources import (
    Job,
    Kind,
    Meta,
    Resource,
    ResourceKey,
    User,
    Workflow,
    params_text,
    seal,
)

AnyManifest = schema.UserManifest | schema.WorkflowManifest

_MODELS: Final[dict[Kind, type[AnyManifest]]] = {
    Kind.USER: schema.UserManifest,
    Kind.WORKFLOW: schema.WorkflowManifest,
}
_STEERING_KEYS: Final = ", ".join(map(tick, schema.STEERING))
_NO_META: Final = Meta()
_WORST_NODE: Final = 400
"""More bytes of JSON than one node of a document can come to."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a document declares: who, as far as that shows, and a manifest, or mistakes, or neither."""

    key: ResourceKey | None = None
    manifest: Manifest | None = None
    mistakes: Sequence[Mistake] = ()


def declare(text: SourceText, document: Document, limits: Limits) -> Declared:
    """Check one document; one that is empty declares nothing, and that is no mistake."""
    place = document.place
    if document.cut or not isinstance(place, MappingPlace):
        mistakes = list(document.mistakes)
        if document.value is not None and not document.cut and not mistakes:
            mistakes.append(_not_a_manifest(document.value, place))
        return Declared(identify(document), mistakes=mistakes)
    reading = _Reading(text, document, place, limits)
    declared = reading.validate()
    mistakes = [*document.mistakes, *(one for one in reading.mistakes if one.span[0] not in document.spoiled)]
    key = identify(document)
    if mistakes or declared is None:
        return Declared(key, mistakes=mistakes)
    return Declared(key, reading.pack(declared))


def _not_a_manifest(value: object, place: Place) -> Mistake:
    start = span(place)[0]
    summary = f"a manifest is a mapping with `apiVersion` and `kind`; this document is {kind_of(value)}"
    hint = (
        "write manifests one after the other, with a line `---` between them"
        if isinstance(value, list)
        else ""
    )
    return Mistake(
        Code.NOT_A_MANIFEST, (start, start + 1 if isinstance(value, list) else span(place)[1]), summary, hint
    )


def identify(document: Document) -> ResourceKey | None:
    """Make out whose a document is, however wrong the rest of it."""
    match document.value:
        case {"kind": str() as kind, "metadata": {"name": str() as name}} if kind in set(Kind):
            return ResourceKey(Kind(kind), name) if schema.NAME.fullmatch(name) else None
        case _:
            return None


class _Reading:
    """Checks a document that is a mapping."""

    def __init__(self, text: SourceText, document: Document, place: MappingPlace, limits: Limits) -> None:
        self.mistakes: list[Mistake] = []
        self._text = text
        self._number = document.number
        self._place = place
        self._limits = limits

    def validate(self) -> AnyManifest | None:
        """Give the document as its kind's model; what else can be checked is checked when that fails."""
        self._check_version()
        kind = self._kind()
        if kind is None:
            return None
        model = _MODELS[kind]
        known = {**self._place.value, "apiVersion": schema.API_VERSION, "kind": str(kind)}
        declared = None
        try:
            declared = model.model_validate(known)
        except ValidationError as error:
            teller = Teller(self._text, self._place, model)
            self.mistakes.extend(teller.tell(error, self._limits.mistakes + 1))
        self._check_annotations()
        jobs = find(self._place, ("spec", "jobs"))
        if kind is Kind.WORKFLOW and isinstance(jobs, SequencePlace):
            self._check_params(jobs)
            self.mistakes.extend(check_graph(jobs, self._limits.mistakes + 1))
        return declared

    def _complain(self, code: Code, at: Span, summary: str, hint: str = "") -> None:
        self.mistakes.append(Mistake(code, at, summary, hint))

    def _check_version(self) -> None:
        version = self._place.value.get("apiVersion")
        if version == schema.API_VERSION or (version is None and self._mistyped("apiVersion")):
            return
        hint = f"write `apiVersion: {schema.API_VERSION}`"
        if version is None:
            self._complain_of_missing("apiVersion", hint)
        else:
            self._complain(
                Code.API_VERSION, self._at("apiVersion"), f"unknown apiVersion {_told(version)}", hint
            )

    def _mistyped(self, field: str) -> bool:
        """Whether another key must have been meant to be this one: then that is told, as an unknown field."""
        return field not in self._place.entries and any(closest(key, [field]) for key in self._place.entries)

    def _complain_of_missing(self, field: str, hint: str) -> None:
        stands = field in self._place.entries
        at = head(self._place, (field,) if stands else ())
        self._complain(Code.MISSING_FIELD, at, f"`{field}` is {'empty' if stands else 'missing'}", hint)

    def _kind(self) -> Kind | None:
        """Give the kind, or the one that a mistyped one must mean."""
        kind = self._place.value.get("kind")
        if kind is None:
            self._complain_of_missing("kind", "write `kind: User` or `kind: Workflow`")
            return None
        if isinstance(kind, str) and kind in set(Kind):
            return Kind(kind)
        meant = closest(kind, Kind) if isinstance(kind, str) else ""
        hint = f"did you mean `{meant}`?" if meant else "the kinds are `User` and `Workflow`"
        self._complain(Code.KIND, self._at("kind"), f"unknown kind {_told(kind)}", hint)
        return Kind(meant) if meant else None

    def _at(self, *path: str | int) -> Span:
        place = find(self._place, path)
        return span(place) if isinstance(place, tuple) else head(self._place, path)

    def _check_annotations(self) -> None:
        annotations = find(self._place, ("metadata", "annotations"))
        if not isinstance(annotations, MappingPlace):
            return
        for key, value in islice(annotations.value.items(), schema.MAX_ENTRIES):
            if meant := _steering_meant(key):
                at = key_span(annotations, (key,)) or span(annotations)
                self._complain(Code.ANNOTATION, at, f"unknown annotation {tick(key)}", meant)
            elif key in schema.STEERING and isinstance(value, str) and not schema.steers(key, value):
                near = closest(value, schema.STEERING[key])
                known = " or ".join(f'"{one}"' for one in schema.STEERING[key])
                known += ", or the id of the row" if key == schema.ADOPT else ""
                hint = f'did you mean "{near}"?' if near else f"it is {known}"
                at = self._at("metadata", "annotations", key)
                self._complain(Code.ANNOTATION, at, f"{tick(key)} can't be {tick(value)}", hint)

    def _check_params(self, jobs: SequencePlace) -> None:
        for position, job in enumerate(jobs.items):
            # Where aliases and merges are written out, too.
            if not isinstance(job, MappingPlace) or job.size * _WORST_NODE < self._limits.params:
                continue
            params = job.value.get("params")
            size = len(params_text(params).encode()) if isinstance(params, dict) else 0
            if size > self._limits.params:
                summary = (
                    f"`params` comes to {size:,} bytes of JSON; at most {self._limits.params:,} are stored"
                )
                hint = "keep large content elsewhere, and name its place"
                at = head(self._place, ("spec", "jobs", position, "params"))
                self._complain(Code.PARAMS_TOO_LARGE, at, summary, hint)

    # --- what is understood ----------------------------------------------------------------------

    def pack(self, declared: AnyManifest) -> Manifest:
        """Give the manifest, its spec resolved, packed and digested."""
        resource = _resource(declared)
        fields = ("user",) if isinstance(resource, Workflow) else ("username",)
        packed, digest = seal(resource, self._notes(fields[0]))
        metadata = declared.metadata
        user = resource.user if isinstance(resource, Workflow) else ""
        jobs = find(self._place, ("spec", "jobs")) if isinstance(resource, Workflow) else None
        lines = (
            (self._text.line(span(job)[0]) for job in jobs.items) if isinstance(jobs, SequencePlace) else ()
        )
        return Manifest(
            key=resource.key,
            where=self._text.location(self._at("metadata", "name")[0], self._number),
            digest=digest,
            meta=Meta(metadata.labels, metadata.annotations)
            if metadata.labels or metadata.annotations
            else _NO_META,
            packed=packed,
            user=intern(user),  # many workflows name one user
            username=resource.username if isinstance(resource, User) else "",
            job_lines=tuple(lines),
        )

    def _notes(self, field: str) -> bytes:
        """Give the lines that a diagnostic about this manifest and another would quote."""
        notes = {}
        for name, path in (("name", ("metadata", "name")), (field, ("spec", field))):
            place = find(self._place, path)
            if isinstance(place, tuple):
                where, excerpt = self._text.location(place[0]), self._text.excerpt(place)
                notes[name] = (where.line, where.column, excerpt.text, excerpt.column, excerpt.width)
        return json.dumps(notes, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _steering_meant(key: str) -> str:
    """Say what an annotation should be that seems to be meant to steer us, "" for any other.

    One that begins with `reconciler/` is, and so is one of a prefix nearly like that.
    """
    prefix, slash, word = key.partition("/")
    if key in schema.STEERING or not slash:
        return ""
    words = {known.partition("/")[2]: known for known in schema.STEERING}
    if prefix == schema.PREFIX:
        near = closest(word, words)
        return f"did you mean `{words[near]}`?" if near else f"there are {_STEERING_KEYS}"
    nearly = word in words and closest(prefix, [schema.PREFIX])
    return f"did you mean `{words[word]}`?" if nearly else ""


def _told(value: object) -> str:
    return tick(value) if isinstance(value, str) and value else kind_of(value)


def _resource(declared: AnyManifest) -> Resource:
    name = declared.metadata.name
    if isinstance(declared, schema.UserManifest):
        return User(name, declared.spec.username or name)
    jobs = declared.spec.jobs
    names = [job.name for job in jobs]
    return Workflow(
        name,
        declared.spec.user,
        tuple(
            Job(
                job.name,
                job.job_type,
                job.branch_id,
                tuple(job.needs or (names[position] for position in job.parent_indices)),
                job.params,
            )
            for job in jobs
        ),
    )
