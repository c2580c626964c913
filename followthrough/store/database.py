"""Opening the database and bringing its schema up to date. SQLite and PostgreSQL."""

import contextlib
import itertools
import json
import sqlite3
import time
from collections.abc import Callable
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import DeadlockDetected, LockNotAvailable
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, Insert, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel, create_engine

from followthrough.private_files import private_database
from followthrough.store.online import LOCK_TIMEOUT

MIGRATION_LOCK = 0x466F6C6C
"""Any number, the same in every process: who holds it on PostgreSQL migrates."""

LOCK_ASKED_AGAIN = 0.2
"""Seconds until who does not hold it asks again."""

LOCK_TRIES, LOCK_PAUSE = 200, 1.0
"""How often a migration asks for a table that others use, and the seconds between."""


class WouldLose(Exception):
    """Going down would lose what can't be had back; says what, and what to do."""


def _from_json(document: str | bytes) -> Any:
    """Documents are most of what is read, and pydantic's reader takes half as long for them as Python's.

    That reads what pydantic's refuses: half surrogates, and what is nested deeply.
    """
    try:
        return from_json(document)
    except ValueError:
        return json.loads(document)


def open_database(url: str) -> Engine:
    """Takes ``sqlite:///file``, ``postgresql://`` or ``postgresql+psycopg://``; connects when it is first used.

    Its errors leave out the parameters of statements, for those have names and addresses in them.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        timeout = {"connect_timeout": 5}
        engine = create_engine(
            parsed, pool_pre_ping=True, hide_parameters=True, json_deserializer=_from_json, connect_args=timeout
        )
        event.listen(engine, "connect", _without_compiling)
        return engine
    if file := sqlite_file(parsed):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_pre_ping=True, hide_parameters=True, json_deserializer=_from_json)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 10000")
        with contextlib.suppress(sqlite3.OperationalError):  # locked by another process that does the same
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _without_compiling(connection: Any, _record: Any) -> None:
    """PostgreSQL compiles what it expects to take long, which takes longer than ours do."""
    connection.execute("SET jit = off")
    connection.commit()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Brings every table up to a revision; of several processes that start at once, one does and the others wait.

    Nobody else may read a SQLite file, which is made if it is missing. On PostgreSQL others write meanwhile: each
    revision is a transaction or several, and one that waits for a table, behind which others queue, soon lets go of
    all and tries again.
    """
    if file := sqlite_file(engine.url):
        private_database(file)
    _tried(partial(_up, engine, revision))


def migrate_down(engine: Engine, revision: str) -> None:
    """Takes the tables back to a revision, all the way or not at all; nothing else may use them meanwhile.

    Raises WouldLose when something that nobody could write again would be gone.
    """
    _tried(partial(_down, engine, revision))


def _tried(step: Callable[[], None]) -> None:
    for attempt in itertools.count(1):
        try:
            step()
            return
        except OperationalError as error:
            if attempt == LOCK_TRIES or not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
        time.sleep(LOCK_PAUSE)


def _up(engine: Engine, revision: str) -> None:
    if engine.dialect.name != "postgresql":
        with engine.begin() as connection:
            connection.execute(text("BEGIN EXCLUSIVE"))
            command.upgrade(_migrations(connection), revision)
        return
    with engine.connect() as connection:
        try:
            while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}):
                connection.rollback()  # an index is not made while a transaction waits for this
                time.sleep(LOCK_ASKED_AGAIN)
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
            command.upgrade(_migrations(connection), revision)
        finally:
            connection.invalidate()  # its lock and its settings end with it


def _down(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        else:
            connection.execute(text("BEGIN EXCLUSIVE"))
        config = _migrations(connection)
        down = ScriptDirectory.from_config(config).iterate_revisions(_revision(connection), revision)
        kept = [what for script in down for what, there in script.module.WOULD_LOSE if connection.scalar(text(there))]
        if kept:
            raise WouldLose(
                f"Going down to {revision} would lose {', '.join(kept)}, so nothing was changed; the version "
                "before goes on with the tables as they are, and the runbook roll-back.md says what else there is."
            )
        command.downgrade(config, revision)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


class Schema(StrEnum):
    """How a database's tables are to this version of the product."""

    CURRENT = "current"
    OLDER = "older"
    """They are migrated first, and there may be none yet."""
    NEWER = "newer"
    """A later version has migrated them."""


def schema_of(engine: Engine) -> Schema:
    """Raises SQLAlchemyError when the database does not answer."""
    if (file := sqlite_file(engine.url)) and not file.exists():
        return Schema.OLDER  # who connects makes it, for all to read
    with engine.connect() as connection:
        revision = _revision(connection)
    known = [None, *revisions()]
    if revision == known[-1]:
        return Schema.CURRENT
    return Schema.OLDER if revision in known else Schema.NEWER


def to_be_created(url: str) -> bool:
    """Whether it is a SQLite file that is not there yet."""
    file = sqlite_file(make_url(url))
    return file is not None and not file.exists()


def revision_of(engine: Engine) -> str | None:
    """Which migration made the tables what they are; None before the first. Raises SQLAlchemyError."""
    with engine.connect() as connection:
        return _revision(connection)


def revisions() -> list[str]:
    """All that this version knows, the first one first."""
    known = ScriptDirectory.from_config(_migrations()).walk_revisions()
    return [script.revision for script in known][::-1]


def _migrations(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "followthrough:store/migrations")
    config.attributes["connection"] = connection
    return config


def insert_for(dialect: str) -> type[postgresql.Insert] | type[sqlite.Insert]:
    """Both know ``on_conflict_do_update``."""
    return postgresql.Insert if dialect == "postgresql" else sqlite.Insert


@cache
def upsert_for(dialect: str, table: type[SQLModel]) -> Insert:
    """Writes whole rows, whatever was there."""
    upsert = insert_for(dialect)(table)
    keys = [column.name for column in upsert.table.primary_key]
    return upsert.on_conflict_do_update(index_elements=keys, set_=dict(upsert.excluded))


def sqlite_file(url: URL) -> Path | None:
    """Where a SQLite database is that is not in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":", "file:")):
        return None
    return Path(url.database)
