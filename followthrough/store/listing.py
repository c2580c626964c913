"""Lists for programs, a page at a time: each page begins after the last row of the one before it.

Those who keep a copy ask for what was written since then, in that order.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Unpack

import sqlalchemy
from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select, tuple_

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.store.cursors import NoSuchPlace, place_in, written
from followthrough.store.follow_ups import page_of_items
from followthrough.store.open_items import late_now
from followthrough.store.privacy import hidden_incident, hidden_item, hidden_mail
from followthrough.store.queries import (
    MAILS,
    IncidentFilters,
    ItemFilters,
    described,
    equal,
    fitting,
    of_incidents,
)
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, MailState, PostmortemRow


class IncidentPage(NamedTuple):
    """Each with when it was written last; ``next`` is where the next page begins, None where this is the last."""

    incidents: list[tuple[Incident, datetime | None]]
    next: str | None


class ItemPage(NamedTuple):
    """Each with whether it is late, and when it was written last where that was asked for."""

    items: list[tuple[ActionItem, bool, datetime | None]]
    next: str | None


class MailPage(NamedTuple):
    """See ``IncidentPage``."""

    mails: list[MailRow]
    next: str | None


def page_of_incidents(
    session: Session,
    *,
    since: datetime | None = None,
    before: str | None = None,
    cursor: str | None = None,
    limit: int,
    seen_by: PersonId | None,
    **filters: Unpack[IncidentFilters],
) -> IncidentPage:
    """Newest first, or those written ``since`` then, the longest ago first. Raises NoSuchPlace.

    ``before`` is the id of the last incident of the page before this one, for who has no cursor.
    """
    incident_id, declared_at, updated_at = (
        col(IncidentRow.id),
        col(IncidentRow.declared_at),
        col(IncidentRow.updated_at),
    )
    seen = ~hidden_incident(seen_by)
    query: Any = (
        sqlalchemy.select(col(IncidentRow.document), col(PostmortemRow.text), incident_id, declared_at, updated_at)
        .join(PostmortemRow, col(PostmortemRow.incident_id) == incident_id, isouter=True)
        .where(seen, *of_incidents(**filters))
    )
    begin = _read(cursor) if cursor else None
    if since is not None:
        query = query.where(updated_at >= since).order_by(updated_at, incident_id)
        query = query.where(tuple_(updated_at, incident_id) > begin) if begin else query
    else:
        if begin is None and before:
            last = session.exec(select(IncidentRow).where(incident_id == before, seen)).first()
            begin = (last.declared_at, last.id) if last else None
        query = query.order_by(declared_at.desc(), incident_id.desc())
        query = query.where(tuple_(declared_at, incident_id) < begin) if begin else query
    rows = session.connection().execute(query.limit(limit + 1)).all()
    places = [(row[4] if since is not None else row[3], row[2]) for row in rows]
    shown = [(described(document, text), at) for document, text, _, _, at in rows[:limit]]
    return IncidentPage(shown, _next(places, limit))


def page_of_listed_items(
    session: Session,
    now: datetime,
    *,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int,
    seen_by: PersonId | None,
    **filters: Unpack[ItemFilters],
) -> ItemPage:
    """What is worked on by deadline, what waits to be looked at, what has ended; or as ``page_of_incidents``.

    Raises NoSuchPlace.
    """
    if since is None:
        page = page_of_items(session, now, after=cursor, limit=limit, seen_by=seen_by, **filters)
        return ItemPage([(item, late, None) for item, late in page.items], page.after)
    item_id, updated_at, is_late = col(ActionItemRow.id), col(ActionItemRow.updated_at), late_now(now)
    wanted: list[ColumnElement[bool]] = [updated_at >= since]
    if cursor:
        wanted.append(tuple_(updated_at, item_id) > _read(cursor))
    query: Any = (
        sqlalchemy.select(col(ActionItemRow.document), is_late, item_id, updated_at)
        .where(~hidden_item(seen_by), *wanted, *fitting(is_late, seen_by, **filters))
        .order_by(updated_at, item_id)
        .limit(limit + 1)
    )
    rows = session.connection().execute(query).all()
    shown = [(ActionItem.model_validate(row[0]), bool(row[1]), row[3]) for row in rows[:limit]]
    return ItemPage(shown, _next([(row[3], row[2]) for row in rows], limit))


def page_of_mails(
    session: Session,
    *,
    incident_id: str | None,
    person: PersonId | None,
    state: MailState | None,
    cursor: str | None = None,
    limit: int,
    offset: int,
    seen_by: PersonId | None,
) -> MailPage:
    """Newest first. Raises NoSuchPlace."""
    at, key = col(MailRow.at), col(MailRow.key)
    about = {MailRow.incident_id: incident_id, MailRow.person: person, MailRow.state: state}
    query = MAILS.where(~hidden_mail(seen_by), *equal(about))
    if cursor:
        last_at, last_key = _read(cursor)
        query = query.where(or_(at < last_at, and_(at == last_at, key > last_key)))
    rows = session.exec(query.order_by(at.desc(), key).limit(limit + 1).offset(offset)).all()
    return MailPage(list(rows[:limit]), _next([(row.at, row.key) for row in rows], limit))


def _next(places: Sequence[tuple[datetime, str]], limit: int) -> str | None:
    if len(places) <= limit:
        return None
    at, key = places[limit - 1]
    return written([at.isoformat(), key])


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        at, key = place_in(cursor)
        if not isinstance(key, str):
            raise TypeError
        return datetime.fromisoformat(at).astimezone(UTC), key
    except (ValueError, TypeError, OverflowError):
        raise NoSuchPlace from None
