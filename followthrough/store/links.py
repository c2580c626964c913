"""Which links were used, and which calendar addresses were given up."""

import contextlib
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from followthrough.domain.replayed.values import PersonId
from followthrough.store.tables import RevokedCalendarRow, UsedLinkRow


def used_at(session: Session, nonce: str) -> datetime | None:
    """When it was used; None for one that may still be."""
    row = session.get(UsedLinkRow, nonce)
    return row.at if row else None


def use(session: Session, nonce: str, now: datetime) -> None:
    """Keeps that it was used; the first time counts."""
    session.add(UsedLinkRow(nonce=nonce, at=now))
    with contextlib.suppress(IntegrityError):
        session.commit()


def revoked_calendars(session: Session, person: PersonId) -> int:
    """How many addresses of their calendar were given up."""
    row = session.get(RevokedCalendarRow, person)
    return row.addresses if row else 0


def revoke_calendar(session: Session, person: PersonId) -> None:
    """Gives up the present address of their calendar."""
    session.merge(RevokedCalendarRow(person=person, addresses=revoked_calendars(session, person) + 1))
    session.commit()
