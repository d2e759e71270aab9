"""The consumers' tables in `public`, our book-keeping in `reconciler`, and the triggers that report drift."""

from alembic import op

from reconciler.store.migrations import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CONSUMERS_TABLES = """
create table if not exists public.users (
    id uuid primary key,
    username text not null,
    created_at timestamptz not null default now(),
    constraint users_username_key unique (username)
);
create table if not exists public.workflows (
    id uuid primary key,
    user_id uuid not null constraint workflows_user_id_fkey references public.users (id),
    name text constraint workflows_name_key unique,
    status text not null default 'PENDING',
    generation bigint not null default 1,
    observed_generation bigint,
    created_at timestamptz not null default now()
);
create index if not exists workflows_user_id_idx on public.workflows (user_id);
create index if not exists workflows_status_idx on public.workflows (status, created_at);
create table if not exists public.jobs (
    id uuid primary key,
    workflow_id uuid not null constraint jobs_workflow_id_fkey references public.workflows (id),
    name text not null,
    job_type text not null,
    branch_id text not null default 'main',
    parent_ids_json jsonb not null default '[]',
    params jsonb not null default '{}',
    position integer not null default 0,
    status text not null default 'PENDING',
    generation bigint not null default 1,
    observed_generation bigint,
    created_at timestamptz not null default clock_timestamp(),
    constraint jobs_workflow_id_name_key unique (workflow_id, name)
);
create index if not exists jobs_status_idx on public.jobs (status, created_at);
create index if not exists jobs_branch_idx on public.jobs (workflow_id, branch_id, status);
"""

BOOK_KEEPING = """
create table reconciler.fence (
    instance text primary key,
    epoch bigint not null,
    holder text not null,
    backend_pid integer not null,
    taken_at timestamptz not null,
    schema_version text not null,
    source text not null default ''
);
comment on table reconciler.fence
    is 'Admits one writer: every write checks its epoch here, in its transaction.';

create table reconciler.inventory (
    kind text not null,
    name text not null,
    instance text not null,
    row_id uuid not null,
    path text not null,
    labels jsonb not null,
    digest bytea not null,
    meta_digest bytea not null,
    fingerprint bigint not null,
    generation bigint not null,
    revision text not null,
    protected boolean not null,
    orphaned boolean not null default false,
    applied_at timestamptz not null default now(),
    job_ids uuid[] not null default '{}',
    job_names text[] not null default '{}',
    job_generations bigint[] not null default '{}',
    job_digests bytea[] not null default '{}',
    constraint inventory_pkey primary key (kind, name),
    constraint inventory_row_id_key unique (row_id)
);
create index inventory_instance_idx on reconciler.inventory (instance);
comment on table reconciler.inventory
    is 'What each instance manages, and what it remembers of it.';

create table reconciler.passes (
    id uuid primary key,
    instance text not null,
    epoch bigint not null,
    trigger text not null,
    revision text not null,
    started_at timestamptz not null,
    committed_at timestamptz not null default clock_timestamp(),
    counts jsonb not null
);
create index passes_instance_idx on reconciler.passes (instance, committed_at);
comment on table reconciler.passes
    is 'Every pass that changed something, written by the transaction that did.';

create table reconciler.history (
    id bigint generated always as identity primary key,
    pass_id uuid not null,
    instance text not null,
    kind text not null,
    name text not null,
    action text not null,
    at timestamptz not null default clock_timestamp(),
    path text not null,
    revision text not null,
    before jsonb,
    after jsonb
);
create index history_resource_idx on reconciler.history (kind, name, id);
create index history_instance_idx on reconciler.history (instance, at);
comment on table reconciler.history
    is 'Every change of a resource, with its rows before and after.';

create table reconciler.queue_clock (
    single boolean primary key default true constraint queue_clock_single_check check (single),
    last timestamptz not null
);
insert into reconciler.queue_clock (last) values (now());
comment on table reconciler.queue_clock
    is 'The created_at given last: it only grows, so that no two jobs tie.';

create table reconciler.gates (
    digest text not null,
    instance text not null,
    kind text not null,
    subjects jsonb not null,
    proposed_at timestamptz not null default now(),
    approved_at timestamptz,
    approved_by text,
    expires_at timestamptz,
    consumed_at timestamptz,
    consumed_by uuid,
    constraint gates_pkey primary key (instance, digest)
);
comment on table reconciler.gates
    is 'Sets that wait for approval, or had it.';

create table reconciler.suspensions (
    instance text not null,
    kind text not null default '',
    name text not null default '',
    reason text not null,
    requested_by text not null,
    since timestamptz not null default now(),
    until timestamptz,
    constraint suspensions_pkey primary key (instance, kind, name)
);
comment on table reconciler.suspensions
    is 'What somebody asked to be left alone; an empty kind: the instance.';

create table reconciler.requests (
    id uuid primary key,
    instance text not null,
    requested_by text not null,
    requested_at timestamptz not null default clock_timestamp(),
    force text[] not null default '{}',
    prune boolean not null default false,
    answered_at timestamptz,
    answer jsonb
);
create index requests_waiting_idx on reconciler.requests (instance, requested_at) where answered_at is null;
comment on table reconciler.requests
    is 'Passes that a command asked the daemon for, and how they went.';

create table reconciler.statuses (
    instance text not null,
    kind text not null,
    name text not null,
    sync text not null,
    row_id uuid,
    status jsonb not null,
    constraint statuses_pkey primary key (instance, kind, name)
);
create index statuses_deferred_idx on reconciler.statuses (row_id) where sync = 'Deferred';
comment on table reconciler.statuses
    is 'How each resource stands, as Redis shows it too.';

create table reconciler.instances (
    instance text primary key,
    epoch bigint not null,
    status jsonb not null,
    written_at timestamptz not null default clock_timestamp()
);
comment on table reconciler.instances
    is 'How each instance stands, as Redis shows it too.';

create table reconciler.replicas (
    instance text not null,
    replica text not null,
    lease_at timestamptz not null default clock_timestamp(),
    status jsonb not null default '{}',
    constraint replicas_pkey primary key (instance, replica)
);
comment on table reconciler.replicas
    is 'The daemons of each instance, and when each was last alive.';
"""


def upgrade() -> None:
    """Make what is missing; tables of the consumers that stand already were checked before."""
    for statement in (CONSUMERS_TABLES, BOOK_KEEPING, *triggers.CREATE):
        op.execute(statement)


def downgrade() -> None:
    """Take our book-keeping and triggers away; the consumers' tables go only when they are empty."""
    for statement in (*triggers.DROP, *DROP):
        op.execute(statement)


DROP = (
    """
do $$
declare
    filled text;
begin
    select string_agg(t, ', ') into filled from (
        select 'users' as t where exists (select from public.users)
        union all select 'workflows' where exists (select from public.workflows)
        union all select 'jobs' where exists (select from public.jobs)
    ) filled;
    if filled is not null then
        raise exception 'a downgrade drops no rows, and there are some in %', filled
            using hint = 'empty the tables first, or leave them and drop the schema reconciler by hand';
    end if;
end
$$
""",
    "drop table public.jobs, public.workflows, public.users",
    """
drop table reconciler.replicas, reconciler.instances, reconciler.statuses, reconciler.requests,
    reconciler.suspensions, reconciler.gates, reconciler.queue_clock, reconciler.history, reconciler.passes,
    reconciler.inventory, reconciler.fence
""",
)
