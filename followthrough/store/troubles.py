"""Troubles as they were found last, and when the administrators were told of them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col, select

from followthrough.store.tables import TroubleRow


def note_troubles(database: Engine, found: Mapping[str, TroubleRow]) -> None:
    """These are what there is, by key; others are over."""
    with Session(database) as session, session.begin():
        session.execute(delete(TroubleRow).where(col(TroubleRow.key).not_in(found)))
        for key, row in found.items():
            if (known := session.get(TroubleRow, key)) is None:
                session.add(row)
            else:
                known.sentence, known.what_to_do = row.sentence, row.what_to_do


def noted(database: Engine) -> list[TroubleRow]:
    """All that there are, the oldest first."""
    with Session(database) as session:
        return list(session.exec(select(TroubleRow).order_by(col(TroubleRow.since), col(TroubleRow.key))))


def told(database: Engine, keys: list[str], now: datetime) -> None:
    """The administrators know of these."""
    with Session(database) as session, session.begin():
        session.execute(update(TroubleRow).where(col(TroubleRow.key).in_(keys)).values(told_at=now))
