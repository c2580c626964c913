"""What sums up an estate, against the statements that it takes, sent by the database's driver alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import Session

from bench.estate import Estate, both_databases, estate
from bench.report import Row, Size, ratio
from followthrough.domain.answered.insights.insight import Name
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import Month
from followthrough.domain.answered.report.load import load_report
from followthrough.domain.answered.report.weekly import week_of
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.mail.render import render_digest, render_weekly
from followthrough.organisation_file import load as read_organisation
from followthrough.store import load
from followthrough.store.counts import counts
from followthrough.store.monthly import read_digest
from followthrough.store.telling import tell
from followthrough.store.weekly import read_weekly_digest

ROUNDS = {Size.SMALLEST: 1, Size.QUICK: 5, Size.FULL: 9}
TARGET = 3
URL = "https://followthrough.example.com"
WHY = "what is found is made into types, sentences and HTML, which takes longer than so short a sum."

Statement = tuple[str, Any]
Sum = Callable[[Session], object]


async def sums(size: Size) -> list[Row]:
    """Seconds of each, in turns, with SQLite and with PostgreSQL."""
    rows = []
    with TemporaryDirectory() as written, both_databases(folder := Path(written)) as (databases, missing):
        if missing:
            rows.append(Row("sums", "with PostgreSQL", None, why=f"not measured: {missing}."))
        found = estate([*databases.values()], size, folder)
        for name, database in databases.items():
            rows += _measured(name, database, _sums(found, read_organisation(found.organisation)), ROUNDS[size])
    return rows


def _sums(found: Estate, organisation: Organisation) -> dict[str, Sum]:
    now, scope = found.now, Scope(now=found.now)
    return {
        "the load": lambda session: _load(session, now, organisation),
        "a lead's week": lambda session: _week(session, found.teams[0].lead, now, organisation),
        "the manager of all, their week": lambda session: _week(session, "nora", now, organisation),
        "a month": lambda session: render_digest(
            read_digest(session, Month.before(now), organisation, now), organisation, URL
        ),
        "counts for Prometheus": lambda session: counts(_engine(session), now),
        **{f"insight {name}": partial(tell, organisation=organisation, name=name, scope=scope) for name in Name},
    }


def _engine(session: Session) -> Engine:
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    return engine


def _load(session: Session, now: datetime, organisation: Organisation) -> object:
    since = now - organisation.policies.load.window
    return load_report(load.cases(session, since, now, organisation), organisation)


def _week(session: Session, person: str, now: datetime, organisation: Organisation) -> object:
    mail = WeeklyMail(person=person, week=week_of(now.date()), at=now + timedelta(minutes=1))
    return render_weekly(read_weekly_digest(session, mail, organisation), organisation, URL)


def _measured(database_name: str, database: Engine, known: dict[str, Sum], rounds: int) -> Iterator[Row]:
    for name, each in known.items():
        with _statements(database) as statements:
            _ours(database, each)
        ours, bare = [], []
        for _ in range(rounds):
            ours.append([_ours(database, each)])
            bare.append([_bare(database, statements)])
        milliseconds = f"{min(min(ours)) * 1000:.0f} ms, {len(statements)} statements"
        yield Row("sums", f"{name}, {database_name}, {milliseconds}", ratio(ours, bare), TARGET, why=WHY)


@contextmanager
def _statements(database: Engine) -> Iterator[list[Statement]]:
    """Those that are sent meanwhile."""
    sent: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    event.listen(database, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database, "before_cursor_execute", note)


def _ours(database: Engine, what: Sum) -> float:
    started = time.perf_counter()
    with Session(database) as session:
        what(session)
    return time.perf_counter() - started


def _bare(database: Engine, statements: list[Statement]) -> float:
    with database.connect() as connection:
        cursor = connection.connection.cursor()
        started = time.perf_counter()
        for statement, values in statements:
            cursor.execute(statement, values)
            cursor.fetchall()
        return time.perf_counter() - started
