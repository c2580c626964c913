"""The outbox of events: written with the record, taken out in order, kept for a while as a log."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from random import random
from typing import NamedTuple

from sqlalchemy import Engine, and_, delete, exists, false, func, update
from sqlmodel import Session, col, select

from followthrough.domain.answered.webhook.delivery import DISABLED_AFTER, Outcome, next_try, spent
from followthrough.store.database import insert_for
from followthrough.store.tables import IncidentRow
from followthrough.store.webhook_tables import WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow


class DeliveryState(StrEnum):
    """How far an event is on its way to one endpoint."""

    WAITS = "waits"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


class Logged(NamedTuple):
    """A line of the log."""

    delivery: WebhookDeliveryRow
    event: WebhookEventRow


class Tried(NamedTuple):
    """What came of a try, in words without what the receiver wrote; ``asked`` is how long it wants to be left alone."""

    outcome: Outcome
    answer: str
    took_ms: int | None
    asked: timedelta | None = None


_LOG = select(WebhookDeliveryRow, WebhookEventRow).join(
    WebhookEventRow, col(WebhookEventRow.id) == col(WebhookDeliveryRow.event_id)
)
_PUBLIC = ~exists().where(col(IncidentRow.id) == col(WebhookEventRow.incident_id), col(IncidentRow.private))


def put(session: Session, event: WebhookEventRow, endpoints: Collection[str]) -> None:
    """Has it delivered to each, once, however often it is put."""
    insert = insert_for(session.get_bind().dialect.name)
    new = insert(WebhookEventRow).values(event.model_dump()).on_conflict_do_nothing(index_elements=["id"])
    if session.connection().execute(new).rowcount == 0:
        return
    rows = [
        WebhookDeliveryRow(event_id=event.id, endpoint=name, state=DeliveryState.WAITS, next_at=event.at)
        for name in endpoints
    ]
    session.add_all(rows)
    session.flush()


def forget(session: Session, incident_id: str) -> None:
    """What was told, or was to be, of an incident that is private from now on, and of its action items."""
    events = select(WebhookEventRow.id).where(WebhookEventRow.incident_id == incident_id)
    session.execute(delete(WebhookDeliveryRow).where(col(WebhookDeliveryRow.event_id).in_(events)))
    session.execute(delete(WebhookEventRow).where(col(WebhookEventRow.incident_id) == incident_id))


def next_due(session: Session, endpoint: str, now: datetime) -> Logged | datetime | None:
    """What is sent next, the oldest first; or when there will be something; None while nothing waits."""
    row = session.get(WebhookEndpointRow, endpoint)
    if row is not None and row.disabled_at is not None:
        return None
    waits = and_(
        col(WebhookDeliveryRow.endpoint) == endpoint, col(WebhookDeliveryRow.state) == DeliveryState.WAITS, _PUBLIC
    )
    if row is not None and row.paused_until is not None and row.paused_until > now:
        some = session.exec(_LOG.where(waits).limit(1)).first()
        return row.paused_until if some else None
    due = _LOG.where(waits, WebhookDeliveryRow.next_at <= now).order_by(col(WebhookDeliveryRow.number)).limit(1)
    if (found := session.exec(due).first()) is not None:
        return Logged(*found)
    later = _LOG.where(waits).order_by(col(WebhookDeliveryRow.next_at)).limit(1)
    first = session.exec(later).first()
    return first[0].next_at if first else None


def note_try(session: Session, number: int, tried: Tried, now: datetime) -> bool:
    """Whether the next event may be tried now. Nothing is noted of one that was forgotten meanwhile."""
    delivery = session.get(WebhookDeliveryRow, number)
    if delivery is None:
        return True
    row = session.get(WebhookEndpointRow, delivery.endpoint) or WebhookEndpointRow(name=delivery.endpoint)
    goes_on = _tried_already(session, delivery)
    delivery.tries += 1
    delivery.tried_at, delivery.answer, delivery.took_ms = now, tried.answer, tried.took_ms
    again_at = now + next_try(delivery.tries, tried.asked, drawn=random())  # noqa: S311 -- no secret
    match tried.outcome:
        case Outcome.TAKEN:
            delivery.state = DeliveryState.DELIVERED
            row.failing_since = row.paused_until = None
        case Outcome.REFUSED if spent(delivery.tries):
            delivery.state = DeliveryState.GIVEN_UP
        case Outcome.REFUSED:
            delivery.next_at = again_at
        case Outcome.AWAY:
            row.paused_until = delivery.next_at = again_at
    if tried.outcome is not Outcome.TAKEN:
        row.failing_since = (row.failing_since if goes_on else None) or now
        _disable_if_over(row, tried, now)
    session.add_all([delivery, row])
    return tried.outcome in (Outcome.TAKEN, Outcome.REFUSED) and row.disabled_at is None


def untold(database: Engine) -> dict[str, int]:
    """Endpoints for which something new waits, each with the last number of it."""
    with Session(database) as session:
        number = func.max(WebhookDeliveryRow.number)
        query = select(WebhookDeliveryRow.endpoint, number).where(col(WebhookDeliveryRow.told) == false())
        return dict(session.exec(query.group_by(WebhookDeliveryRow.endpoint)).all())


def told(database: Engine, endpoint: str, number: int) -> None:
    """Its workflow knows of all up to this number."""
    these = and_(
        col(WebhookDeliveryRow.told) == false(),
        col(WebhookDeliveryRow.endpoint) == endpoint,
        col(WebhookDeliveryRow.number) <= number,
    )
    with Session(database) as session, session.begin():
        session.execute(update(WebhookDeliveryRow).where(these).values(told=True))


def waiting(database: Engine) -> list[str]:
    """Endpoints for which something waits, new or not."""
    with Session(database) as session:
        query = select(WebhookDeliveryRow.endpoint).where(WebhookDeliveryRow.state == DeliveryState.WAITS).distinct()
        return list(session.exec(query).all())


def send_again(session: Session, event_id: str, endpoint: str, now: datetime) -> bool | None:
    """Has it begin anew: at once, or, False, once its endpoint is enabled. None where there is no such delivery."""
    query = select(WebhookDeliveryRow).where(
        WebhookDeliveryRow.event_id == event_id, WebhookDeliveryRow.endpoint == endpoint
    )
    if (delivery := session.exec(query).first()) is None:
        return None
    delivery.state, delivery.next_at, delivery.tries, delivery.told = DeliveryState.WAITS, now, 0, False
    row = endpoints(session, [endpoint])[endpoint]
    row.paused_until, enabled = None, row.disabled_at is None
    session.commit()
    return enabled


def enable(session: Session, endpoint: str, now: datetime) -> bool:
    """Whether it was disabled; what waits goes out."""
    row = session.get(WebhookEndpointRow, endpoint)
    if row is None or row.disabled_at is None:
        return False
    row.sqlmodel_update(WebhookEndpointRow(name=endpoint).model_dump())
    waits = and_(col(WebhookDeliveryRow.endpoint) == endpoint, col(WebhookDeliveryRow.state) == DeliveryState.WAITS)
    session.execute(update(WebhookDeliveryRow).where(waits).values(told=False, tries=0, next_at=now))
    session.commit()
    return True


def log(
    session: Session, *, endpoint: str = "", state: str = "", before: int | None = None, limit: int
) -> list[Logged]:
    """The newest first, without what is private by now; ``before`` is the number of the last one of another page."""
    number = col(WebhookDeliveryRow.number)
    conditions = [
        _PUBLIC,
        *([col(WebhookDeliveryRow.endpoint) == endpoint] if endpoint else []),
        *([col(WebhookDeliveryRow.state) == state] if state else []),
        *([number < before] if before is not None else []),
    ]
    return [Logged(*found) for found in session.exec(_LOG.where(*conditions).order_by(number.desc()).limit(limit))]


def endpoints(session: Session, names: Sequence[str]) -> dict[str, WebhookEndpointRow]:
    """How each does; one that was never tried has a row of its own, too."""
    rows = session.exec(select(WebhookEndpointRow).where(col(WebhookEndpointRow.name).in_(names)))
    found = {row.name: row for row in rows}
    return {name: found.get(name) or WebhookEndpointRow(name=name) for name in names}


def _tried_already(session: Session, delivery: WebhookDeliveryRow) -> bool:
    """Whether this or another that waits for its endpoint was; else earlier failures are over."""
    if delivery.tries:
        return True
    query = (
        select(WebhookDeliveryRow.number)
        .where(
            WebhookDeliveryRow.endpoint == delivery.endpoint,
            WebhookDeliveryRow.state == DeliveryState.WAITS,
            WebhookDeliveryRow.tries > 0,
        )
        .order_by(col(WebhookDeliveryRow.next_at).desc())
        .limit(1)
    )
    return session.exec(query).first() is not None


def _disable_if_over(row: WebhookEndpointRow, tried: Tried, now: datetime) -> None:
    if tried.outcome is Outcome.GONE:
        row.disabled_at, row.disabled_because = now, "It answered 410 Gone, which says that it wants nothing more."
    elif row.failing_since is not None and now - row.failing_since >= DISABLED_AFTER:
        row.disabled_at, row.disabled_because = now, f"It took nothing for {DISABLED_AFTER.days} days: {tried.answer}"
