"""Rows as the manifests that a person would have written for them: the way back of a pass.

No row is dropped in silence. What is written was read again and means these rows; what no manifest can
declare is told, with the reason.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from reconciler.desired import LIMITS, SourceFile, cure_of, parse_file, shown
from reconciler.desired.schema import ADOPT
from reconciler.desired.write import write_manifest
from reconciler.plan.naming import Holding, Place, assign_keys
from reconciler.resources import (
    Job,
    Kind,
    Meta,
    Resource,
    ResourceKey,
    User,
    Workflow,
    digest,
    params_text,
    resource_id,
)

_SIXTY_FOUR_BITS: Final = 1 << 63
_JOB: Final = "    - "
"""So begins each job of a manifest, and no other line of it."""
_DIGITS: Final = len(str(-_SIXTY_FOUR_BITS))


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A row of `jobs`; `parents` and `params` are JSON as PostgreSQL writes it, every digit of it."""

    id: UUID
    name: str
    job_type: str
    branch_id: str
    parents: str
    params: str


@dataclass(frozen=True, slots=True)
class Written:
    """A manifest that declares a row.

    `called` is what the row is called, where its manifest has to give it another name: then applying it
    renames the row. `left` counts jobs beneath a managed workflow that nobody manages: they are not declared.
    """

    key: ResourceKey
    row_id: UUID
    text: str
    called: str | None
    managed: bool
    left: int = 0


@dataclass(frozen=True, slots=True)
class Unwritable:
    """A row that no manifest can declare, why, and what to do with the row."""

    key: ResourceKey
    row_id: UUID
    called: str | None
    reason: str
    fix: str


class _Beyond(Exception):
    """A manifest can't say this; and what to do about it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


class Export:
    """Writes the rows of one instance, and those that nobody manages.

    `holdings` are all rows of all instances: names are given, and users referred to, among them. With `keys`
    only these are written, with `unmanaged` only what nobody manages.
    """

    def __init__(
        self,
        holdings: Sequence[Holding],
        instance: str,
        keys: Collection[ResourceKey] | None = None,
        *,
        unmanaged: bool = False,
    ) -> None:
        self.keys: Mapping[Place, ResourceKey] = assign_keys(holdings)
        self._rows = {row.place: row for row in holdings}
        reach = [row for row in holdings if row.owner is None or row.owner.instance == instance]
        self.elsewhere = len(holdings) - len(reach)
        chosen = (row for row in reach if not (unmanaged and row.owner))
        named = (row for row in chosen if keys is None or self.keys[row.place] in keys)
        self._chosen = sorted(named, key=lambda row: self.keys[row.place])
        self._users = {
            row.id: row.owner.key.name
            for row in reach
            if row.kind is Kind.USER and row.owner and not row.owner.orphaned
        }
        self._names = {*self._users.values()}
        self._refused: set[UUID] = set()

    def users(self) -> Iterator[Written | Unwritable]:
        """Write the users, by name; to be exhausted before workflows are written, which refer to them."""
        for row in self._chosen:
            if row.kind is Kind.USER:
                told = self._told(row, User(self.keys[row.place].name, row.name or ""))
                if isinstance(told, Written):
                    self._users[row.id] = told.key.name
                    self._names.add(told.key.name)
                else:
                    self._refused.add(row.id)
                yield told

    @property
    def workflows(self) -> list[UUID]:
        """Name the rows of the workflows that are to be written, in the order of their manifests' names."""
        return [row.id for row in self._chosen if row.kind is Kind.WORKFLOW]

    def workflow(self, row_id: UUID, jobs: Iterable[StoredJob]) -> Written | Unwritable:
        """Write a workflow; `jobs` are all that hang beneath it, in the order of their positions."""
        row, every = self._rows[Kind.WORKFLOW, row_id], list(jobs)
        mine = [job for job in every if job.id in row.owner.jobs] if row.owner else every
        key = self.keys[row.place]
        try:
            resource = Workflow(key.name, self._reference(row), tuple(_jobs(mine)))
        except _Beyond as beyond:
            return Unwritable(key, row_id, row.name, str(beyond), beyond.fix)
        return self._told(row, resource, len(every) - len(mine))

    def _reference(self, row: Holding) -> str:
        """Name the user of a workflow: by its manifest where it has one, else by its username."""
        if row.user_id in self._users:
            return self._users[row.user_id]
        user = self._rows.get((Kind.USER, row.user_id)) if row.user_id else None
        if user is None or user.name is None:
            raise _Beyond(f"its user (id {row.user_id}) has no row", "give it one that has: its user_id")
        if user.id in self._refused:
            raise _Beyond(f"its user is left out too: {self.keys[user.place]}", "mend the row of the user")
        if user.name in self._names:
            raise _Beyond(
                f"its user is {user.name!r} by username, and that is the name of another User manifest",
                f"export {self.keys[user.place]} as well",
            )
        return user.name

    def _told(self, row: Holding, resource: Resource, left: int = 0) -> Written | Unwritable:
        meta = self._meta(row)
        text = write_manifest(resource, meta)
        if lost := _read_back(text, resource, meta):
            return Unwritable(resource.key, row.id, row.name, *lost)
        renamed = row.owner is None and row.kind is Kind.WORKFLOW and row.name != resource.name
        called = (row.name or "") if renamed else None
        return Written(resource.key, row.id, text, called, row.owner is not None, left)

    def _meta(self, row: Holding) -> Meta:
        """Give labels and annotations; a row that its manifest would not find has to be named by its id."""
        if row.owner:
            protected = {"reconciler/prune": "disabled"} if row.owner.protected else {}
            return Meta(dict(row.owner.labels), protected)
        key = self.keys[row.place]
        renamed = row.kind is Kind.WORKFLOW and row.name != key.name
        misled = resource_id(key) != row.id and (key.kind, resource_id(key)) in self._rows
        return Meta(annotations={ADOPT: str(row.id)}) if renamed or misled else Meta()


def _jobs(rows: Sequence[StoredJob]) -> Iterator[Job]:
    names = {str(row.id): row.name for row in rows}
    for row in rows:
        parents = tuple(_parents(row, names))
        yield Job(row.name, row.job_type, row.branch_id, parents, _params(row))


def _parents(row: StoredJob, names: Mapping[str, str]) -> Iterator[str]:
    try:
        parents = json.loads(row.parents, parse_int=str, parse_float=str)
    except RecursionError:
        parents = None
    if not isinstance(parents, list):
        raise _Beyond(f"parent_ids_json of the job {row.name!r} is not an array of ids", _unwrapped(row))
    for parent in parents:
        known = names.get(parent.lower()) if isinstance(parent, str) else None
        if known is None:
            raise _Beyond(
                f"the job {row.name!r} has the parent {shown(str(parent))!r}, no job of its workflow",
                f"take it out of parent_ids_json where id = '{row.id}', if nothing has to wait for it",
            )
        yield known


def _unwrapped(row: StoredJob) -> str:
    """Give the statement for what was encoded twice, which an older client did; else say what is wanted."""
    try:
        twice = isinstance(json.loads(json.loads(row.parents)), list)
    except (ValueError, TypeError, RecursionError):
        twice = False
    if twice:
        statement = "update jobs set parent_ids_json = (parent_ids_json #>> '{}')::jsonb where id = "
        return f"{statement}'{row.id}'"
    return f"make it one where id = '{row.id}': [] if it has no parents"


def _params(row: StoredJob) -> dict[str, Any]:
    about = f"params of the job {row.name!r}"
    try:
        params = json.loads(row.params, parse_int=_integer, parse_float=_decimal)
    except _Beyond as beyond:
        raise _Beyond(f"{about} has {beyond}", f"{beyond.fix} where id = '{row.id}'") from None
    except RecursionError:
        params = None
    if params is None or _is_deep(params):
        raise _Beyond(
            f"{about} is nested more than {LIMITS.depth} deep", f"make it flatter where id = '{row.id}'"
        )
    if not isinstance(params, dict):
        raise _Beyond(f"{about} is not a JSON object", f"make it one, such as {{}}, where id = '{row.id}'")
    return params


def _integer(digits: str) -> int | float:
    if len(digits) <= _DIGITS and -_SIXTY_FOUR_BITS <= (value := int(digits)) < _SIXTY_FOUR_BITS:
        return value
    return _decimal(digits)


def _decimal(digits: str) -> float:
    """Give the double of which a pass would write these digits; `jsonb` has numbers that are none."""
    value = float(digits)
    if not math.isfinite(value) or _stored(value) != Decimal(digits):
        raise _Beyond(
            f"the number {shown(digits)}, which has more digits than a double", "write it as text, in quotes,"
        )
    return value


def _stored(value: float) -> Decimal:
    number: Decimal = json.loads(params_text({"": value}), parse_int=Decimal, parse_float=Decimal)[""]
    return number


def _is_deep(value: object) -> bool:
    """Whether collections are nested deeper than any manifest may have them."""
    layer = [value]
    for _ in range(LIMITS.depth):
        inner = (
            one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list)
        )
        layer = [member for members in inner for member in members]
        if not layer:
            return False
    return True


def _read_back(text: str, resource: Resource, meta: Meta) -> tuple[str, str] | None:
    """Say why a manifest does not mean what it was written for, and what to do; None when it does."""
    file = parse_file(SourceFile(f"{resource.key}.yaml", text.encode()))
    if file.diagnostics:
        first = file.diagnostics[0]
        whose = _job_at(text, first.where.line, resource) if isinstance(resource, Workflow) else ""
        return f"{first.summary} ({first.code}){whose}", f"mend the row: {first.hint or cure_of(first.code)}"
    (read,) = file.manifests
    same = (read.key, read.digest, read.meta) == (resource.key, digest(resource), meta)
    return None if same else ("its manifest would be read as something else", "report it, please")


def _job_at(text: str, line: int, workflow: Workflow) -> str:
    """Name the job to which a line of a workflow's manifest belongs."""
    number = sum(one.startswith(_JOB) for one in text.split("\n")[:line])
    return f", in the job {workflow.jobs[number - 1].name!r}" if number else ""
