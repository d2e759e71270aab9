-- Four roles, each with the rights that its work takes and no other. For PostgreSQL 15 to 18.
--
--   reconciler_migrator    owns the tables and changes them: `reconciler db upgrade`
--   reconciler_daemon      what the daemon needs: it can change no table, and after its creation no status
--   reconciler_reader      may look: `reconciler status`, dashboards, people; it sees no token
--   reconciler_job_writer  a scheduler and its workers: reads the rows, writes statuses
--
-- None of them can log in. Yours become members, and passwords stay where you keep them:
--
--   create role deploy login in role reconciler_migrator;
--   alter role deploy set role = 'reconciler_migrator';    -- what it makes belongs to the role, not to itself
--   create role daemon login in role reconciler_daemon;    -- one for all replicas: each may end a session that
--                                                          -- another one left hanging
--   create role scheduler login in role reconciler_job_writer;
--
-- Run it as a superuser, or as the database's owner with CREATEROLE, before and after `reconciler db upgrade`:
--
--   psql -X -v ON_ERROR_STOP=1 -f roles.sql DATABASE
--
-- It may be run again at any time: rights become what stands here, and no row is touched. docs/roles.md tells
-- who may do what, column by column.

begin;

-- Nobody upgrades meanwhile.
select pg_advisory_xact_lock(hashtextextended('reconciler/migration', 0));

-- --- roles -------------------------------------------------------------------------------------------------

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        'reconciler_migrator', 'reconciler_daemon', 'reconciler_reader', 'reconciler_job_writer'
    ] loop
        begin
            execute format('create role %I nologin', wanted);
        exception when duplicate_object or unique_violation then
            null;  -- roles belong to the whole cluster: another database of it may have them already
        end;
    end loop;
    if not (select rolsuper from pg_roles where rolname = current_user) then
        -- Only a member may make it an owner; from PostgreSQL 16 on, having made it is not enough.
        execute format('grant reconciler_migrator to %I', current_user);
    end if;
    -- `create schema if not exists` asks for this right before it looks.
    execute format('grant create on database %I to reconciler_migrator', current_database());
end
$$;

-- --- owners ------------------------------------------------------------------------------------------------

create schema if not exists reconciler;
alter schema reconciler owner to reconciler_migrator;

do $$
declare
    thing record;
begin
    for thing in
        select c.oid::regclass as name, case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end
            as kind
        from pg_class c
        where c.relnamespace = 'reconciler'::regnamespace
            and c.relowner <> 'reconciler_migrator'::regrole
            and (c.relkind in ('r', 'p', 'v') or (c.relkind = 'S' and not exists (
                -- a sequence that belongs to a column follows its table
                select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.deptype in ('a', 'i'))))
    loop
        execute format('alter %s %s owner to reconciler_migrator', thing.kind, thing.name);
    end loop;
    for thing in
        select p.oid::regprocedure as name from pg_proc p
        where p.pronamespace = 'reconciler'::regnamespace and p.proowner <> 'reconciler_migrator'::regrole
    loop
        execute format('alter function %s owner to reconciler_migrator', thing.name);
    end loop;
    for thing in
        select c.oid::regclass as name, r.rolname as owner, r.rolsuper
        from pg_class c join pg_roles r on r.oid = c.relowner
        where c.oid in (to_regclass('public.users'), to_regclass('public.workflows'), to_regclass('public.jobs'))
            and c.relowner <> 'reconciler_migrator'::regrole
    loop
        if thing.rolsuper then
            execute format('alter table %s owner to reconciler_migrator', thing.name);
        else
            -- Somebody relies on owning it, and would lose what they never had to be granted.
            raise warning '% belongs to %, and stays theirs', thing.name, thing.owner using hint = format(
                'So that upgrades may change it: grant %I to reconciler_migrator, or alter table %s owner to '
                'reconciler_migrator.', thing.owner, thing.name);
        end if;
    end loop;
end
$$;

-- --- from nothing ------------------------------------------------------------------------------------------

revoke all on schema reconciler
    from public, reconciler_daemon, reconciler_reader, reconciler_job_writer;
revoke all on all tables in schema reconciler
    from public, reconciler_daemon, reconciler_reader, reconciler_job_writer;
revoke all on all sequences in schema reconciler
    from public, reconciler_daemon, reconciler_reader, reconciler_job_writer;
-- The triggers run them with the rights of their owner, whoever's statement fires them.
revoke all on all functions in schema reconciler
    from public, reconciler_daemon, reconciler_reader, reconciler_job_writer;

grant usage, create on schema public to reconciler_migrator;
grant usage on schema public to reconciler_daemon, reconciler_reader, reconciler_job_writer;
grant usage on schema reconciler to reconciler_daemon, reconciler_reader;

-- --- our books ---------------------------------------------------------------------------------------------

grant select, insert, update, delete on all tables in schema reconciler to reconciler_daemon;
grant usage on all sequences in schema reconciler to reconciler_daemon;
grant select on all tables in schema reconciler to reconciler_reader;

do $$
begin
    if to_regclass('reconciler.alembic_version') is not null then
        revoke insert, update, delete on reconciler.alembic_version from reconciler_daemon;
    end if;
    if to_regclass('reconciler.tokens') is not null then
        revoke all on reconciler.tokens from reconciler_reader;
    end if;
end
$$;

-- What a later upgrade adds serves the daemon at once. The reader sees it when this file has run again: until
-- then nobody can know whether it is meant to be seen.
alter default privileges for role reconciler_migrator in schema reconciler
    grant select, insert, update, delete on tables to reconciler_daemon;
alter default privileges for role reconciler_migrator in schema reconciler
    grant usage on sequences to reconciler_daemon;
alter default privileges for role reconciler_migrator
    revoke execute on functions from public;

-- --- the consumers' tables ---------------------------------------------------------------------------------

do $$
begin
    if to_regclass('public.jobs') is null then
        raise notice 'there are no tables yet: run reconciler db upgrade, then this file again';
        return;
    end if;

    revoke all on public.users, public.workflows, public.jobs
        from reconciler_daemon, reconciler_reader, reconciler_job_writer;

    grant select on public.users, public.workflows, public.jobs
        to reconciler_daemon, reconciler_reader, reconciler_job_writer;

    grant delete on public.users, public.workflows, public.jobs to reconciler_daemon;
    grant insert (id, username), update (username)
        on public.users to reconciler_daemon;
    grant insert (id, user_id, name, status, generation), update (user_id, name, generation)
        on public.workflows to reconciler_daemon;
    grant
        insert (id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, status, generation,
            created_at),
        update (workflow_id, name, job_type, branch_id, parent_ids_json, params, position, generation)
        on public.jobs to reconciler_daemon;

    grant update (status, observed_generation) on public.workflows, public.jobs to reconciler_job_writer;
end
$$;

-- --- what everybody may ------------------------------------------------------------------------------------
-- Rights of PUBLIC are rights of these roles too. Others may rely on them, so they are told, and stay.

do $$
declare
    thing record;
begin
    if exists (
        select from pg_namespace n, aclexplode(n.nspacl) as acl
        where n.nspname = 'public' and acl.grantee = 0 and acl.privilege_type = 'CREATE'
    ) then
        raise warning 'everybody may create in the schema public' using hint =
            'Databases made before PostgreSQL 15 allow it: revoke create on schema public from public.';
    end if;
    for thing in
        select held.name, string_agg(distinct lower(held.privilege), ', ') as rights
        from (
            select c.oid::regclass as name, acl.privilege_type as privilege
            from pg_class c, aclexplode(c.relacl) as acl where acl.grantee = 0
            union all
            select a.attrelid::regclass, acl.privilege_type
            from pg_attribute a, aclexplode(a.attacl) as acl where acl.grantee = 0
        ) as held
        where held.name in (to_regclass('public.users'), to_regclass('public.workflows'), to_regclass('public.jobs'))
        group by held.name
    loop
        raise warning 'everybody may % on %', thing.rights, thing.name using hint = format(
            'That is more than stands here: revoke all on %s from public.', thing.name);
    end loop;
end
$$;

commit;
