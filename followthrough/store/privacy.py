"""Who may see what of private incidents, asked of the database.

Whoever is on an incident, or owns one of its action items, sees it and all of them; an action item's proposer and
approvers see that. In each query ``seen_by`` is whose eyes look, None for eyes that see everything.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.domain.replayed.ids import incident_of, is_item
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, MaySeeRow


def hidden_incident(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of incidents' rows: not for these eyes."""
    if seen_by is None:
        return false()
    on = select(MaySeeRow.incident_id).where(MaySeeRow.person == seen_by)
    owns = select(ActionItemRow.incident_id).where(ActionItemRow.owner == seen_by)
    return and_(col(IncidentRow.private).is_(True), col(IncidentRow.id).not_in(on), col(IncidentRow.id).not_in(owns))


def hidden_item(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of action items' rows."""
    if seen_by is None:
        return false()
    document = col(ActionItemRow.document)
    approves = contains_word(document["plan", "policy", "approvers"], seen_by)
    has_part = or_(document["proposed_by"].as_string() == seen_by, approves)
    return and_(col(ActionItemRow.incident_id).in_(_hidden_incidents(seen_by)), not_(has_part))


def contains_word(listed: Any, word: str) -> ColumnElement[bool]:
    """Whether a list in a document has it, at any depth."""
    return func.coalesce(listed.as_string(), "").contains(json.dumps(word), autoescape=True)


def hidden_mail(seen_by: PersonId | None) -> ColumnElement[bool]:
    """Of mails' rows: about a private incident, alone or together with others, and to somebody else."""
    if seen_by is None:
        return false()
    part = aliased(MailRow)
    others = or_(col(MailRow.person).is_(None), col(MailRow.person) != seen_by)
    of_hidden = col(part.incident_id).in_(_hidden_incidents(seen_by))
    gathered = select(part.sent_in).where(of_hidden, col(part.sent_in).is_not(None), _about_hidden(part, seen_by))
    return and_(others, or_(_about_hidden(MailRow, seen_by), col(MailRow.key).in_(gathered)))


def sees(session: Session, record_id: str, seen_by: PersonId | None) -> bool:
    """Whether an incident or action item is there, and for these eyes."""
    if is_item(record_id):
        item = select(ActionItemRow.id).where(ActionItemRow.id == record_id, ~hidden_item(seen_by))
        return session.exec(item).first() is not None
    incident = select(IncidentRow.id).where(IncidentRow.id == record_id, ~hidden_incident(seen_by))
    return session.exec(incident).first() is not None


def marked(session: Session, items: Iterable[ActionItem]) -> list[ActionItem]:
    """As private where their incident is: one that ended before its incident became private has not heard of it."""
    private = {*session.exec(select(IncidentRow.id).where(col(IncidentRow.private)))}
    return [item.model_copy(update={"private": item.incident_id in private or item.private}) for item in items]


def private_among(session: Session, record_ids: Iterable[str]) -> list[str]:
    """Those incidents and action items that are private, or whose incident is."""
    asked = dict.fromkeys(record_ids)
    incidents = col(IncidentRow.id).in_({incident_of(record_id) for record_id in asked})
    private = {*session.exec(select(IncidentRow.id).where(col(IncidentRow.private).is_(True), incidents))}
    return [record_id for record_id in asked if incident_of(record_id) in private]


def _hidden_incidents(seen_by: PersonId) -> SelectOfScalar[str]:
    return select(IncidentRow.id).where(hidden_incident(seen_by))


def _about_hidden(mail: type[MailRow], seen_by: PersonId) -> ColumnElement[bool]:
    item_id, incident_id = func.coalesce(mail.item_id, ""), func.coalesce(mail.incident_id, "")
    return or_(
        and_(item_id == "", incident_id.in_(_hidden_incidents(seen_by))),
        item_id.in_(select(ActionItemRow.id).where(hidden_item(seen_by))),
    )
