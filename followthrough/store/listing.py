"""Lists for programs, a page at a time: each page begins after the last row of the one before it.

Those who keep a copy ask for what was written since then, in that order.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypedDict, Unpack

import sqlalchemy
from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select, tuple_

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.values import PersonId
from followthrough.store.cursors import NoSuchPlace, place_in, written
from followthrough.store.follow_ups import LineRow, Order, Sort, columns_of, page_of_rows
from followthrough.store.open_items import late_now
from followthrough.store.privacy import hidden_incident, hidden_item, hidden_mail
from followthrough.store.queries import (
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
    """See ``IncidentPage``."""

    items: list[LineRow]
    next: str | None


class MailFilters(TypedDict, total=False):
    """Which mails are wanted; None for any."""

    incident_id: str | None
    person: PersonId | None
    state: MailState | None
    kind: str | None


_MAILS = select(MailRow).options(*(defer(getattr(MailRow, name)) for name in ("text", "html", "headers", "request")))
"""Without what lists do not show of them."""


class MailPage(NamedTuple):
    """See ``IncidentPage``."""

    mails: list[MailRow]
    next: str | None


def page_of_incidents(
    session: Session,
    *,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
    seen_by: PersonId | None = None,
    **filters: Unpack[IncidentFilters],
) -> IncidentPage:
    """Newest first, or those written ``since`` then, the longest ago first. Raises NoSuchPlace."""
    incident_id, declared_at, updated_at = (
        col(IncidentRow.id),
        col(IncidentRow.declared_at),
        col(IncidentRow.updated_at),
    )
    query: Any = (
        sqlalchemy.select(col(IncidentRow.document), col(PostmortemRow.text), incident_id, declared_at, updated_at)
        .join(PostmortemRow, col(PostmortemRow.incident_id) == incident_id, isouter=True)
        .where(~hidden_incident(seen_by), *of_incidents(**filters))
    )
    begin = _read(cursor) if cursor else None
    if since is not None:
        query = query.where(updated_at >= since).order_by(updated_at, incident_id)
        query = query.where(tuple_(updated_at, incident_id) > begin) if begin else query
    else:
        query = query.order_by(declared_at.desc(), incident_id.desc())
        query = query.where(tuple_(declared_at, incident_id) < begin) if begin else query
    rows = session.connection().execute(query.limit(limit + 1)).all()
    places = [(row[4] if since is not None else row[3], row[2]) for row in rows]
    shown = [(described(document, text), at) for document, text, _, _, at in rows[:limit]]
    return IncidentPage(shown, _next(places, limit))


def page_of_lines(
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
        by_deadline = Order(Sort.DUE, descending=False)
        return ItemPage(*page_of_rows(session, LineRow, now, by_deadline, cursor, limit, seen_by, filters))
    item_id, updated_at, is_late = col(ActionItemRow.id), col(ActionItemRow.updated_at), late_now(now)
    wanted: list[ColumnElement[bool]] = [updated_at >= since]
    if cursor:
        wanted.append(tuple_(updated_at, item_id) > _read(cursor))
    query = (
        sqlalchemy.select(*columns_of(LineRow, is_late))
        .where(~hidden_item(seen_by), *wanted, *fitting(is_late, seen_by, **filters))
        .order_by(updated_at, item_id)
        .limit(limit + 1)
    )
    rows = [LineRow._make(row) for row in session.connection().execute(query)]
    return ItemPage(rows[:limit], _next([(row.updated_at, row.id) for row in rows if row.updated_at], limit))


def page_of_mails(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
    seen_by: PersonId | None = None,
    **filters: Unpack[MailFilters],
) -> MailPage:
    """Newest first; those of ``since`` or later, and before ``until``. Raises NoSuchPlace."""
    at, key = col(MailRow.at), col(MailRow.key)
    period = [at >= since] if since else []
    period += [at < until] if until else []
    same = equal({getattr(MailRow, name): value for name, value in filters.items()})
    query = _MAILS.where(~hidden_mail(seen_by), *same, *period)
    if cursor:
        last_at, last_key = _read(cursor)
        query = query.where(at <= last_at, or_(at < last_at, key > last_key))
    rows = session.exec(query.order_by(at.desc(), key).limit(limit + 1)).all()
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
