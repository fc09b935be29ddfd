"""Alembic's environment: runs the steps on the connection that it is given, never on one of its own."""

from alembic import context

from adapters.catalog.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
