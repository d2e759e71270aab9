"""How Alembic reaches the database: over the connection that `reconciler.store.migrate` hands it."""

from alembic import context

from reconciler.store.migrate import configure

configure(context)
