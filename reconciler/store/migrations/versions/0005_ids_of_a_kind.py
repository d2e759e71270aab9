"""A user and a workflow whose rows share an id: two records, not one."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Have ids be unique within their kind; the index still finds them without it."""
    op.execute("""
alter table reconciler.inventory drop constraint inventory_row_id_key,
    add constraint inventory_row_id_key unique (row_id, kind);
""")


def downgrade() -> None:
    """Go back, unless two records share an id: the version before takes them for one."""
    op.execute("""
do $$
declare
    shared text;
begin
    select string_agg(name, ', ' order by name) into shared from (
        select kind || '/' || name as name, count(*) over (partition by row_id) as number
        from reconciler.inventory
    ) known where number > 1;
    if shared is not null then
        raise exception 'the version before manages no two rows of one id, as are those of %', shared
            using hint = 'stay with this version, or prune one of them first';
    end if;
end
$$;
alter table reconciler.inventory drop constraint inventory_row_id_key,
    add constraint inventory_row_id_key unique (row_id);
""")
