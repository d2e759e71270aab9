"""What the older service's requests hold and give: its fields, names and forms to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from reconciler.desired.schema import NAME_PATTERN, Text


def _in_milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(_in_milliseconds, return_type=str),
    Field(examples=["2026-11-23T15:10:28.976Z"]),
]


class NewUser(BaseModel):
    """A user to be declared."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"username": "test_user"}})

    username: Text = Field(description="Free text, unique among users.")


class UserView(BaseModel):
    """A user, as its row is."""

    id: UUID
    username: str
    created_at: Moment


class NewJob(BaseModel):
    """One job of a workflow to be declared."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="Unique in the workflow; free text.")
    job_type: Text
    branch_id: Text = "main"
    parent_indices: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, description="The jobs that must succeed first, by their place in the list."
    )
    needs: list[Text] = Field(default_factory=list, description="The same by name; not both on one job.")
    params: dict[str, Any] = Field(default_factory=dict)


class NewWorkflow(BaseModel):
    """A workflow to be declared."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "user_id": "550e8400-e29b-41d4-a716-446655440000",
                "jobs": [
                    {"name": "tile", "job_type": "tiling", "branch_id": "main", "parent_indices": []},
                    {"name": "infer", "job_type": "inference", "branch_id": "main", "parent_indices": [0]},
                ],
            }
        },
    )

    user_id: UUID = Field(description="The id of the user to whom it belongs.")
    jobs: list[NewJob] = Field(min_length=1, max_length=10_000)
    name: str | None = Field(
        None, pattern=NAME_PATTERN, description="Unique among workflows; made up when it is left out."
    )


class WorkflowCreated(BaseModel):
    """The workflow that came of a request."""

    workflow_id: UUID
    job_count: int


class WorkflowView(BaseModel):
    """A workflow, as its row is."""

    id: UUID
    user_id: UUID | None = Field(description="Null when the user went away while the list was read.")
    username: str
    name: str
    status: str
    job_count: int
    created_at: Moment


class JobView(BaseModel):
    """A job, as its row is."""

    id: UUID
    name: str
    job_type: str
    branch_id: str
    parent_ids: list[str]
    params: Any
    status: str
    created_at: Moment


class Graph(BaseModel):
    """Which jobs wait for which."""

    edges: list[tuple[str, str]] = Field(description="Pairs of ids: a job, and one that waits for it.")
    mermaid: str = Field(description="A drawing, in Mermaid's language.")


class WorkflowDetail(WorkflowView):
    """A workflow with its jobs."""

    jobs: list[JobView]
    graph: Graph


class UsersPage(BaseModel):
    """A page of users. `next` is what `after` is to be for the page that follows, "" at the end."""

    items: list[UserView]
    next: str


class WorkflowsPage(BaseModel):
    """A page of workflows; `next` as for users."""

    items: list[WorkflowView]
    next: str


class Withdrawn(BaseModel):
    """What becomes of a row whose manifest was removed."""

    id: UUID
    sync: str = "Orphaned"
    message: str = Field(description="Why the row stays, or when it goes.")
