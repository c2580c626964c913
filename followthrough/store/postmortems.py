"""An incident's postmortem: each text of it, one after the other, and what people said of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import PersonId
from followthrough.store.postmortem_tables import ConfluencePageRow, PostmortemCommentRow, PostmortemCorrectionRow
from followthrough.store.tables import PostmortemVersionRow

MOST_SHOWN = 20


class Version(NamedTuple):
    """A text, and why it was put instead of what was published, if it was."""

    at: datetime
    by: PersonId
    text: str
    reason: str = ""


class Corrected(NamedTuple):
    """An incident with its postmortem as it is to be read, and what was corrected in it."""

    incident: Incident
    corrections: Sequence[PostmortemCorrectionRow] = ()


def versions(session: Session, incident_id: str) -> list[Version]:
    """The newest of them, the newest first."""
    wanted = select(PostmortemVersionRow).where(col(PostmortemVersionRow.incident_id) == incident_id)
    newest = session.exec(wanted.order_by(col(PostmortemVersionRow.at).desc()).limit(MOST_SHOWN))
    found = [Version(row.at, row.by, row.text) for row in newest]
    found += [Version(row.at, row.by, row.text, row.reason) for row in _corrections(session, incident_id)]
    return sorted(found, key=lambda version: version.at, reverse=True)[:MOST_SHOWN]


def corrected(session: Session, incident: Incident) -> Corrected:
    """What was corrected before another text was handed in counts no more."""
    written = incident.postmortem
    if written is None:
        return Corrected(incident)
    found = [row for row in _corrections(session, incident.id) if row.at > written.at]
    if not found:
        return Corrected(incident)
    now = written.model_copy(update={"text": found[-1].text})
    return Corrected(incident.model_copy(update={"postmortem": now}), found)


def is_corrected(session: Session, correction_id: str) -> bool:
    """Whether a correction is there already."""
    known = select(PostmortemCorrectionRow.incident_id).where(col(PostmortemCorrectionRow.id) == correction_id)
    return session.exec(known).first() is not None


def correct(session: Session, row: PostmortemCorrectionRow) -> bool:
    """False when another one came first."""
    correction_id = row.id
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return is_corrected(session, correction_id)
    return True


def _corrections(session: Session, incident_id: str) -> Sequence[PostmortemCorrectionRow]:
    of_incident = select(PostmortemCorrectionRow).where(col(PostmortemCorrectionRow.incident_id) == incident_id)
    return session.exec(of_incident.order_by(col(PostmortemCorrectionRow.number))).all()


def last_correction(session: Session, incident_id: str) -> int:
    """Its number, also when it counts no more; 0 where there is none."""
    number = func.max(PostmortemCorrectionRow.number)
    return session.exec(select(number).where(col(PostmortemCorrectionRow.incident_id) == incident_id)).one() or 0


def comments(session: Session, incident_id: str) -> Sequence[PostmortemCommentRow]:
    """The first first."""
    of_incident = select(PostmortemCommentRow).where(col(PostmortemCommentRow.incident_id) == incident_id)
    return session.exec(of_incident.order_by(col(PostmortemCommentRow.at), col(PostmortemCommentRow.id))).all()


def in_confluence(session: Session, incident_id: str) -> ConfluencePageRow | None:
    """What is known of its page there."""
    return session.get(ConfluencePageRow, incident_id)
