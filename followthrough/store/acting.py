"""What is read when somebody acts on a page."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import WORKED_ON, ActionItem
from followthrough.domain.replayed.values import PersonId
from followthrough.store.privacy import hidden_incident, hidden_item
from followthrough.store.tables import ActionItemRow, IncidentRow, TimelineRow

MOST_NEAR = 100


def last_entry(session: Session, record_id: str, author: PersonId) -> tuple[int, int]:
    """The numbers of the record's last timeline entry, and of its last by that person; 0 where there is none."""
    number = col(TimelineRow.number)
    last = select(func.max(number)).where(TimelineRow.record_id == record_id)
    return session.exec(last).one() or 0, session.exec(last.where(TimelineRow.author == author)).one() or 0


def open_items_near(session: Session, record: ActionItem, seen_by: PersonId) -> dict[str, str]:
    """Titles by id of others that are worked on: those of the same incident first, then those of the team."""
    same = col(ActionItemRow.incident_id) == record.incident_id
    query = (
        select(ActionItemRow.id, ActionItemRow.title)
        .where(
            same | (col(ActionItemRow.team) == record.team),
            col(ActionItemRow.status).in_(WORKED_ON),
            ActionItemRow.id != record.id,
            ~hidden_item(seen_by),
        )
        .order_by(same.desc(), col(ActionItemRow.id).desc())
        .limit(MOST_NEAR)
    )
    return dict(session.exec(query).all())


def ongoing_incidents_near(session: Session, incident: Incident, seen_by: PersonId) -> dict[str, str]:
    """Titles by id of others that could go on for both: those of the same service first."""
    like = (col(IncidentRow.drill) == incident.drill, col(IncidentRow.private) == incident.private)
    going = col(IncidentRow.status).in_((*ONGOING, IncidentStatus.RESOLVED) if incident.resolved_at else ONGOING)
    return _incidents_near(session, incident, seen_by, going, *like)


def earlier_incidents(session: Session, incident: Incident, seen_by: PersonId) -> dict[str, str]:
    """Titles by id of those that it might repeat: those of the same service first."""
    return _incidents_near(session, incident, seen_by, col(IncidentRow.declared_at) < incident.declared_at)


def _incidents_near(
    session: Session, incident: Incident, seen_by: PersonId, *wanted: ColumnElement[bool]
) -> dict[str, str]:
    query = (
        select(IncidentRow.id, IncidentRow.title)
        .where(*wanted, IncidentRow.id != incident.id, ~hidden_incident(seen_by))
        .order_by((col(IncidentRow.service) == incident.service).desc(), col(IncidentRow.declared_at).desc())
        .limit(MOST_NEAR)
    )
    return dict(session.exec(query).all())


def neighbours(session: Session, item: ActionItem, seen_by: PersonId | None) -> tuple[str | None, str | None]:
    """The ids of the action items of its incident before and after it."""
    of_incident = select(ActionItemRow.id).where(ActionItemRow.incident_id == item.incident_id, ~hidden_item(seen_by))
    ids = sorted({item.id, *session.exec(of_incident)}, key=_numbers)
    place = ids.index(item.id)
    return next(iter(ids[:place][-1:]), None), next(iter(ids[place + 1 :]), None)


def _numbers(item_id: str) -> list[int]:
    """By which they are counted: the tenth comes after the ninth."""
    return [int(number) for number in item_id.split(".")[1:]]


def written(session: Session, record_id: str) -> str:
    """Another text whenever the incident or action item, or what its timeline shows, is another."""
    of_incident = select(IncidentRow.version).where(IncidentRow.id == record_id)
    of_it = (col(TimelineRow.record_id) == record_id) | (col(TimelineRow.incident_id) == record_id)
    entries = select(func.count()).select_from(TimelineRow).where(of_it)
    one_of_them = (col(ActionItemRow.id) == record_id) | (col(ActionItemRow.incident_id) == record_id)
    of_items = select(func.sum(ActionItemRow.version)).where(one_of_them)
    counted = (of_incident.scalar_subquery(), entries.scalar_subquery(), of_items.scalar_subquery())
    return ".".join(str(number or 0) for number in session.exec(select(*counted)).one())
