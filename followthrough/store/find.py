"""What somebody means who names an incident or an action item by less than its id."""

from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import null, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from followthrough.domain.replayed.values import PersonId
from followthrough.store.item_search import few_that, is_named
from followthrough.store.narrow_items import ItemSearchRow
from followthrough.store.privacy import hidden_incident, hidden_item
from followthrough.store.tables import ActionItemRow, IncidentRow

MOST = 10


class Hit(NamedTuple):
    """An incident or action item that may be meant."""

    id: str
    status: str
    ticket: str | None
    title: str


def incidents_like(session: Session, text: str, seen_by: PersonId | None) -> list[Hit]:
    """By the beginning of its id or a part of its title; those that go on first, then the newest."""
    row, named = IncidentRow, aliased(IncidentRow)
    is_so_named = or_(
        col(named.id).istartswith(text, autoescape=True), col(named.title).icontains(text, autoescape=True)
    )
    query = (
        sqlalchemy.select(col(row.id), col(row.status), null(), col(row.title))
        .where(~hidden_incident(seen_by), col(row.id).in_(sqlalchemy.select(col(named.id)).where(is_so_named)))
        .order_by(col(row.ended_at).is_not(None), col(row.declared_at).desc())
    )
    return _hits(session, query)


def items_like(session: Session, text: str, seen_by: PersonId | None) -> list[Hit]:
    """The same, and by its ticket, in whatever case; where a ticket is so called, nothing else is meant."""
    row = ActionItemRow
    selected = sqlalchemy.select(col(row.id), col(row.status), col(row.ticket), col(row.title)).where(
        ~hidden_item(seen_by)
    )
    by_ticket = selected.where(col(row.ticket).in_({text, text.upper(), text.lower()}))
    goes_on, newest = col(row.ended_at).is_(None), (col(row.proposed_at).desc(), col(row.id))
    if found := _hits(session, by_ticket.order_by(~goes_on, *newest)):
        return found
    if (few := few_that(session, is_named(text))) is not None:
        return _hits(session, selected.where(col(row.id).in_(few)).order_by(~goes_on, *newest))
    of_it = sqlalchemy.select(1).where(col(ItemSearchRow.item_id) == row.id, is_named(text))
    listed: list[Hit] = []
    for which in (goes_on, col(row.ended_at).is_not(None)):
        first = sqlalchemy.select(col(row.id)).where(~hidden_item(seen_by), which, of_it.exists()).order_by(*newest)
        listed += _hits(session, selected.where(col(row.id).in_(first.limit(MOST - len(listed)))).order_by(*newest))
        if len(listed) == MOST:
            break
    return listed


def _hits(session: Session, query: Any) -> list[Hit]:
    return [Hit._make(row) for row in session.connection().execute(query.limit(MOST))]
