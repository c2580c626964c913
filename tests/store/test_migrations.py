"""Each migration goes up and down with rows in the tables, and holds up nobody who writes."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, delete, event, insert, inspect, select, text, update

from followthrough.store import database as databases
from followthrough.store import online
from followthrough.store.database import WouldLose, migrate, migrate_down, open_database, revision_of, revisions
from tests.databases import create_database
from tests.store.test_no_drift import drift
from tests.waiting import eventually

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WRITTEN = {"postmortem": {"at": AT.isoformat(), "by": "erin", "text": "The pool was too small."}}
VALUES: dict[type, Callable[[str, int], Any]] = {
    str: lambda name, number: f"{name} {number}",
    int: lambda name, number: number,
    float: lambda name, number: number,
    bool: lambda name, number: True,
    object: lambda name, number: {name: number},  # JSON
    bytes: lambda name, number: b"png",
    datetime: lambda name, number: AT,
    date: lambda name, number: AT.date(),
}
SCRIPTS = list(ScriptDirectory.from_config(databases._migrations()).walk_revisions())[::-1]
LOSING = dict(line for script in SCRIPTS for line in script.module.WOULD_LOSE)


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def on_postgresql(postgresql: str) -> Iterator[Engine]:
    engine = open_database(create_database(postgresql))
    yield engine
    engine.dispose()


def tables(database: Engine) -> dict[str, Table]:
    """As they are now, in an order in which they can be filled."""
    found = MetaData()
    found.reflect(database)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def row(table: Table, number: int, **said: Any) -> dict[str, Any]:
    """With something in each column."""
    values = {}
    for column in table.columns:
        [points_at] = [key.column for key in column.foreign_keys] or [column]
        values[column.name] = VALUES[column.type.python_type](points_at.name, number)
    if table.name == "mail":
        values["state"] = "SENT"
    return values | said


def fill(database: Engine, only: Callable[[str], bool]) -> None:
    with database.begin() as connection:
        for name, table in tables(database).items():
            if only(name):
                connection.execute(insert(table), [row(table, number) for number in (2, 3)])


def fill_first(database: Engine) -> None:
    """The tables of the first revision, which has texts of postmortems in documents."""
    migrate(database, "0001")
    fill(database, lambda name: name != "incident")
    incident = tables(database)["incident"]
    with database.begin() as connection:
        connection.execute(insert(incident), [row(incident, number, document=WRITTEN) for number in (2, 3)])


def contents(database: Engine) -> dict[str, list[dict[str, Any]]]:
    with database.connect() as connection:
        return {
            name: [dict(found) for found in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for name, table in tables(database).items()
        }


def test_rows_go_up_and_down_and_up_again_through_each_revision(empty: Engine) -> None:
    fill_first(empty)
    before = contents(empty)

    migrate(empty)
    after = contents(empty)
    assert [found["text"] for found in after["postmortem"]] == ["The pool was too small."] * 2
    assert [found["text"] for found in after["postmortem_version"]] == ["The pool was too small."] * 2
    assert all(found["updated_at"] for name in ("incident", "action_item") for found in after[name])
    filled = {name for name in after if name in before or any(f" {name} " in f"{query} " for query in LOSING.values())}
    fill(empty, lambda name: name not in filled | {"postmortem"})

    migrate_down(empty, "0001")
    assert contents(empty) == before
    with pytest.raises(WouldLose, match="incidents, action items and mails"):
        migrate_down(empty, "base")

    migrate(empty)
    again = contents(empty)
    assert [again[name] for name in ("mail", "timeline", "postmortem", "postmortem_version")] == [
        after[name] for name in ("mail", "timeline", "postmortem", "postmortem_version")
    ]
    assert drift(empty) == []


def test_the_first_one_goes_down_to_nothing_and_up_again(empty: Engine) -> None:
    for _ in range(2):
        migrate(empty, "0001")
        migrate_down(empty, "base")
        assert inspect(empty).get_table_names() == ["alembic_version"]


def test_going_down_says_all_that_would_be_lost_and_changes_nothing(database: Engine) -> None:
    fill(database, lambda name: name not in {"mail", "mail_attachment", "token"})
    found = tables(database)
    mails: list[dict[str, Any]] = [{"state": "GATHERED"}, {"state": "SET_ASIDE"}, {"incident_id": None}]
    rows = {
        "mail": [row(found["mail"], number, **said) for number, said in enumerate(mails)],
        "mail_attachment": [row(found["mail_attachment"], 1)],
        "token": [row(found["token"], 1, revoked_at=None)],
        "postmortem_version": [row(found["postmortem_version"], 2, at=AT.replace(hour=11))],
        "webhook_delivery": [row(found["webhook_delivery"], 5, state="waits")],
    }
    with database.begin() as connection:
        for name, new in rows.items():
            connection.execute(insert(found[name]), new)
    before = contents(database)
    with pytest.raises(WouldLose) as refused:
        migrate_down(database, "base")
    assert [words for words in LOSING if words not in str(refused.value)] == []
    assert revision_of(database) == revisions()[-1]
    assert contents(database) == before


def test_the_runbook_says_where_going_down_is_refused() -> None:
    table = Path("docs/runbooks/roll-back.md").read_text(encoding="utf-8").partition("| To before |")[2]
    said = re.findall(r"^\| (\d{4}) \|", table, re.MULTILINE)
    assert said == [script.revision for script in SCRIPTS[:0:-1] if script.module.WOULD_LOSE]


@contextmanager
def heard(database: Engine, when: str, each: Callable[[str, str], None]) -> Iterator[None]:
    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        each(" ".join(statement.split()), str(parameters))

    event.listen(database, when, hear)
    yield
    event.remove(database, when, hear)


QUICK = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        "SELECT |SHOW ",
        "SET lock_timeout",
        "INSERT INTO ",
        "UPDATE alembic_version ",
        r"UPDATE \w+ SET .* WHERE .*\bid (=|IN) ",  # some rows, which a commit follows
        "CREATE TABLE ",
        "CREATE TYPE ",
        r"CREATE OR REPLACE FUNCTION |DROP TRIGGER IF EXISTS |CREATE TRIGGER ",
        r"DELETE FROM \w+ WHERE .*_id IN ",
        r"ALTER TYPE \w+ ADD VALUE ",
        "(CREATE|CREATE UNIQUE|DROP) INDEX CONCURRENTLY ",
        r"ALTER TABLE \w+ ADD COLUMN \w+ [A-Z]+( WITH TIME ZONE)?( DEFAULT (true|false|\d+|'[^']*') NOT NULL)?$",
        r"ALTER TABLE \w+ ALTER COLUMN \w+ DROP NOT NULL$",
        r"ALTER TABLE \w+ ADD CONSTRAINT .* NOT VALID$",
        r"ALTER TABLE \w+ VALIDATE CONSTRAINT \w+$",
    )
]


def holding_up(statements: list[str]) -> list[str]:
    """Those of a revision that make writers wait for as long as a table is large, or that nobody has thought about."""
    created = {found[1] for each in statements if (found := re.match(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", each))}
    constrained = any(" VALIDATE CONSTRAINT " in each for each in statements)

    def quick(each: str) -> bool:
        on_new = (found := re.match(r"CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?\w+ ON (\w+)", each)) and found[
            1
        ] in created
        checked = constrained and re.fullmatch(r"ALTER TABLE \w+ ALTER COLUMN \w+ SET NOT NULL", each)
        return bool(on_new or checked or any(pattern.match(each) for pattern in QUICK))

    return [each for each in statements if not quick(each)]


def test_no_migration_holds_up_those_who_write(on_postgresql: Engine) -> None:
    fill_first(on_postgresql)
    statements: list[str] = []
    of_revisions: dict[str, list[str]] = {}

    def keep(statement: str, _parameters: str) -> None:
        statements.append(statement)
        if ends := re.match(r"UPDATE alembic_version SET version_num='(\w+)'", statement):
            of_revisions[ends[1]] = statements.copy()
            statements.clear()

    with heard(on_postgresql, "before_cursor_execute", keep):
        migrate(on_postgresql)
    assert [*of_revisions] == revisions()[1:]
    assert {revision: slow for revision, each in of_revisions.items() if (slow := holding_up(each))} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX ix_mail_at ON mail (at)",
        "ALTER TABLE mail ADD COLUMN read_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL",
        "ALTER TABLE mail ADD COLUMN size INTEGER NOT NULL",
        "ALTER TABLE mail ALTER COLUMN person SET NOT NULL",
        "ALTER TABLE mail ALTER COLUMN answer TYPE INTEGER",
        "ALTER TABLE mail ADD CONSTRAINT known CHECK (person <> '')",
        "UPDATE mail SET person = ''",
        "DROP INDEX ix_mail_kind",
    ],
)
def test_what_would_hold_them_up_is_found(statement: str) -> None:
    assert holding_up([statement]) == [statement]


class BrokenOff(Exception):
    """The process died."""


def test_one_that_is_broken_off_between_its_steps_goes_on(
    on_postgresql: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its second batch, with an index that was not finished, and when all is done but not noted."""
    monkeypatch.setattr(online, "BATCH", 1)
    fill_first(on_postgresql)
    ends = [f"version_num='{script.revision}'" for script in SCRIPTS if "store.online" in Path(script.path).read_text()]
    batches, died = Counter[str](), Counter[str]()

    def die_once(what: str) -> None:
        died[what] += 1
        if died[what] == 1:
            raise BrokenOff

    def before(statement: str, _parameters: str) -> None:
        if re.match("(UPDATE|INSERT INTO) (incident|action_item|postmortem)", statement):
            batches[statement] += 1
            if batches[statement] == 2:
                die_once(statement)
        elif noted := next((end for end in ends if end in statement), None):
            die_once(noted)

    def after(statement: str, _parameters: str) -> None:
        if index := re.match(r"CREATE INDEX CONCURRENTLY (ix_mail_person|ix_action_item_by_due)", statement):
            if died[index[1]] == 0:
                invalid = text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:name)")
                with on_postgresql.begin() as other:
                    other.execute(invalid, {"name": index[1]})
            die_once(index[1])

    with heard(on_postgresql, "before_cursor_execute", before), heard(on_postgresql, "after_cursor_execute", after):
        for _ in range(100):
            with contextlib.suppress(BrokenOff):
                migrate(on_postgresql)
                break
    assert {*ends, "ix_mail_person", *(each for each, count in batches.items() if count > 1)} <= died.keys()
    with on_postgresql.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_index WHERE NOT indisvalid")) == 0
    found = contents(on_postgresql)
    assert [len(found[name]) for name in ("postmortem", "postmortem_version")] == [2, 2]
    assert drift(on_postgresql) == []


async def test_what_is_written_while_its_words_are_copied_is_found_by_what_it_says_now(on_postgresql: Engine) -> None:
    migrate(on_postgresql)
    found = tables(on_postgresql)
    item, words = found["action_item"], found["item_search"]
    with on_postgresql.begin() as connection:
        connection.execute(insert(item), [row(item, 1)])
        copied = dict(connection.execute(select(words)).mappings().one())
        connection.execute(delete(words))

    def write() -> None:
        with on_postgresql.begin() as other:
            other.execute(update(item).values(title="Alert on declined cards"))

    def waits() -> bool:
        with on_postgresql.connect() as third:
            return bool(third.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    with on_postgresql.begin() as copying:
        copying.execute(insert(words), [copied])
        writing = asyncio.create_task(asyncio.to_thread(write))
        await eventually(waits)
    await writing
    with on_postgresql.connect() as connection:
        assert "declined cards" in str(connection.scalar(select(words.c.text)))
