"""Run by Alembic, with a connection from ``followthrough.store.database``.

What comes in a transaction stays in it; else each revision is a transaction of its own.
"""

from alembic import context
from sqlmodel import SQLModel

from followthrough.store import (  # noqa: F401 -- fill the metadata
    access_tables,
    audit_tables,
    directory_tables,
    facts,
    kept_answers,
    narrow_items,
    postmortem_tables,
    saved_views,
    tables,
    webhook_tables,
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
