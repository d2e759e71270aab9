"""The triggers that tell the daemon of drift at once, made so that they cost a writer of statuses nothing.

An edit of an owned column is seen row by row, because only row triggers can name columns; a deletion once a
statement. None of them fires on an insert, on a status, or on our own writes, which set `reconciler.writer`
for their transaction. What they call reads the inventory as the owner of the schema, so that nobody else
has to.
"""

from __future__ import annotations

from typing import Final

from reconciler.store.columns import OWNED

CHANNEL: Final = "reconciler"
"""Notes are `drift INSTANCE ROW_ID`, `drift INSTANCE *`, `status INSTANCE ROW_ID`, `request INSTANCE` and
`look INSTANCE`, which is a request that names all that needs to be looked at."""

MOST_NOTES: Final = 200
"""So many rows of one statement are named one by one; of more, only that there were many."""

_FOREIGN_WRITER: Final = "coalesce(current_setting('reconciler.writer', true), '') = ''"

_FUNCTIONS: Final = f"""
create function reconciler.tell_drift(rows uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    hit record;
begin
    for hit in
        select i.instance, array_agg(distinct i.row_id) as ids
        from unnest(rows) as r(id) join reconciler.inventory i on i.row_id = r.id
        group by i.instance
    loop
        if cardinality(hit.ids) > {MOST_NOTES} then
            perform pg_notify('{CHANNEL}', 'drift ' || hit.instance || ' *');
        else
            perform pg_notify('{CHANNEL}', 'drift ' || hit.instance || ' ' || id)
                from unnest(hit.ids) as u(id);
        end if;
    end loop;
end
$$;

create function reconciler.row_edited() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform reconciler.tell_drift(array[old.id]);
    return null;
end
$$;

create function reconciler.job_edited() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform reconciler.tell_drift(array[old.workflow_id]) from reconciler.inventory i
        where i.row_id = old.workflow_id and old.id = any (i.job_ids);
    return null;
end
$$;

create function reconciler.rows_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform reconciler.tell_drift(array_agg(gone.id)) from gone;
    return null;
end
$$;

create function reconciler.jobs_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform reconciler.tell_drift(array_agg(distinct gone.workflow_id)) from gone;
    return null;
end
$$;

create function reconciler.table_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('{CHANNEL}', 'drift ' || f.instance || ' *') from reconciler.fence f;
    return null;
end
$$;

create function reconciler.job_landed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('{CHANNEL}', 'status ' || s.instance || ' ' || s.row_id) from reconciler.statuses s
        where s.row_id = new.workflow_id and s.sync = 'Deferred';
    return null;
end
$$;
"""


def _on_update(table: str, function: str) -> str:
    columns = OWNED[table]
    differs = " or ".join(f"old.{column} is distinct from new.{column}" for column in columns)
    return (
        f"create trigger reconciler_edited after update of {', '.join(columns)} on public.{table} "
        f"for each row when ({_FOREIGN_WRITER} and ({differs})) execute function reconciler.{function}()"
    )


def _on_delete(table: str, function: str) -> str:
    return (
        f"create trigger reconciler_deleted after delete on public.{table} referencing old table as gone "
        f"for each statement when ({_FOREIGN_WRITER}) execute function reconciler.{function}()"
    )


def _on_truncate(table: str) -> str:
    return (
        f"create trigger reconciler_truncated after truncate on public.{table} "
        f"for each statement when ({_FOREIGN_WRITER}) execute function reconciler.table_truncated()"
    )


_ON_LANDING: Final = """
create trigger reconciler_landed after update of status on public.jobs
for each row when (old.status in ('QUEUED', 'RUNNING') and new.status not in ('QUEUED', 'RUNNING'))
execute function reconciler.job_landed()
"""


def _on_table(table: str) -> dict[str, str]:
    of_jobs = table == "jobs"
    return {
        "edited": _on_update(table, "job_edited" if of_jobs else "row_edited"),
        "deleted": _on_delete(table, "jobs_deleted" if of_jobs else "rows_deleted"),
        "truncated": _on_truncate(table),
    }


TRIGGERS: Final = {
    **{
        f"reconciler_{event} on public.{table}": statement
        for table in OWNED
        for event, statement in _on_table(table).items()
    },
    "reconciler_landed on public.jobs": _ON_LANDING,
}
"""Every trigger as PostgreSQL names it, and the statement that makes it."""

CREATE: Final = (_FUNCTIONS, *TRIGGERS.values())

RENEW_FUNCTIONS: Final = _FUNCTIONS.replace("create function", "create or replace function")
"""Make anew what the triggers call: nobody can have changed it to any good."""

FOUND: Final = """
select t.tgname || ' on ' || n.nspname || '.' || c.relname, t.tgenabled in ('D', 'R')
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgname like 'reconciler\\_%'"""
"""Name the triggers of ours that are there, and whether each is off."""

DROP: Final = (
    *(f"drop trigger if exists {name}" for name in TRIGGERS),
    """
    drop function reconciler.row_edited(), reconciler.job_edited(), reconciler.rows_deleted(),
    reconciler.jobs_deleted(), reconciler.table_truncated(), reconciler.job_landed(),
    reconciler.tell_drift(uuid[])
""",
)
