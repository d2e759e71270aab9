"""The rows as people list them, each with how it stands; and pages of them, as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from reconciler.report.wire import VERSION, encode

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a resource stands with the instance that manages it; all is empty when none does."""

    instance: str
    sync: str
    reason: str
    message: str
    since: datetime | None
    path: str
    line: int
    generation: int
    revision: str
    labels: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where its manifest stands: `path:line`."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class UserItem:
    """A row of `users`, or a User manifest that has none; then `id` and `created_at` are None."""

    name: str
    id: UUID | None
    username: str
    created_at: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class WorkflowItem:
    """A row of `workflows`, or a Workflow manifest that has none. `jobs` counts its jobs by status."""

    name: str
    id: UUID | None
    user: str
    status: str
    generation: int
    observed_generation: int | None
    created_at: datetime | None
    jobs: Mapping[str, int]
    standing: Standing


@dataclass(frozen=True, slots=True)
class JobItem:
    """A row of `jobs`; `standing` is that of its workflow.

    `needs` are the names of its parents; an id stands for one that is not a job of the same workflow.
    """

    workflow: str
    name: str
    id: UUID
    workflow_id: UUID
    job_type: str
    branch_id: str
    needs: tuple[str, ...]
    position: int
    status: str
    generation: int
    observed_generation: int | None
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class SyncItem:
    """A pass that changed something. `counts` says how many resources, by what was done with them."""

    id: UUID
    instance: str
    trigger: str
    revision: str
    epoch: int
    started_at: datetime
    committed_at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """So many items of a list. `next` is the cursor that gives the page after this one, "" at the end.

    `kind` names the list in a document, such as `WorkflowList`.
    """

    kind: str
    items: tuple[_T, ...]
    next: str = ""

    def __iter__(self) -> Iterator[_T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many resources stand how, and how many rows have which status; users have none, jobs only that."""

    syncs: Mapping[str, int]
    statuses: Mapping[str, int]


def counted(counts: Mapping[str, int]) -> str:
    """Say what a pass did: `2 created, 1 held back`."""
    return ", ".join(f"{number:,} {what.replace('_', ' ')}" for what, number in counts.items() if number)


def list_document(page: Page[Any]) -> dict[str, Any]:
    """Give a page as `-o json` and the HTTP interface show it.

    `{"apiVersion", "kind": "WorkflowList", "items": […], "next": "…"}`; `next` is "" at the end.
    """
    return {"apiVersion": VERSION, "kind": page.kind, "items": encode(page.items), "next": page.next}
