"""Steps of migrations on tables that are large and in use meanwhile: nobody waits for more than a batch of rows.

On PostgreSQL each is committed by itself, so a migration with such a step can be broken off in its middle. All its
steps therefore have to be possible a second time, and those that are done are passed over. On SQLite, whose migrations
are one transaction each time, they are the plain ones.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

BATCH = 100
"""Rows whose locks are held at a time."""

LOCK_TIMEOUT = "500ms"
"""How long a migration waits for a table, while others wait behind it."""


def create_index(name: str, table: str, columns: Sequence[str], where: str = "") -> None:
    """While rows are written. One that was broken off is there and not valid, and made anew."""
    of = sa.text(where) if where else None
    if not _on_postgresql():
        op.create_index(name, table, columns, sqlite_where=of)
        return
    valid = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    if op.get_bind().scalar(valid, {"name": name}):
        return
    drop_index(name, table)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions that write, and nobody waits for it
        op.create_index(name, table, columns, postgresql_concurrently=True, postgresql_where=of)
        op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def drop_index(name: str, table: str) -> None:
    """While the table is read."""
    if not _on_postgresql():
        op.drop_index(name, table)
        return
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def add_column(table: str, column: sa.Column[Any]) -> None:
    """One that may be empty, or has a constant for the rows that are there: neither writes them anew.

    The table is nobody else's only until this is committed, which is at once.
    """
    if column.name not in {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}:
        _commit()
        op.add_column(table, column)
        _commit()


def batches(key: sa.ColumnClause[str]) -> Iterator[list[str]]:
    """The keys of all rows of a table, some at a time; what came before is committed first, and each time again."""
    last = ""
    some = sa.select(key).order_by(key).limit(BATCH)
    _commit()
    while keys := list(op.get_bind().scalars(some.where(key > last))):
        yield keys
        _commit()
        last = keys[-1]


def _commit() -> None:
    if _on_postgresql():
        with op.get_context().autocommit_block():
            pass


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
