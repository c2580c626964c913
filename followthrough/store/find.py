"""What somebody means who names an incident or an action item by less than its id."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import ColumnElement, CompoundSelect, null, or_, union_all
from sqlmodel import Session, col

from followthrough.domain.replayed.item.action_item import OPEN, ItemStatus
from followthrough.domain.replayed.values import PersonId
from followthrough.store.item_search import few_that, is_named
from followthrough.store.narrow_items import ItemSearchRow, position, within
from followthrough.store.privacy import hidden_incident, hidden_item
from followthrough.store.tables import ActionItemRow, IncidentRow

MOST = 10
FEW = 100
"""See ``item_search.FEW``: fewer, for ten of what more have are soon found."""


class Hit(NamedTuple):
    """An incident or action item that may be meant."""

    id: str
    status: str
    ticket: str | None
    title: str


def incidents_like(session: Session, text: str, seen_by: PersonId | None) -> list[Hit]:
    """By the beginning of its id or a part of its title; those that go on first, then the newest."""
    row = IncidentRow
    named = sqlalchemy.select(col(row.id)).where(or_(position(col(row.id), text.lower()) == 1, within(row.title, text)))
    query = (
        sqlalchemy.select(col(row.id), col(row.status), null(), col(row.title))
        .where(~hidden_incident(seen_by), col(row.id).in_(named))
        .order_by(col(row.ended_at).is_not(None), col(row.declared_at).desc())
    )
    return _hits(session, query)


def items_like(session: Session, text: str, seen_by: PersonId | None) -> list[Hit]:
    """The same, and by its ticket, in whatever case; where a ticket is so called, nothing else is meant."""
    row = ActionItemRow
    shown = sqlalchemy.select(col(row.id), col(row.status), col(row.ticket), col(row.title))
    selected = shown.where(~hidden_item(seen_by))
    by_ticket = selected.where(col(row.ticket).in_({text, text.upper(), text.lower()}))
    ended, newest = col(row.ended_at).is_not(None), (col(row.proposed_at).desc(), col(row.id))
    if found := _hits(session, by_ticket.order_by(ended, *newest)):
        return found
    if (few := few_that(session, is_named(text), few=FEW)) is not None:
        return _hits(session, selected.where(col(row.id).in_(few)).order_by(ended, *newest))
    listed: list[Hit] = []
    for statuses in (OPEN, [status for status in ItemStatus if status not in OPEN]):
        first = _newest(statuses, is_named(text), ~hidden_item(seen_by))
        listed += _hits(session, shown.where(col(row.id).in_(first)).order_by(*newest))
        if len(listed) >= MOST:
            break
    return listed[:MOST]


def _newest(
    statuses: Iterable[ItemStatus], named: ColumnElement[bool], seen: ColumnElement[bool]
) -> CompoundSelect[Any]:
    """Ids, so many of each status as are shown, which are soon found along an index."""
    row = ActionItemRow
    of_it = sqlalchemy.select(1).where(col(ItemSearchRow.item_id) == row.id, named).exists()
    wanted: sqlalchemy.Select[Any] = (
        sqlalchemy.select(col(row.id).label("id"))
        .where(seen, of_it)
        .order_by(col(row.proposed_at).desc(), col(row.id))
        .limit(MOST)
    )
    firsts = (wanted.where(col(row.status) == status).subquery() for status in statuses)
    return union_all(*(sqlalchemy.select(first.c.id) for first in firsts))


def _hits(session: Session, query: Any) -> list[Hit]:
    return [Hit._make(row) for row in session.connection().execute(query.limit(MOST))]
