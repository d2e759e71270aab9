"""Fingerprints of the rows of a resource, in SQL: 64 bits that change when a manifest-owned column does.

A workflow's covers its own row and those of its jobs that we manage; jobs of others don't count. It is a
hint: what has drifted is found by comparing columns. A hash of the server's, it may change with a major
version; then every resource is compared once and its fingerprint renewed.
"""

from __future__ import annotations

from typing import Final

from reconciler.store.columns import row_hash

JOBS_OF_ONE: Final = f"""
    cross join lateral (
        select bit_xor({row_hash("jobs", "j")}) as hash from public.jobs j where j.id = any (i.job_ids)
    ) jobs_of"""
"""Joins, to a row `i` with `job_ids`, the hash of these jobs: for few rows at a time."""

_JOBS_OF_ALL: Final = f"""
        left join ( select m.row_id, bit_xor({row_hash("jobs", "j")}) as hash from (select row_id,
        unnest(job_ids) as job_id from reconciler.inventory where instance = %(instance)s) m join
        public.jobs j on j.id = m.job_id group by m.row_id
    ) jobs_of on jobs_of.row_id = i.row_id"""

SEEN: Final = f"""
    case i.kind
        when 'User' then (select {row_hash("users", "u")} from public.users u where u.id = i.row_id)
        else (select {row_hash("workflows", "w")} from public.workflows w where w.id = i.row_id)
    end # case when i.kind = 'User' then 0 else coalesce(jobs_of.hash, 0) end"""
"""The fingerprint that the rows of an `i` with `kind`, `row_id` and a joined `jobs_of` have now."""

_RECORD: Final = f"""
select i.kind, i.name, i.instance, i.row_id, i.path, i.digest, i.meta_digest, i.fingerprint, {SEEN} as seen,
    i.generation, i.revision, cardinality(i.job_ids), i.protected, i.orphaned, owned.user_id
from reconciler.inventory i left join public.workflows owned on i.kind = 'Workflow' and owned.id = i.row_id"""

RECORDS_OF_INSTANCE: Final = f"{_RECORD}{_JOBS_OF_ALL} where i.instance = %(instance)s"
"""Every record of an instance with the fingerprint that its rows have now; null: the main row is gone."""

RECORDS_BY_NAME: Final = f"{_RECORD}{JOBS_OF_ONE} where i.kind = %(kind)s and i.name = any (%(names)s)"
"""The records of some names, whichever instance has them; quick however many there are of others."""
