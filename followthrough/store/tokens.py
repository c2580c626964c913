"""Tokens, which are shown once and kept as hashes, and terminals that ask for one."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Session, col, select

from followthrough.domain.answered.access.actor import Scope
from followthrough.domain.replayed.values import PersonId
from followthrough.store.access_tables import TerminalRow, TokenRow
from followthrough.store.sessions import hashed

PERSONAL, SERVICE = "ftp_", "fts_"
"""How tokens begin, so that whoever finds one knows what it is."""
USED_EVERY = timedelta(minutes=1)
"""How much earlier than it was a token may be kept as last used."""


def make(
    session: Session,
    name: str,
    person: PersonId | None,
    scopes: Iterable[Scope],
    made_by: PersonId | None,
    now: datetime,
    ends_at: datetime,
    token_id: str | None = None,
) -> tuple[TokenRow, str]:
    """What is kept of a new token, and the token, which nobody is shown again; left out, its id is a short one."""
    token = f"{PERSONAL if person else SERVICE}{secrets.token_urlsafe(32)}"
    row = TokenRow(
        id=token_id or secrets.token_hex(4),
        secret_hash=hashed(token),
        name=name,
        person=person,
        scopes=sorted(scopes),
        made_by=made_by,
        made_at=now,
        ends_at=ends_at,
    )
    session.add(row)
    session.commit()
    session.refresh(row)
    return row, token


def known(session: Session, token: str, now: datetime) -> TokenRow | None:
    """Whose it is; None for one that is unknown, has ended or was revoked."""
    row = session.exec(select(TokenRow).where(TokenRow.secret_hash == hashed(token))).first()
    if row is None or row.revoked_at is not None or row.ends_at <= now:
        return None
    if row.used_at is None or row.used_at + USED_EVERY <= now:
        row.used_at = now
        session.add(row)
        session.commit()
        session.refresh(row)
    return row


def tokens_of(session: Session, person: PersonId | None) -> list[TokenRow]:
    """The person's, or those of services; the newest first."""
    query = select(TokenRow).where(col(TokenRow.person) == person if person else col(TokenRow.person).is_(None))
    return list(session.exec(query.order_by(col(TokenRow.made_at).desc(), col(TokenRow.id))))


def revoke(session: Session, row: TokenRow, now: datetime) -> None:
    """From now on nobody is let in by it; the first time counts."""
    row.revoked_at = row.revoked_at or now
    session.add(row)
    session.commit()


def ask_for_terminal(session: Session, secret: str, name: str, now: datetime, lasts: timedelta, *, code: str) -> None:
    """A terminal waits until somebody types its code; those that nobody answered are cleared away."""
    session.exec(delete(TerminalRow).where(col(TerminalRow.ends_at) < now))
    session.add(TerminalRow(secret_hash=hashed(secret), code_hash=hashed(code), name=name, ends_at=now + lasts))
    session.commit()


def waiting_terminal(session: Session, code: str, now: datetime) -> TerminalRow | None:
    """The one that shows this code and has no answer yet."""
    query = select(TerminalRow).where(TerminalRow.code_hash == hashed(code), col(TerminalRow.ends_at) > now)
    return session.exec(query.where(col(TerminalRow.person).is_(None))).first()


def agree(session: Session, code: str, person: PersonId, now: datetime) -> bool:
    """The terminal that shows this code may have a token of this person; whether there is one."""
    agreed: CursorResult[None] = session.exec(
        update(TerminalRow)
        .where(
            col(TerminalRow.code_hash) == hashed(code),
            col(TerminalRow.person).is_(None),
            col(TerminalRow.ends_at) > now,
        )
        .values(person=person)
    )
    session.commit()
    return bool(agreed.rowcount)


def bring_to_terminal(
    session: Session, name: str, person: PersonId, challenge: str, now: datetime, lasts: timedelta
) -> str:
    """The code that a browser brings to the terminal beside it."""
    code = secrets.token_urlsafe(32)
    row = TerminalRow(secret_hash=hashed(code), challenge=challenge, name=name, person=person, ends_at=now + lasts)
    session.add(row)
    session.commit()
    return code


def terminal(session: Session, secret: str, now: datetime) -> TerminalRow | None:
    """The one that has this secret, while its time is not over."""
    row = session.get(TerminalRow, hashed(secret))
    return row if row is not None and row.ends_at > now else None


def take_terminal(session: Session, row: TerminalRow) -> bool:
    """Whether it was still there: each has one token."""
    query = delete(TerminalRow).where(col(TerminalRow.secret_hash) == row.secret_hash)
    taken: CursorResult[None] = session.exec(query)
    session.commit()
    return bool(taken.rowcount)
