"""What somebody means who names an incident or an action item by less than its id."""

from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import ColumnElement, case, func, null, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from followthrough.domain.replayed.values import PersonId
from followthrough.store.item_search import with_text
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
    query = (
        sqlalchemy.select(col(row.id), col(row.status), null(), col(row.title))
        .where(~hidden_incident(seen_by), col(row.id).in_(sqlalchemy.select(col(named.id)).where(_named(named, text))))
        .order_by(col(row.ended_at).is_not(None), col(row.declared_at).desc())
    )
    return _hits(session, query)


def items_like(session: Session, text: str, seen_by: PersonId | None) -> list[Hit]:
    """The same, and by its ticket, in whatever case; where a ticket is so called, nothing else is meant."""
    row = ActionItemRow
    selected = sqlalchemy.select(col(row.id), col(row.status), col(row.ticket), col(row.title)).where(
        ~hidden_item(seen_by), col(row.id).in_(with_text(text))
    )
    ordered = (case((col(row.ended_at).is_not(None), 1), else_=0), col(row.proposed_at).desc(), col(row.id))
    by_ticket = func.lower(col(row.ticket)) == func.lower(text)
    return _hits(session, selected.where(by_ticket).order_by(*ordered)) or _hits(
        session, selected.where(_named(row, text)).order_by(*ordered)
    )


def _named(row: type[IncidentRow] | type[ActionItemRow], text: str) -> ColumnElement[bool]:
    return or_(col(row.id).istartswith(text, autoescape=True), col(row.title).icontains(text, autoescape=True))


def _hits(session: Session, query: Any) -> list[Hit]:
    return [Hit._make(row) for row in session.connection().execute(query.limit(MOST))]
