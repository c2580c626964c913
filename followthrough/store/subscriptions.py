"""Which digests people do not want."""

from sqlmodel import Session

from followthrough.domain.replayed.mail.notice_kinds import DigestKind
from followthrough.domain.replayed.values import PersonId
from followthrough.store.tables import UnsubscribedRow


def wants(session: Session, person: PersonId, kind: DigestKind) -> bool:
    """True for everybody who did not unsubscribe from it."""
    return session.get(UnsubscribedRow, (person, kind)) is None


def subscribe(session: Session, person: PersonId, kind: DigestKind) -> None:
    """Takes back ``unsubscribe``, if it was said."""
    if row := session.get(UnsubscribedRow, (person, kind)):
        session.delete(row)


def unsubscribe(session: Session, person: PersonId, kind: DigestKind) -> None:
    """For good, until ``subscribe``."""
    session.merge(UnsubscribedRow(person=person, kind=kind))
