"""Migrating apart from running: who starts finds tables that are current, older, or those of a later version."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from followthrough.service import ServiceError, make_current, migrate_to
from followthrough.store import database as databases
from followthrough.store.database import Schema, migrate, open_database, revision_of, revisions, schema_of


def test_an_empty_database_is_migrated_or_refused(database_url: str) -> None:
    database = open_database(database_url)
    assert schema_of(database) is Schema.OLDER
    with pytest.raises(ServiceError, match="run `followthrough migrate` first"):
        make_current(database, print, migrating=False)
    make_current(database, print, migrating=True)
    assert schema_of(database) is Schema.CURRENT
    make_current(database, print, migrating=False)
    database.dispose()


def test_one_of_the_version_before_is_older(database_url: str) -> None:
    database = open_database(database_url)
    migrate(database, "0001")
    assert schema_of(database) is Schema.OLDER
    database.dispose()


@pytest.mark.parametrize("migrating", [True, False])
def test_one_of_a_later_version_is_left_as_it_is(database: Engine, migrating: bool) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of a later version'"))
    said: list[str] = []
    make_current(database, said.append, migrating=migrating)
    assert schema_of(database) is Schema.NEWER
    [sentence] = said
    assert sentence.startswith("A later version of Followthrough has migrated the database")


def test_somebody_goes_to_a_revision_that_this_version_knows_up_or_down(database: Engine) -> None:
    *_, before, newest = revisions()
    for revision in (before, before, newest):
        migrate_to(database, revision)
        assert revision_of(database) == revision
    with pytest.raises(ServiceError, match=f"There is no revision 9999; this version knows 0001 to {newest}"):
        migrate_to(database, "9999")
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ServiceError, match="go down with that one"):
        migrate_to(database, before)


def test_nobody_queues_behind_a_migration_that_waits_for_a_table(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database = open_database(f"{postgresql}/{name}")
    migrate(database, "0001")
    tried, once = [], databases._up

    def trying(*arguments: object) -> None:
        tried.append(arguments)
        once(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(databases, "_up", trying)
    monkeypatch.setattr(databases, "LOCK_PAUSE", 0.1)
    with ThreadPoolExecutor(1) as threads:
        with database.connect() as long_report:
            long_report.execute(text("SELECT count(*) FROM incident"))
            migrating = threads.submit(migrate, database)
            while len(tried) < 3:
                with database.begin() as others:
                    others.execute(text("UPDATE incident SET title = title"))
            assert not migrating.done()
        migrating.result()
    assert schema_of(database) is Schema.CURRENT
    database.dispose()


def test_postgresql_compiles_no_statement_also_after_one_that_failed(postgresql: str) -> None:
    database = open_database(f"{postgresql}/postgres")
    for _ in range(2):
        with database.connect() as connection:
            assert connection.scalar(text("SHOW jit")) == "off"
            with pytest.raises(ProgrammingError):
                connection.execute(text("SELECT * FROM nowhere"))
    database.dispose()
