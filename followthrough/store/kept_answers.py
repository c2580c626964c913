"""Answers of requests that came with a key, for a day: repeated, they are answered and not carried out again."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Engine, delete, update
from sqlmodel import Field, Session, SQLModel, col

from followthrough.store.database import insert_for
from followthrough.store.tables import UTCDateTime

KEPT = timedelta(days=1)
BROKEN_OFF = timedelta(minutes=10)
"""No request takes so long: whoever carried it out is gone, and nobody knows how far it came."""


class KeptAnswerRow(SQLModel, table=True):
    """What a request came to; without a status while it is carried out."""

    __tablename__ = "kept_answer"

    id: str = Field(primary_key=True)
    """A digest of who asked for what, and with which key."""
    begun_at: datetime = Field(sa_type=UTCDateTime, index=True)
    status: int | None = None
    body: str = ""


def begin(database: Engine, request_id: str, now: datetime) -> KeptAnswerRow | None:
    """What there is of the request already; None where it is the first, which is carried out now."""
    insert = insert_for(database.dialect.name)
    new = KeptAnswerRow(id=request_id, begun_at=now)
    with Session(database, expire_on_commit=False) as session, session.begin():
        session.execute(delete(KeptAnswerRow).where(col(KeptAnswerRow.begun_at) < now - KEPT))
        over = (col(KeptAnswerRow.status).is_(None), col(KeptAnswerRow.begun_at) < now - BROKEN_OFF)
        session.execute(delete(KeptAnswerRow).where(*over))
        first: CursorResult[None] = session.connection().execute(
            insert(KeptAnswerRow).values(new.model_dump()).on_conflict_do_nothing(index_elements=["id"])
        )
        return None if first.rowcount else session.get(KeptAnswerRow, request_id)


def keep(database: Engine, request_id: str, status: int, body: str) -> None:
    """It was carried out, and this is its answer."""
    with Session(database) as session, session.begin():
        answered = update(KeptAnswerRow).where(col(KeptAnswerRow.id) == request_id)
        session.execute(answered.values(status=status, body=body))


def let_go(database: Engine, request_id: str) -> None:
    """It was not carried out, and may be tried again."""
    with Session(database) as session, session.begin():
        session.execute(delete(KeptAnswerRow).where(col(KeptAnswerRow.id) == request_id))
