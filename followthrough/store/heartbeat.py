"""A write that means nothing but that writing works."""

from datetime import datetime

from sqlalchemy import Engine, update

from followthrough.store.tables import HeartbeatRow


def beat(database: Engine, now: datetime) -> None:
    """Raises DBAPIError for a database that is full, read-only or away: it is committed, for less is only promised."""
    with database.begin() as connection:
        connection.execute(update(HeartbeatRow).values(at=now))
