"""What Alembic runs: the steps, on the connection that `journal.schema` hands over."""

from alembic import context

from backbot.journal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot change a column in place; a later step may have to.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
