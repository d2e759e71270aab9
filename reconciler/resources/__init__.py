"""What is declared: users, workflows and their jobs, and the identities they have in every database.

Law: pure values. No files, no clock, no database, no YAML.
"""

from reconciler.resources.canonical import (
    decode,
    digest,
    encode,
    job_digest,
    meta_digest,
    params_text,
    read_notes,
    seal,
)
from reconciler.resources.dag import Cycle, depths, shortest_cycle
from reconciler.resources.identity import NAMESPACE, Kind, ResourceKey, in_order, job_id, resource_id
from reconciler.resources.model import (
    MAIN_BRANCH,
    Job,
    JobStatus,
    Meta,
    Params,
    Resource,
    User,
    Workflow,
    WorkflowStatus,
)

__all__ = [
    "MAIN_BRANCH",
    "NAMESPACE",
    "Cycle",
    "Job",
    "JobStatus",
    "Kind",
    "Meta",
    "Params",
    "Resource",
    "ResourceKey",
    "User",
    "Workflow",
    "WorkflowStatus",
    "decode",
    "depths",
    "digest",
    "encode",
    "in_order",
    "job_digest",
    "job_id",
    "meta_digest",
    "params_text",
    "read_notes",
    "resource_id",
    "seal",
    "shortest_cycle",
]
