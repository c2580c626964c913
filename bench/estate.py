"""An estate: a database with the incidents and action items of two years, as workflows would have written them.

python -m bench.estate URL [--size full] [--organisation FOLDER]
"""

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from sqlalchemy import Dialect, Engine, Table
from sqlmodel import SQLModel

from activities.read_model import columns_of, document_of, rows_beside
from bench.estate_organisation import Team, teams, write_organisation
from bench.estate_records import DAY, PERIOD, Chapter, Told, chapters
from bench.report import Size
from followthrough.domain.answered.access.actor import Door
from followthrough.domain.answered.access.audit import BEGINNING, Act, Happened, Link, Outcome, Pseudonyms, chained
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.privacy import people_on
from followthrough.store.alerts import KEPT, KEPT_FOR
from followthrough.store.audit import Kind
from followthrough.store.audit_tables import AuditEntryRow, PseudonymRow
from followthrough.store.database import migrate, open_database
from followthrough.store.facts import PartRow, RepeatRow
from followthrough.store.tables import (
    ActionItemRow,
    IncidentRow,
    MailRow,
    MailState,
    MaySeeRow,
    PostmortemRow,
    PostmortemVersionRow,
    TeamBeginningRow,
    TimelineRow,
    UnstartedAlertRow,
    UTCDateTime,
)
from tests.databases import NotInstalled, create_database, postgresql_server

INCIDENTS = {Size.SMALLEST: 20, Size.QUICK: 1_000, Size.FULL: 10_000}
"""Each with ten action items, one with another."""
SEED = 14
AT_ONCE = 200
"""Incidents that are written in one transaction."""
WORDS = "The time that was agreed on is over soon; whoever owns it says how far it is, or asks for more. " * 12

Rows = dict[type[SQLModel], list[dict[str, Any]]]


class Estate(NamedTuple):
    """What is in the databases: the organisation's file, its teams, and the time up to which it was written."""

    organisation: Path
    teams: list[Team]
    now: datetime


@contextmanager
def both_databases(folder: Path) -> Iterator[tuple[dict[str, Engine], str]]:
    """Each by its name, with every table; and why PostgreSQL is not among them, or nothing."""
    with ExitStack() as stack:
        found, missing = {"SQLite": open_database(f"sqlite:///{folder}/estate.db")}, ""
        try:
            found["PostgreSQL"] = open_database(create_database(stack.enter_context(postgresql_server())))
        except NotInstalled as error:
            missing = str(error)
        for database in found.values():
            stack.callback(database.dispose)
            migrate(database)
        yield found, missing


def estate(databases: Sequence[Engine], size: Size, folder: Path, now: datetime | None = None) -> Estate:
    """The same in each of the databases, which have every table and no rows yet."""
    number, now = INCIDENTS[size], now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    known = teams(number)
    fill(databases, known, number, now)
    for database in databases:
        if database.dialect.name == "postgresql":  # which does so by itself, a while later
            with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")
    return Estate(write_organisation(folder, known), known, now)


def fill(databases: Sequence[Engine], known: list[Team], incidents: int, now: datetime) -> None:
    """Writes so many incidents of these teams, each with ten action items, and what stands beside them."""
    told = chapters(known, incidents, now, SEED)
    audit = _Audit(random.Random(SEED))
    while some := list(islice(told, AT_ONCE)):
        rows = _rows(some, now)
        audit.add(rows, some)
        for database in databases:
            _write(database, rows)
    beside: Rows = {
        PseudonymRow: audit.pseudonyms,
        TeamBeginningRow: [{"team": team.id, "at": now - PERIOD} for team in known],
        UnstartedAlertRow: _alerts(min(incidents, KEPT), now),
    }
    for database in databases:
        _write(database, beside)


def _rows(some: list[Chapter], now: datetime) -> Rows:
    rows: Rows = {
        table: []
        for table in (
            *(IncidentRow, ActionItemRow, TimelineRow, MaySeeRow, PostmortemRow),
            *(PostmortemVersionRow, MailRow, AuditEntryRow, PartRow, RepeatRow),
        )
    }
    for incident, items in some:
        rows[IncidentRow].append(_row(IncidentRow, incident))
        rows[ActionItemRow] += (_row(ActionItemRow, item) for item in items)
        for told in (incident, *items):
            for table, beside in rows_beside(told.record).items():
                rows[table] += beside
        rows[TimelineRow] += (entry for told in (incident, *items) for entry in told.entries)
        record: Incident = incident.record
        if record.private:
            rows[MaySeeRow] += ({"incident_id": record.id, "person": one} for one in people_on(record))
        if (written := record.postmortem) is not None:
            text = {"incident_id": record.id, "text": written.text, "at": written.at}
            rows[PostmortemRow].append(text)
            rows[PostmortemVersionRow].append({**text, "by": written.by})
        rows[MailRow] += (_mail(told, now) for told in (incident, *items[::2]))
    return rows


def _row(table: type[SQLModel], told: Told) -> dict[str, Any]:
    """As ``ReadModel`` writes it; nothing in it is to be cleaned."""
    columns = columns_of(told.record, document_of(told.record))
    for name, column in table.__table__.columns.items():  # type: ignore[attr-defined]
        if isinstance(column.type, UTCDateTime) and name in type(told.record).model_fields and name != "due":
            columns[name] = getattr(told.record, name)
    return {**columns, "updated_at": max(entry["at"] for entry in told.entries)}


def _mail(told: Told, now: datetime) -> dict[str, Any]:
    record, at = told.record, told.entries[1]["at"]
    is_incident = isinstance(record, Incident)
    person = record.roles[0].person if is_incident else record.owner
    return {
        "key": f"{record.id}/1",
        "kind": "incident-declared" if is_incident else "item-proposed",
        "incident_id": record.id if is_incident else record.incident_id,
        "item_id": None if is_incident else record.id,
        "person": person,
        "recipients": [f"{person}@example.com"],
        "subject": record.title,
        "text": WORDS,
        "html": f"<html><body><p>{WORDS}</p></body></html>",
        "headers": {"Message-ID": f"<{record.id}@example.com>"},
        "at": at,
        "state": MailState.QUEUED if now - at < DAY / 24 else MailState.DELIVERED,
        "answer": "accepted",
        "sent_in": None if is_incident or record.id.endswith("1") else f"{record.incident_id}/1",
        "reference": None,
        "request": None,
    }


class _Audit:
    """A command for every other action item, chained."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._last: Link = BEGINNING
        self._known: dict[str, str] = {}

    @property
    def pseudonyms(self) -> list[dict[str, Any]]:
        return [
            {"pseudonym": pseudonym, "person": person, "kind": Kind.PERSON.value, "value": person}
            for person, pseudonym in self._known.items()
        ]

    def add(self, rows: Rows, some: list[Chapter]) -> None:
        for told in (item for chapter in some for item in chapter.items[::2]):
            record = told.record
            who = self._known.setdefault(record.owner, secrets.token_hex(8))
            said = Happened(
                id=f"{self._draw.getrandbits(128):032x}",
                at=told.entries[-1]["at"],
                act=Act.COMMAND,
                what="accept",
                through=Door.SESSION,
                record=record.id,
                outcome=Outcome.DONE,
            )
            entry = chained(said, Pseudonyms(who, "", "", ""), self._last)
            self._last = Link(entry.number, entry.digest)
            rows[AuditEntryRow].append(entry.model_dump())


def _alerts(number: int, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "dedup_key": f"unknown/{each}",
            "source": "Alertmanager",
            "state": "firing",
            "title": f"Disk {each} is full",
            "labels": {"alertname": "DiskFull", "instance": f"host-{each}"},
            "url": None,
            "deliveries": 1 + each % 5,
            "first_at": now - KEPT_FOR * (each / number),
            "last_at": now - KEPT_FOR * (each / number),
            "at": now - KEPT_FOR * (each / number),
            "event": "fired",
            "set_aside_by": "nora" if each % 3 == 0 else None,
            "set_aside_because": "A test" if each % 3 == 0 else None,
        }
        for each in range(number)
    ]


def _write(database: Engine, rows: Rows) -> None:
    """In one transaction; PostgreSQL copies, for it takes single rows one by one."""
    with database.begin() as connection:
        for model, listed in rows.items():
            table: Table = model.__table__  # type: ignore[attr-defined]
            if not listed:
                continue
            if database.dialect.name == "postgresql":
                cursor = connection.connection.cursor()
                with cursor.copy(f"COPY {table.name} ({', '.join(table.columns.keys())}) FROM STDIN") as copy:
                    for row in _values(table, listed, database.dialect):
                        copy.write_row(row)
            else:
                names = table.columns.keys()
                connection.execute(table.insert(), [{name: row[name] for name in names} for row in listed])


def _values(table: Table, listed: list[dict[str, Any]], dialect: Dialect) -> Iterator[list[Any]]:
    """As the database takes them."""
    processors = [
        (name, column.type.dialect_impl(dialect).bind_processor(dialect)) for name, column in table.columns.items()
    ]
    for row in listed:
        yield [processor(row[name]) if processor else row[name] for name, processor in processors]


def main(
    url: Annotated[str, typer.Argument(help="Of an empty database, for example sqlite:////tmp/estate.db")],
    size: Annotated[Size, typer.Option()] = Size.FULL,
    organisation: Annotated[Path, typer.Option(help="Where its organisation file goes")] = Path(),
) -> None:
    """Fill a database, to look at the product with it."""
    database = open_database(url)
    migrate(database)
    print(estate([database], size, organisation).organisation)


if __name__ == "__main__":
    typer.run(main)
