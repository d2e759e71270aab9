"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step; on the consumers' tables it may only add."""
    ${upgrades if upgrades else "op.execute('')"}


def downgrade() -> None:
    """Undo this step without dropping a row."""
    ${downgrades if downgrades else "op.execute('')"}
