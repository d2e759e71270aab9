"""Requests that hand in a saved plan."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.execute("alter table reconciler.requests add column plan jsonb")


def downgrade() -> None:
    """Plans that nobody has carried out are handed in again by whoever waits for them."""
    op.execute("alter table reconciler.requests drop column plan")
