"""Indexes that serve lists: by name, by how resources stand, by label."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them; the first one serves whatever the one by instance alone did."""
    op.execute("""
create index inventory_listing_idx on reconciler.inventory (instance, kind, name) include (row_id);
create index inventory_labels_idx on reconciler.inventory using gin (labels jsonb_path_ops);
create index statuses_listing_idx on reconciler.statuses (instance, kind, sync, name);
drop index reconciler.inventory_instance_idx;
""")


def downgrade() -> None:
    """Lists take longer."""
    op.execute("""
create index inventory_instance_idx on reconciler.inventory (instance);
drop index reconciler.inventory_listing_idx, reconciler.inventory_labels_idx, reconciler.statuses_listing_idx;
""")
