"""The directory as it is kept: read by every process, written by one at a time."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine, delete, inspect, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from followthrough.domain.answered.organisation.directory import NO_DIRECTORY, Directory, DirectoryPerson, Group, Source
from followthrough.domain.answered.organisation.leaving import HELD, held_back, still_here
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.taking_over import Entry, Problem, take_over
from followthrough.store.database import open_database, to_be_created
from followthrough.store.directory_tables import (
    DirectoryGroupRow,
    DirectoryProblemRow,
    DirectoryRow,
    DirectoryUserRow,
)

logger = logging.getLogger(__name__)

LOOK_EVERY = 2
"""Seconds between two looks whether the directory has changed."""
HEARD_EVERY = timedelta(minutes=1)
IMPORT_REFUSED = "import"
"""Key of the problem that a file was refused."""

AnswerT = TypeVar("AnswerT")


class KeptDirectory:
    """The current directory; call it each time it is needed. While the database does not answer it is as it was."""

    def __init__(self, database: Engine, look_every: float = LOOK_EVERY) -> None:
        self._database = database
        self._look_every = look_every
        self._there = False
        self._next_look = 0.0
        self._directory = NO_DIRECTORY

    def __call__(self) -> Directory:
        """As it was at most some seconds ago. Raises SQLAlchemyError for a database that never answered."""
        if time.monotonic() >= self._next_look:
            wait = self._look_every
            try:
                self._look()
            except SQLAlchemyError as error:
                if not self._there:
                    raise
                logger.warning("The directory can't be read, so it stays as it was: %s", type(error).__name__)
                wait *= 10  # each look may take a while then
            self._next_look = time.monotonic() + wait
        return self._directory

    def _look(self) -> None:
        self._there = self._there or inspect(self._database).has_table(str(DirectoryRow.__tablename__))
        if not self._there:
            return
        with Session(self._database) as session:
            version = session.exec(select(DirectoryRow.version)).one()
            if version != self._directory.version:
                self._directory = read(session)


def kept_directory(url: str) -> Callable[[], Directory]:
    """Of that database; nobody is in it until there is one."""
    kept = KeptDirectory(open_database(url))
    return lambda: NO_DIRECTORY if to_be_created(url) else kept()


def read(session: Session) -> Directory:
    """All that was taken over."""
    version = session.exec(select(DirectoryRow.version)).one()
    rows = session.exec(
        select(DirectoryUserRow.id, DirectoryUserRow.person)
        .where(col(DirectoryUserRow.person).is_not(None))
        .order_by(col(DirectoryUserRow.created_at), col(DirectoryUserRow.id))
    ).all()
    people = {user: DirectoryPerson.model_validate(person) for user, person in rows}
    groups = session.exec(select(DirectoryGroupRow).order_by(col(DirectoryGroupRow.name), col(DirectoryGroupRow.id)))
    return Directory(
        version=version,
        people=tuple(people.values()),
        groups=tuple(
            Group(
                name=group.document["displayName"],
                members=tuple(
                    people[member["value"]].key
                    for member in group.document.get("members", ())
                    if member.get("value") in people
                ),
            )
            for group in groups
        ),
    )


def change(
    database: Engine, file: Organisation, now: datetime, source: Source, make: Callable[[Session], AnswerT]
) -> AnswerT:
    """What ``make`` answers, after what it changed was taken over as far as it can be; one at a time, or not at all."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        lock(session, source, now)
        answer = make(session)
        settle(session, file, now)
        return answer


def let_leave(database: Engine, file: Organisation, now: datetime) -> int:
    """How many were held back, as they are so many, and have left now."""
    with Session(database) as session, session.begin():
        session.execute(update(DirectoryRow).values({"version": DirectoryRow.version + 1}))
        held = sum(problem.key.endswith(HELD) for problem in problems(session))
        settle(session, file, now, hold=False)
        return held


def lock(session: Session, source: Source, now: datetime) -> None:
    """Nobody else changes the directory until the transaction ends."""
    at = "scim_at" if source is Source.SCIM else "csv_at"
    session.execute(update(DirectoryRow).values({"version": DirectoryRow.version + 1, at: now}))


def settle(
    session: Session, file: Organisation, now: datetime, *, hold: bool = True
) -> tuple[dict[str, DirectoryPerson], list[Problem]]:
    """Takes over what can be, and notes what can't; gives both. Unless ``hold``, any number may leave."""
    session.flush()
    rows = entries(session)
    before = {user: DirectoryPerson.model_validate(person) for user, _, person in rows if person is not None}
    since = dict(session.exec(select(DirectoryProblemRow.key, DirectoryProblemRow.since)).all())
    said = {entry.id: entry for _, entry, _ in rows}
    known = {key.removesuffix(HELD) for key in since if key.endswith(HELD)}
    held = held_back([*said.values()], before, known, now.date()) if hold else set()
    staying = {user: still_here(said[user]) for user in sorted(held)}
    said |= {user: entry for user, (entry, _) in staying.items()}
    people, problems = take_over([*said.values()], before, file)
    problems += [problem for _, problem in staying.values()]
    for user, entry, _ in rows:
        if user not in people and (entry.gone or entry.source is Source.CSV):
            session.execute(delete(DirectoryUserRow).where(col(DirectoryUserRow.id) == user))
        elif people.get(user) != before.get(user):
            person = people[user].model_dump(mode="json") if user in people else None
            session.execute(update(DirectoryUserRow).where(col(DirectoryUserRow.id) == user).values({"person": person}))
    session.execute(delete(DirectoryProblemRow).where(col(DirectoryProblemRow.key) != IMPORT_REFUSED))
    session.add_all(
        DirectoryProblemRow(key=problem.key, sentence=problem.sentence, since=since.get(problem.key, now))
        for problem in {problem.key: problem for problem in problems}.values()
    )
    return people, problems


def note_import(session: Session, refused: str | None, now: datetime) -> None:
    """Why the last file was refused as a whole; None once one is taken over."""
    session.execute(delete(DirectoryProblemRow).where(col(DirectoryProblemRow.key) == IMPORT_REFUSED))
    if refused is not None:
        session.add(DirectoryProblemRow(key=IMPORT_REFUSED, sentence=refused, since=now))


def entries(session: Session) -> list[tuple[str, Entry, Mapping[str, object] | None]]:
    """The id of each, what the directory says, and who was taken over; in the order of their making."""
    query = select(DirectoryUserRow.id, DirectoryUserRow.entry, DirectoryUserRow.person)
    rows = session.exec(query.order_by(col(DirectoryUserRow.created_at), col(DirectoryUserRow.id)))
    return [(user, Entry.model_validate(entry), person) for user, entry, person in rows]


def heard(database: Engine, now: datetime) -> None:
    """The directory was here; written once a minute."""
    with Session(database) as session:
        last = state(session).scim_at
        if last is None or last <= now - HEARD_EVERY:
            session.execute(update(DirectoryRow).values({"scim_at": now}))
            session.commit()


def state(session: Session) -> DirectoryRow:
    """When it was heard last."""
    return session.exec(select(DirectoryRow)).one()


def problems(session: Session) -> list[DirectoryProblemRow]:
    """What was not taken over, the oldest first."""
    return list(session.exec(select(DirectoryProblemRow).order_by(col(DirectoryProblemRow.since))))
