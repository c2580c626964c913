"""Timelines of records, as pages show them: a stretch of them at a time, however long a record lives."""

from typing import Final, NamedTuple

from sqlmodel import Session, col, func, or_, select

from followthrough.domain.replayed.values import EntryKind
from followthrough.store.tables import TimelineRow

LENGTH: Final = 200
"""Entries of a stretch."""
MOST: Final = 2**31 - 1
"""Entries that a database counts."""


class Stretch(NamedTuple):
    """Entries that follow one another, the oldest first: ``first`` come before them, and there are ``of``."""

    entries: list[TimelineRow]
    first: int
    of: int

    @property
    def until(self) -> int:
        """How many there are up to its end."""
        return self.first + len(self.entries)


def with_all(session: Session, record_id: str, until: int | None, kind: EntryKind) -> tuple[Stretch, list[TimelineRow]]:
    """The stretch, and beside it the latest entries of that kind, wherever they are."""
    shown = stretch(session, record_id, until)
    whole = len(shown.entries) == shown.of
    entries = shown.entries if whole else stretch(session, record_id, kind=kind).entries
    return shown, [entry for entry in entries if entry.kind == kind]


def stretch(session: Session, record_id: str, until: int | None = None, kind: EntryKind | None = None) -> Stretch:
    """Of an action item, or of an incident and all of its action items: up to as many entries, else the latest."""
    wanted = [or_(col(TimelineRow.record_id) == record_id, col(TimelineRow.incident_id) == record_id)]
    if kind:
        wanted.append(col(TimelineRow.kind) == kind)
    there = session.exec(select(func.count()).select_from(TimelineRow).where(*wanted)).one()
    end = there if until is None else min(until, there)
    first = max(end - LENGTH, 0)
    order = (col(TimelineRow.at), col(TimelineRow.record_id), col(TimelineRow.number))
    rows = select(TimelineRow).where(*wanted).order_by(*order).offset(first).limit(end - first)
    return Stretch(list(session.exec(rows)), first, there)
