"""What concerns one person, read for the page that they begin with."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, union_all
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import OPEN, ActionItem, ItemStatus
from followthrough.domain.replayed.values import PersonId, TeamId
from followthrough.store.narrow_items import ItemSearchRow, approves, mentions
from followthrough.store.open_items import is_open
from followthrough.store.postmortem_tables import PostmortemCommentRow
from followthrough.store.privacy import hidden_incident, hidden_item, marked
from followthrough.store.queries import ListedItem, action_items
from followthrough.store.tables import ActionItemRow, IncidentRow

MOST_READ = 300
MOST_OF_A_TEAM = 10


class Concerns(NamedTuple):
    """Action items in which somebody has a part, with their incidents by id, and incidents of which they may be."""

    items: list[ActionItem]
    of_items: dict[str, Incident]
    incidents: list[Incident]
    unanswered: dict[str, int]
    """How many comments of others wait on postmortems that they wrote or owe, by the incident."""
    late: list[ListedItem]
    """Of others, in the teams that they lead."""


def concerns(
    session: Session, person: PersonId, leads: Iterable[TeamId], now: datetime, seen_by: PersonId | None
) -> Concerns:
    """No more than can be read on a page; what is due first comes first."""
    led = list(leads)
    items = _items(session, person, led, seen_by)
    late = [
        one
        for team in led
        for one in action_items(session, now, limit=MOST_OF_A_TEAM, seen_by=seen_by, team=team, late=True)
        if one.item.owner != person
    ]
    unanswered = _unanswered(session, person)
    of_items = select(IncidentRow.document).where(col(IncidentRow.id).in_({item.incident_id for item in items}))
    return Concerns(
        items=items,
        of_items={one.id: one for one in map(Incident.model_validate, session.exec(of_items))},
        incidents=_incidents(session, person, unanswered, seen_by),
        unanswered=unanswered,
        late=late,
    )


def _items(session: Session, person: PersonId, led: list[TeamId], seen_by: PersonId | None) -> list[ActionItem]:
    item_id = col(ActionItemRow.id)
    owned = select(ActionItemRow.id).where(is_open(), ActionItemRow.owner == person)
    of_team = select(ActionItemRow.id).where(is_open(), col(ActionItemRow.team).in_(led), ActionItemRow.wants_owner)
    query = (
        select(ActionItemRow.document)
        .where(item_id.in_(union_all(owned, *_to_decide(person), of_team)), ~hidden_item(seen_by))
        .order_by(col(ActionItemRow.due).nulls_last(), item_id)
        .limit(MOST_READ)
    )
    return marked(session, map(ActionItem.model_validate, session.exec(query)))


def _to_decide(person: PersonId) -> Iterator[SelectOfScalar[str]]:
    """Apart from each other, so that each reads no more of the index than it has to."""
    status, asks_for_time = col(ItemSearchRow.status), col(ItemSearchRow.asks_for_time)
    of_them = select(ItemSearchRow.item_id)
    yield of_them.where(status == ItemStatus.DONE, approves(person))
    yield of_them.where(status.in_(OPEN), asks_for_time, approves(person))
    yield of_them.where(status == ItemStatus.PROPOSED, col(ItemSearchRow.proposed_by) == person)


def _unanswered(session: Session, person: PersonId) -> dict[str, int]:
    comment, incident_id = PostmortemCommentRow, col(PostmortemCommentRow.incident_id)
    wait = (
        select(incident_id, func.count())
        .join(IncidentRow, col(IncidentRow.id) == incident_id)
        .where(col(comment.settled_at).is_(None), comment.by != person, _postmortem_of(person))
        .group_by(incident_id)
    )
    return dict(session.exec(wait).all())


def _postmortem_of(person: PersonId) -> ColumnElement[bool]:
    """They owe it, or wrote it."""
    document = col(IncidentRow.document)
    owes = document["postmortem_owner"].as_string() == person
    return or_(owes, document["postmortem", "by"].as_string() == person)


def _incidents(
    session: Session, person: PersonId, commented: Iterable[str], seen_by: PersonId | None
) -> list[Incident]:
    """Those with a part for them: a role while it goes on, or the postmortem, also one that is out but ``commented``.

    They are found by their status before they are ordered: SQLite would look for them among all, the newest first.
    """
    document, status = col(IncidentRow.document), col(IncidentRow.status)
    has_role = mentions(document["roles"].as_string(), person)
    theirs = select(IncidentRow.id).where(
        status.in_((*ONGOING, IncidentStatus.RESOLVED)),
        or_(has_role, and_(status == IncidentStatus.RESOLVED, _postmortem_of(person))),
    )
    waited_for = select(IncidentRow.id).where(col(IncidentRow.id).in_(commented))
    query = (
        select(IncidentRow.document)
        .where(col(IncidentRow.id).in_(union_all(theirs, waited_for)), ~hidden_incident(seen_by))
        .order_by(col(IncidentRow.declared_at).desc())
        .limit(MOST_READ)
    )
    return [Incident.model_validate(document) for document in session.exec(query)]
