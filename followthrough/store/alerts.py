"""What is known of an alert before it is delivered, and alerts that started no incident."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Engine, String, bindparam, case, delete, true
from sqlmodel import Session, col, select

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.routing import route
from followthrough.domain.replayed.incident.alert import Alert, AlertState, Heard
from followthrough.domain.replayed.incident.incident import ONGOING, IncidentStatus
from followthrough.domain.replayed.values import PersonId
from followthrough.store import queries
from followthrough.store.database import insert_for
from followthrough.store.tables import UnstartedAlertRow

KEPT_FOR = timedelta(days=30)
KEPT = 1_000
"""Those that were delivered last."""

LATEST = ("state", "title", "labels", "url", "at", "event")
"""What an alert's later delivery may change."""

OVER = (AlertState.RESOLVED, AlertState.MERGED)


class Known(NamedTuple):
    """Of an alert: the last incident that it started, or else an ongoing one that follows it.

    ``unstarted`` says that it is kept here, ``heard`` that this delivery of it says nothing new.
    """

    incident_id: str | None = None
    status: IncidentStatus | None = None
    followed_by: str | None = None
    unstarted: bool = False
    heard: bool = False


class WithoutRoute(BaseModel):
    """An alert that no route fits now."""

    dedup_key: str
    source: str
    state: AlertState
    title: str
    labels: Mapping[str, str]
    url: str | None
    deliveries: int
    first_at: AwareDatetime
    last_at: AwareDatetime
    set_aside_by: str | None
    set_aside_because: str | None


def known(database: Engine, alert: Alert) -> Known:
    """What a delivery has to know; every one waits for this, so the usual ways are one lean statement."""
    with database.connect() as connection:
        incident_id, status, *unstarted = connection.execute(_KNOWN, {"dedup_key": alert.dedup_key}).one()
    state, at, event = unstarted
    if incident_id is None:
        heard = state in OVER and Heard(at=at, event=event).covers(alert)
        followed_by = _follower(database, alert) if alert.event else None
        return Known(followed_by=followed_by, unstarted=state is not None, heard=heard)
    heard = status not in (*ONGOING, IncidentStatus.MERGED) and _heard(database, incident_id, alert)
    return Known(incident_id, IncidentStatus(status), heard=heard, unstarted=state is not None)


_ASKED = sqlalchemy.select(bindparam("dedup_key", type_=String).label("dedup_key")).subquery()
_LATEST = queries.LATEST_INCIDENT.subquery()
_KNOWN = sqlalchemy.select(
    _LATEST.c.id,
    _LATEST.c.status,
    col(UnstartedAlertRow.state),
    col(UnstartedAlertRow.at),
    col(UnstartedAlertRow.event),
).select_from(
    _ASKED.outerjoin(_LATEST, true()).outerjoin(
        UnstartedAlertRow, col(UnstartedAlertRow.dedup_key) == _ASKED.c.dedup_key
    )
)


def _follower(database: Engine, alert: Alert) -> str | None:
    with Session(database) as session:
        return queries.follower(session, alert.dedup_key)


def _heard(database: Engine, incident_id: str, alert: Alert) -> bool:
    with Session(database) as session:
        incident = queries.incident(session, incident_id)
    return incident is not None and incident.knows(alert)


def keep(database: Engine, alert: Alert, now: datetime) -> None:
    """Keeps an alert that started no incident, once however often it is delivered; the oldest make room."""
    row = UnstartedAlertRow(
        **alert.model_dump(include={"dedup_key", "source", "state", "title", "labels", "url", "at", "event"}),
        deliveries=1,
        first_at=now,
        last_at=now,
    )
    upsert = insert_for(database.dialect.name)(UnstartedAlertRow).values(row.model_dump())
    newer = upsert.excluded.at >= UnstartedAlertRow.at
    latest = {name: case((newer, upsert.excluded[name]), else_=getattr(UnstartedAlertRow, name)) for name in LATEST}
    counted = {"deliveries": UnstartedAlertRow.deliveries + 1, "last_at": upsert.excluded.last_at}
    dedup_key, last_at = col(UnstartedAlertRow.dedup_key), col(UnstartedAlertRow.last_at)
    surplus = select(dedup_key).order_by(last_at.desc()).offset(KEPT)
    with Session(database) as session, session.begin():
        session.execute(upsert.on_conflict_do_update(index_elements=["dedup_key"], set_={**latest, **counted}))
        session.execute(delete(UnstartedAlertRow).where(last_at < now - KEPT_FOR))
        session.execute(delete(UnstartedAlertRow).where(dedup_key.in_(surplus)))


def forget(database: Engine, dedup_key: str) -> None:
    """It has an incident now."""
    with Session(database) as session, session.begin():
        session.execute(delete(UnstartedAlertRow).where(col(UnstartedAlertRow.dedup_key) == dedup_key))


def kept(session: Session, dedup_key: str) -> Alert | None:
    """What is known of one that started no incident; None where it has one, or was forgotten."""
    row = session.get(UnstartedAlertRow, dedup_key)
    return Alert.model_validate(row, from_attributes=True) if row else None


def set_aside(session: Session, dedup_key: str, by: PersonId | None, because: str | None) -> bool:
    """Says that it needs no incident; without a reason, that it does. False when it is not kept (any more)."""
    row = session.get(UnstartedAlertRow, dedup_key)
    if row is None:
        return False
    row.set_aside_by, row.set_aside_because = by if because else None, because
    session.add(row)
    session.commit()
    return True


def keys_without_route(
    session: Session, organisation: Organisation, now: datetime, *, aside: bool = False
) -> list[str]:
    """What somebody has to write a route for, the latest first; or those that were set ``aside``."""
    last_at, because = col(UnstartedAlertRow.last_at), col(UnstartedAlertRow.set_aside_because)
    wanted = last_at >= now - KEPT_FOR, because.is_not(None) if aside else because.is_(None)
    read = select(UnstartedAlertRow.dedup_key, UnstartedAlertRow.labels).where(*wanted).order_by(last_at.desc())
    return [key for key, labels in session.exec(read) if route(labels, organisation) is None]


def unstarted(session: Session, keys: Sequence[str]) -> list[WithoutRoute]:
    """Those, the latest first."""
    rows = select(UnstartedAlertRow).where(col(UnstartedAlertRow.dedup_key).in_(keys))
    found = session.exec(rows.order_by(col(UnstartedAlertRow.last_at).desc()))
    return [WithoutRoute.model_validate(row, from_attributes=True) for row in found]
