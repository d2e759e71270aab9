"""Tokens for HTTP, and requests for passes that need not look at everything."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TOKENS = """
create table reconciler.tokens (
    id uuid primary key,
    instance text not null,
    name text not null,
    digest bytea not null,
    scopes text[] not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    constraint tokens_name_key unique (instance, name),
    constraint tokens_digest_key unique (digest)
);
comment on table reconciler.tokens
    is 'Who may do what over HTTP; of a token only its SHA-256 is kept.';
"""


NARROW_REQUESTS = "alter table reconciler.requests add column paths text[] not null default '{}'"


def upgrade() -> None:
    """Make the table, and the column."""
    op.execute(TOKENS)
    op.execute(NARROW_REQUESTS)


def downgrade() -> None:
    """Every token ends."""
    op.execute("alter table reconciler.requests drop column paths")
    op.execute("drop table reconciler.tokens")
