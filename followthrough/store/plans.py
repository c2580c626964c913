"""What plans were made of last, by its fingerprint."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from followthrough.store.tables import PlansRow


def are_made(database: Engine, of: str) -> bool:
    """Whether the last plans are of this, and all of them were made."""
    with Session(database) as session:
        plans = session.get(PlansRow, 1)
    return plans is not None and plans.made_of == of and plans.made_at is not None


def begin(database: Engine, of: str, now: datetime) -> None:
    """From now on some may be of this, and none are known to be of what was before."""
    with Session(database) as session, session.begin():
        session.merge(PlansRow(id=1, made_of=of, begun_at=now, made_at=None))


def finish(database: Engine, of: str, now: datetime) -> None:
    """All are of this, unless others were begun meanwhile."""
    with Session(database) as session, session.begin():
        plans = session.get(PlansRow, 1)
        if plans is not None and plans.made_of == of:
            plans.made_at = now
