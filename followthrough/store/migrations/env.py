"""Run by Alembic; ``followthrough.store.database.migrate`` hands it a connection in a transaction."""

from alembic import context
from sqlmodel import SQLModel

from followthrough.store import (  # noqa: F401 -- fill the metadata
    access_tables,
    audit_tables,
    directory_tables,
    item_search,
    postmortem_tables,
    saved_views,
    tables,
)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True
)
context.run_migrations()
