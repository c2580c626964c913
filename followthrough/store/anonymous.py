"""Keeps anonymous notes: the text, the incident and the batch, and nothing that leads to who wrote them."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import Session, col, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.postmortem.anonymous import Note, ShownNotes, batch_of, shown
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.store.tables import AnonymousNoteRow


class TooMany(Exception):
    """No more notes are taken until ``until``."""

    def __init__(self, until: datetime) -> None:
        self.until = until


def add(session: Session, incident: Incident, text: str, organisation: Organisation, now: datetime) -> datetime:
    """Keeps a note and gives the earliest time at which it is shown. Raises TooMany.

    Limits count the notes that wait, whoever wrote them.
    """
    policies = organisation.policies.anonymous
    batch = batch_of(now, policies, organisation.team(incident.team, incident.service))
    waiting = select(func.count()).select_from(AnonymousNoteRow).where(col(AnonymousNoteRow.batch) > now)
    of_incident = waiting.where(col(AnonymousNoteRow.incident_id) == incident.id)
    if session.exec(of_incident).one() >= policies.per_incident or session.exec(waiting).one() >= policies.overall:
        raise TooMany(batch)
    session.add(AnonymousNoteRow(id=uuid4().hex, incident_id=incident.id, text=text, batch=batch))
    session.commit()
    return batch


def shown_notes(session: Session, incident_id: str, organisation: Organisation, now: datetime) -> list[ShownNotes]:
    """What is shown of an incident's notes by now."""
    rows = session.exec(select(AnonymousNoteRow).where(AnonymousNoteRow.incident_id == incident_id))
    notes = [Note(id=row.id, text=row.text, batch=row.batch) for row in rows]
    return shown(notes, organisation.policies.anonymous, now)
