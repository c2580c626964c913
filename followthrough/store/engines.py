"""Which engine's workflows the database tells of."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.store.tables import EngineRow


def engine_of(database: Engine) -> EngineRow | None:
    """None before the first one was noted."""
    with Session(database) as session:
        return session.get(EngineRow, 1)


def note_engine(database: Engine, namespace: str, namespace_id: str, now: datetime) -> None:
    """The database tells of this one from now on."""
    with Session(database) as session, session.begin():
        session.merge(EngineRow(id=1, namespace=namespace, namespace_id=namespace_id, at=now))
