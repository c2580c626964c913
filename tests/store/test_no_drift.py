"""What migrations make is what the code reads and writes."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine
from sqlmodel import SQLModel

from followthrough.store import (  # noqa: F401 -- fill the metadata
    access_tables,
    audit_tables,
    directory_tables,
    postmortem_tables,
    tables,
    webhook_tables,
)


def drift(database: Engine) -> list[Any]:
    """What is otherwise than models say."""
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, SQLModel.metadata))


def test_migrations_make_the_tables_columns_and_indexes_that_models_say(database: Engine) -> None:
    assert drift(database) == []
