"""Who is signed in in which browser, who is about to be, and codes for when the provider is down."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Session, col, select

from followthrough.domain.answered.access.actor import Door
from followthrough.domain.replayed.values import Message, PersonId
from followthrough.store.access_tables import BreakGlassRow, SessionRow, SignInRow

SEEN_EVERY = timedelta(minutes=1)
"""How much earlier than it was a session may be kept as last used."""
SIGN_IN_WITHIN = timedelta(minutes=15)


def hashed(secret: str) -> str:
    """What is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(session: Session, person: PersonId, door: Door, now: datetime, lasts: timedelta) -> str:
    """The secret of a new session, which its cookie holds; sessions that are over are cleared away."""
    secret = secrets.token_urlsafe(32)
    session.exec(delete(SessionRow).where(col(SessionRow.ends_at) < now))
    session.add(
        SessionRow(secret_hash=hashed(secret), person=person, door=door, begun_at=now, seen_at=now, ends_at=now + lasts)
    )
    session.commit()
    return secret


def current(session: Session, secret: str, now: datetime, idle: timedelta) -> SessionRow | None:
    """The session, which goes on by that; None for one that has ended."""
    row = session.get(SessionRow, hashed(secret))
    if row is None or row.ends_at <= now or row.seen_at + idle <= now:
        return None
    if row.seen_at + SEEN_EVERY <= now:
        row.seen_at = now
        session.add(row)
        session.commit()
        session.refresh(row)
    return row


def end(session: Session, secret: str) -> None:
    """Signs out in this browser."""
    session.exec(delete(SessionRow).where(col(SessionRow.secret_hash) == hashed(secret)))
    session.commit()


def end_all(session: Session, person: PersonId) -> int:
    """Signs the person out everywhere; how many sessions that were."""
    ended: CursorResult[None] = session.exec(delete(SessionRow).where(col(SessionRow.person) == person))
    session.commit()
    return ended.rowcount


class Begun(Message):
    """A sign-in that has begun."""

    nonce: str
    code_verifier: str
    to: str


def keep_sign_in(session: Session, state: str, browser: str, begun: Begun, now: datetime) -> None:
    """Until the provider sends the browser back; those that never came back are cleared away."""
    session.exec(delete(SignInRow).where(col(SignInRow.ends_at) < now))
    session.add(
        SignInRow(
            state_hash=hashed(state),
            browser_hash=hashed(browser),
            ends_at=now + SIGN_IN_WITHIN,
            **begun.model_dump(),
        )
    )
    session.commit()


def take_sign_in(session: Session, state: str, browser: str, now: datetime) -> Begun | None:
    """What this browser began with that state, once; None for another's, and for one that took too long."""
    row = session.get(SignInRow, hashed(state))
    if row is None or row.browser_hash != hashed(browser) or row.ends_at <= now:
        return None
    begun = Begun.model_validate(row.model_dump())
    taken: CursorResult[None] = session.exec(delete(SignInRow).where(col(SignInRow.state_hash) == row.state_hash))
    session.commit()
    return begun if taken.rowcount else None


def make_code(session: Session, person: PersonId, reason: str, now: datetime, lasts: timedelta) -> str:
    """A code to break the glass by, and the row that stays of it."""
    code = secrets.token_urlsafe(24)
    session.add(BreakGlassRow(code_hash=hashed(code), person=person, reason=reason, made_at=now, ends_at=now + lasts))
    session.commit()
    return code


def use_code(session: Session, code: str, now: datetime) -> PersonId | None:
    """Whom it signs in; None for one that is unknown, over, or was used."""
    used: CursorResult[None] = session.exec(
        update(BreakGlassRow)
        .where(
            col(BreakGlassRow.code_hash) == hashed(code),
            col(BreakGlassRow.used_at).is_(None),
            col(BreakGlassRow.ends_at) > now,
        )
        .values(used_at=now)
    )
    person = session.exec(select(BreakGlassRow.person).where(BreakGlassRow.code_hash == hashed(code))).first()
    session.commit()
    return person if used.rowcount else None
