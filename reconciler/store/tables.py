"""The tables as SQLAlchemy metadata: what `alembic check` and the look at a database's shape compare with."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()
BOOKS: Final = "reconciler"
"""The schema of our own book-keeping."""

_EMPTY_LIST: Final = text("'[]'")
_EMPTY_OBJECT: Final = text("'{}'")
_NOW: Final = text("now()")
_MOMENT: Final = text("clock_timestamp()")


def _time(name: str, **options: Any) -> Column[Any]:  # noqa: ANN401 - what Column takes
    return Column(name, DateTime(timezone=True), **options)


def _text(name: str, **options: Any) -> Column[Any]:  # noqa: ANN401 - what Column takes
    return Column(name, Text, nullable=False, **options)


USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    _text("username"),
    _time("created_at", nullable=False, server_default=_NOW),
    UniqueConstraint("username", name="users_username_key"),
    schema="public",
)

WORKFLOWS: Final = Table(
    "workflows",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("name", Text),
    _text("status", server_default="PENDING"),
    Column("generation", BigInteger, nullable=False, server_default=text("1")),
    Column("observed_generation", BigInteger),
    _time("created_at", nullable=False, server_default=_NOW),
    ForeignKeyConstraint(["user_id"], ["public.users.id"], name="workflows_user_id_fkey"),
    UniqueConstraint("name", name="workflows_name_key"),
    Index("workflows_user_id_idx", "user_id"),
    Index("workflows_status_idx", "status", "created_at"),
    schema="public",
)

JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("workflow_id", Uuid, nullable=False),
    _text("name"),
    _text("job_type"),
    _text("branch_id", server_default="main"),
    Column("parent_ids_json", JSONB, nullable=False, server_default=_EMPTY_LIST),
    Column("params", JSONB, nullable=False, server_default=_EMPTY_OBJECT),
    Column("position", Integer, nullable=False, server_default=text("0")),
    _text("status", server_default="PENDING"),
    Column("generation", BigInteger, nullable=False, server_default=text("1")),
    Column("observed_generation", BigInteger),
    _time("created_at", nullable=False, server_default=_MOMENT),
    ForeignKeyConstraint(["workflow_id"], ["public.workflows.id"], name="jobs_workflow_id_fkey"),
    UniqueConstraint("workflow_id", "name", name="jobs_workflow_id_name_key"),
    Index("jobs_status_idx", "status", "created_at"),
    Index("jobs_branch_idx", "workflow_id", "branch_id", "status"),
    schema="public",
)

Table(
    "fence",
    METADATA,
    Column("instance", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    _text("holder"),
    Column("backend_pid", Integer, nullable=False),
    _time("taken_at", nullable=False),
    _text("schema_version"),
    _text("source", server_default=""),
    schema=BOOKS,
    comment="Admits one writer: every write checks its epoch here, in its transaction.",
)

Table(
    "inventory",
    METADATA,
    _text("kind"),
    _text("name"),
    _text("instance"),
    Column("row_id", Uuid, nullable=False),
    _text("path"),
    Column("labels", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("meta_digest", LargeBinary, nullable=False),
    Column("fingerprint", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    _text("revision"),
    Column("protected", Boolean, nullable=False),
    Column("orphaned", Boolean, nullable=False, server_default=text("false")),
    _time("applied_at", nullable=False, server_default=_NOW),
    Column("job_ids", ARRAY(Uuid), nullable=False, server_default=_EMPTY_OBJECT),
    Column("job_names", ARRAY(Text), nullable=False, server_default=_EMPTY_OBJECT),
    Column("job_generations", ARRAY(BigInteger), nullable=False, server_default=_EMPTY_OBJECT),
    Column("job_digests", ARRAY(LargeBinary), nullable=False, server_default=_EMPTY_OBJECT),
    PrimaryKeyConstraint("kind", "name", name="inventory_pkey"),
    UniqueConstraint("row_id", "kind", name="inventory_row_id_key"),
    Index("inventory_listing_idx", "instance", "kind", "name", postgresql_include=["row_id"]),
    Index(
        "inventory_labels_idx",
        "labels",
        postgresql_using="gin",
        postgresql_ops={"labels": "jsonb_path_ops"},
    ),
    schema=BOOKS,
    comment="What each instance manages, and what it remembers of it.",
)

Table(
    "passes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    _text("instance"),
    Column("epoch", BigInteger, nullable=False),
    _text("trigger"),
    _text("revision"),
    _time("started_at", nullable=False),
    _time("committed_at", nullable=False, server_default=_MOMENT),
    Column("counts", JSONB, nullable=False),
    Index("passes_instance_idx", "instance", "committed_at"),
    schema=BOOKS,
    comment="Every pass that changed something, written by the transaction that did.",
)

Table(
    "history",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("pass_id", Uuid, nullable=False),
    _text("instance"),
    _text("kind"),
    _text("name"),
    _text("action"),
    _time("at", nullable=False, server_default=_MOMENT),
    _text("path"),
    _text("revision"),
    Column("before", JSONB),
    Column("after", JSONB),
    Index("history_resource_idx", "kind", "name", "id"),
    Index("history_instance_idx", "instance", "at"),
    schema=BOOKS,
    comment="Every change of a resource, with its rows before and after.",
)

Table(
    "queue_clock",
    METADATA,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    _time("last", nullable=False),
    CheckConstraint("single", name="queue_clock_single_check"),
    schema=BOOKS,
    comment="The created_at given last: it only grows, so that no two jobs tie.",
)

Table(
    "gates",
    METADATA,
    _text("digest"),
    _text("instance"),
    _text("kind"),
    Column("subjects", JSONB, nullable=False),
    _time("proposed_at", nullable=False, server_default=_NOW),
    _time("approved_at"),
    Column("approved_by", Text),
    _time("expires_at"),
    _time("consumed_at"),
    Column("consumed_by", Uuid),
    PrimaryKeyConstraint("instance", "digest", name="gates_pkey"),
    schema=BOOKS,
    comment="Sets that wait for approval, or had it.",
)

Table(
    "suspensions",
    METADATA,
    _text("instance"),
    _text("kind", server_default=""),
    _text("name", server_default=""),
    _text("reason"),
    _text("requested_by"),
    _time("since", nullable=False, server_default=_NOW),
    _time("until"),
    PrimaryKeyConstraint("instance", "kind", "name", name="suspensions_pkey"),
    schema=BOOKS,
    comment="What somebody asked to be left alone; an empty kind: the instance.",
)

Table(
    "requests",
    METADATA,
    Column("id", Uuid, primary_key=True),
    _text("instance"),
    _text("requested_by"),
    _time("requested_at", nullable=False, server_default=_MOMENT),
    Column("force", ARRAY(Text), nullable=False, server_default=_EMPTY_OBJECT),
    Column("prune", Boolean, nullable=False, server_default=text("false")),
    _time("answered_at"),
    Column("answer", JSONB),
    Column("plan", JSONB),
    Column("paths", ARRAY(Text), nullable=False, server_default=_EMPTY_OBJECT),
    Index("requests_waiting_idx", "instance", "requested_at", postgresql_where=text("answered_at is null")),
    schema=BOOKS,
    comment="Passes that a command asked the daemon for, and how they went.",
)

Table(
    "statuses",
    METADATA,
    _text("instance"),
    _text("kind"),
    _text("name"),
    _text("sync"),
    Column("row_id", Uuid),
    Column("status", JSONB, nullable=False),
    PrimaryKeyConstraint("instance", "kind", "name", name="statuses_pkey"),
    Index("statuses_listing_idx", "instance", "kind", "sync", "name"),
    Index("statuses_deferred_idx", "row_id", postgresql_where=text("sync = 'Deferred'")),
    schema=BOOKS,
    comment="How each resource stands, as Redis shows it too.",
)

Table(
    "instances",
    METADATA,
    Column("instance", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("status", JSONB, nullable=False),
    _time("written_at", nullable=False, server_default=_MOMENT),
    schema=BOOKS,
    comment="How each instance stands, as Redis shows it too.",
)

Table(
    "replicas",
    METADATA,
    _text("instance"),
    _text("replica"),
    _time("lease_at", nullable=False, server_default=_MOMENT),
    Column("status", JSONB, nullable=False, server_default=_EMPTY_OBJECT),
    PrimaryKeyConstraint("instance", "replica", name="replicas_pkey"),
    schema=BOOKS,
    comment="The daemons of each instance, and when each was last alive.",
)

Table(
    "tokens",
    METADATA,
    Column("id", Uuid, primary_key=True),
    _text("instance"),
    _text("name"),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    _text("created_by"),
    _time("created_at", nullable=False, server_default=_NOW),
    _time("expires_at"),
    _time("last_used_at"),
    UniqueConstraint("instance", "name", name="tokens_name_key"),
    UniqueConstraint("digest", name="tokens_digest_key"),
    schema=BOOKS,
    comment="Who may do what over HTTP; of a token only its SHA-256 is kept.",
)
