"""Who may see what of private incidents, asked of the database.

Whoever is on an incident, or owns one of its action items, sees it and all of them; an action item's proposer and
approvers see that. In each query ``seen_by`` is whose eyes look, None for eyes that see everything.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, func, not_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from followthrough.domain.replayed.ids import incident_of, is_item
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.store.narrow_items import ItemSearchRow, approves
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, MaySeeRow

_PART = aliased(MailRow)
"""A mail that was gathered in another; made once, for that takes as long as to read a page of mails."""


def hidden_incident(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of incidents' rows: not for these eyes."""
    if seen_by is None:
        return false()
    on = select(1).where(MaySeeRow.incident_id == IncidentRow.id, MaySeeRow.person == seen_by)
    owns = select(1).where(ActionItemRow.incident_id == IncidentRow.id, ActionItemRow.owner == seen_by)
    there = (part.correlate(IncidentRow).exists() for part in (on, owns))
    return and_(col(IncidentRow.private).is_(True), *map(not_, there))


def hidden_item(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of action items' rows."""
    if seen_by is None:
        return false()
    return _hidden(col(ActionItemRow.incident_id), col(ActionItemRow.id), seen_by)


def hidden_mail(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of mails' rows: about a private incident, alone or together with others, and to somebody else.

    What was gathered in a mail is counted, mail by mail: whether there is any PostgreSQL would look up for all at once.
    """
    if seen_by is None:
        return false()
    others = or_(col(MailRow.person).is_(None), col(MailRow.person) != seen_by)
    gathered = select(func.count()).where(_PART.sent_in == MailRow.key, _about_hidden(_PART, seen_by))
    return and_(others, or_(_about_hidden(MailRow, seen_by), gathered.scalar_subquery() > 0))


def sees(session: Session, record_id: str, seen_by: PersonId | None) -> bool:
    """Whether an incident or action item is there, and for these eyes."""
    if is_item(record_id):
        item = select(ActionItemRow.id).where(ActionItemRow.id == record_id, ~hidden_item(seen_by))
        return session.exec(item).first() is not None
    incident = select(IncidentRow.id).where(IncidentRow.id == record_id, ~hidden_incident(seen_by))
    return session.exec(incident).first() is not None


def marked(session: Session, items: Iterable[ActionItem]) -> list[ActionItem]:
    """As private where their incident is: one that ended before its incident became private has not heard of it."""
    private = {*session.exec(select(IncidentRow.id).where(col(IncidentRow.private).is_(True)))}
    return [item.model_copy(update={"private": True}) if item.incident_id in private else item for item in items]


def private_among(session: Session, record_ids: Iterable[str]) -> list[str]:
    """Those incidents and action items that are private, or whose incident is."""
    asked = dict.fromkeys(record_ids)
    incidents = col(IncidentRow.id).in_({incident_of(record_id) for record_id in asked})
    private = {*session.exec(select(IncidentRow.id).where(col(IncidentRow.private).is_(True), incidents))}
    return [record_id for record_id in asked if incident_of(record_id) in private]


def _about_hidden(mail: type[MailRow], seen_by: PersonId) -> ColumnElement[bool]:
    return _hidden(func.coalesce(mail.incident_id, ""), mail.item_id, seen_by)


def _hidden(incident_id: SQLColumnExpression[str], item_id: Any, seen_by: PersonId) -> ColumnElement[bool]:
    """Of an incident, or of an action item if there is one: it is looked at where its incident is hidden alone.

    As a value, row by row, and not as one that exists: PostgreSQL would look up all in which they have a part.
    """
    hidden = select(IncidentRow.id).where(hidden_incident(seen_by))
    has_part = or_(col(ItemSearchRow.proposed_by) == seen_by, approves(seen_by))
    of_item = select(has_part).where(ItemSearchRow.item_id == item_id).scalar_subquery()
    return and_(incident_id.in_(hidden), not_(func.coalesce(of_item, false())))
