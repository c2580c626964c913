"""A CSV file as the directory: all of it is taken over, or nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import uuid4

from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlmodel import Session, select

from followthrough.domain.answered.organisation.directory import DirectoryPerson, Source
from followthrough.domain.answered.organisation.directory_csv import Line, Wrong, changes, read
from followthrough.domain.answered.organisation.leaving import leaving, many
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.taking_over import Entry
from followthrough.domain.answered.wording import listed
from followthrough.store.directory import entries, lock, note_import, settle
from followthrough.store.directory_tables import DirectoryUserRow

NAMED = 5
"""In a sentence."""


class WrongLines(ValueError):
    """Nothing was changed; ``lines`` has a sentence for each line that is wrong."""

    def __init__(self, wrong: list[Wrong]) -> None:
        self.lines = [str(one) for one in sorted(wrong, key=lambda one: one.line)]
        count = f"{len(self.lines)} lines are" if len(self.lines) > 1 else "One line is"
        super().__init__(f"{count} wrong, so nothing was changed.")


class ManyLeave(ValueError):
    """Nothing was changed; the message says who would leave, and how to say that it is meant."""

    def __init__(self, names: list[str], here: int) -> None:
        more = len(names) - NAMED
        who = [*names[:NAMED], f"{more} more"] if more > 0 else names
        super().__init__(
            f"{len(names)} of {here} people would leave at once, so nothing was changed: {listed(who)}; if that is "
            "meant, import the file with --even-if-many-leave, in the API even_if_many_leave."
        )


class Imported(BaseModel):
    """How many people the file has, a sentence for each who is not as before, and why it would be refused."""

    people: int
    changes: list[str]
    dry_run: bool
    refused: str | None = Field(None, exclude_if=lambda refused: refused is None)


def import_csv(
    database: Engine, file: Organisation, text: str, now: datetime, *, dry_run: bool, many_may_leave: bool = False
) -> Imported:
    """Who was in the file before and is not now has left today. Raises WrongLines or ManyLeave."""
    lines, wrong = read(text, file)
    if wrong:
        raise WrongLines(wrong)
    with Session(database) as session:
        lock(session, Source.CSV, now)
        known = [
            (user, entry, DirectoryPerson.model_validate(person))
            for user, entry, person in entries(session)
            if person is not None
        ]
        before = {user: person for user, entry, person in known if entry.source is Source.CSV}
        by_scim = {person.email.casefold() for user, entry, person in known if user not in before and not entry.gone}
        if twice := [line for line in lines if line.email.casefold() in by_scim]:
            raise WrongLines([Wrong(line.number, f"{line.email} comes by SCIM; remove the line.") for line in twice])
        numbers = _write(session, lines, before, now)
        people, problems = settle(session, file, now)
        if found := [Wrong(numbers[one.entry], one.sentence) for one in problems if one.entry in numbers]:
            raise WrongLines(found)
        after = {user: person for user, person in people.items() if person.source is Source.CSV}
        names, here = leaving(before, after, now.date())
        refused = ManyLeave(names, here) if many(len(names), here) and not many_may_leave else None
        if refused is not None:
            session.rollback()
        if not dry_run:
            note_import(session, str(refused) if refused else None, now)
            session.commit()
    if refused is not None and not dry_run:
        raise refused
    said = str(refused) if refused else None
    return Imported(people=len(lines), changes=list(changes(before, after)), dry_run=dry_run, refused=said)


def _write(session: Session, lines: list[Line], before: Mapping[str, DirectoryPerson], now: datetime) -> dict[str, int]:
    """The lines' numbers by the ids of the people, who are who had the key before, or else the e-mail."""
    keys = {person.key: user for user, person in before.items()}
    emails = {person.email.casefold(): user for user, person in before.items()}
    rows = {row.id: row for row in session.exec(select(DirectoryUserRow).where(DirectoryUserRow.source == Source.CSV))}
    numbers: dict[str, int] = {}
    for line in lines:
        user = keys.get(line.key or "") or emails.get(line.email.casefold()) or f"csv-{uuid4()}"
        numbers[user] = line.number
        entry = _entry(line, user).model_dump(mode="json")
        if (row := rows.get(user)) is None:
            at = now + timedelta(microseconds=line.number)
            row = DirectoryUserRow(id=user, source=Source.CSV, document={}, entry=entry, created_at=at, modified_at=now)
        row.entry, row.modified_at = entry, now
        session.add(row)
    for user, row in rows.items():
        if user not in numbers:
            _leave(row, now.date())
            session.add(row)
    return numbers


def _entry(line: Line, user: str) -> Entry:
    return Entry(
        id=user,
        source=Source.CSV,
        name=line.name,
        email=line.email,
        manager=line.manager,
        time_zone=line.time_zone,
        left=line.left,
        away=line.away,
        teams=line.teams,
        key=line.key,
    )


def _leave(row: DirectoryUserRow, today: date) -> None:
    entry = Entry.model_validate(row.entry)
    row.entry = entry.model_copy(update={"gone": True, "left": entry.left or today}).model_dump(mode="json")
