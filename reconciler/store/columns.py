"""Which columns manifests own, said once: comparisons, fingerprints and triggers are all made from here."""

from __future__ import annotations

from typing import Final

OWNED: Final = {
    "users": ("id", "username"),
    "workflows": ("id", "user_id", "name", "generation"),
    "jobs": (
        "id",
        "workflow_id",
        "name",
        "job_type",
        "branch_id",
        "parent_ids_json",
        "params",
        "position",
        "generation",
    ),
}
"""The columns of each of the consumers' tables that a manifest decides; every other one belongs to others."""

KEYS: Final = ("id",)
"""Owned columns that no write changes: another id is another row."""

BEGUN: Final = {"users": (), "workflows": ("status",), "jobs": ("status", "created_at")}
"""Columns that we write when we create a row, and never after."""


def owned_row(table: str, alias: str) -> str:
    """Give the SQL row of a table's owned columns: `row(j.id, j.workflow_id, …)`."""
    return f"row({', '.join(f'{alias}.{column}' for column in OWNED[table])})"


def row_hash(table: str, alias: str) -> str:
    """Give the SQL for 64 bits over a row's owned columns; equal rows hash equal, `1` and `1.0` included."""
    return f"hash_record_extended({owned_row(table, alias)}, 0)"
