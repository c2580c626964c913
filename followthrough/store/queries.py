"""What is read of incidents, action items, timelines and mails."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

import sqlalchemy
from sqlalchemy import ColumnElement, Engine, and_, bindparam, case, or_
from sqlmodel import Session, col, func, select

from followthrough.domain.answered.incident.repeat_search import Earlier
from followthrough.domain.replayed.incident.incident import ONGOING, Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import (
    ActionItem,
    ItemStatus,
    Kind,
    Priority,
)
from followthrough.domain.replayed.postmortem.postmortem import FormatName
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.store.item_search import few_with, has_word
from followthrough.store.open_items import is_open, late_now
from followthrough.store.privacy import hidden_incident, hidden_item, hidden_mail, marked
from followthrough.store.tables import ActionItemRow, IncidentRow, MailRow, PostmortemRow, TimelineRow


class IncidentFilters(TypedDict, total=False):
    """Which incidents are wanted; None for any."""

    status: IncidentStatus | None
    service: str | None
    team: str | None


class ItemFilters(TypedDict, total=False):
    """Which action items are wanted; None for any, one of several where those are given."""

    incident_id: str | None
    owner: str | None
    team: str | None
    service: str | None
    status: ItemStatus | Sequence[ItemStatus] | None
    severity: Sequence[Severity] | None
    priority: Sequence[Priority] | None
    kind: Sequence[Kind] | None
    late: bool | None
    words: Sequence[str] | None
    """Each is in its title, id, ticket or description, or in the title of its incident, if that may be seen."""
    id: Sequence[str] | None


class ListedItem(NamedTuple):
    """An action item, and whether it is still owed although the time to accept or do it has passed."""

    item: ActionItem
    late: bool


_WITH_TEXT = select(IncidentRow.document, PostmortemRow.text).join(
    PostmortemRow, col(PostmortemRow.incident_id) == IncidentRow.id, isouter=True
)


def described(document: Mapping[str, Any], text: str | None) -> Incident:
    """From its row, and the text of its postmortem."""
    incident = Incident.model_validate(document)
    if incident.postmortem is not None:
        incident.postmortem = incident.postmortem.model_copy(update={"text": text or ""})
    return incident


def incident(session: Session, incident_id: str) -> Incident | None:
    """None when there is none, or none yet."""
    query = _WITH_TEXT.where(col(IncidentRow.id) == incident_id)
    return next((described(document, text) for document, text in session.exec(query)), None)


def ongoing_incidents(session: Session) -> list[Incident]:
    """Those in which something is broken, without postmortems' texts."""
    query = select(IncidentRow.document).where(col(IncidentRow.status).in_(ONGOING)).order_by(col(IncidentRow.id))
    return [described(document, None) for document in session.exec(query)]


def hidden_incidents(session: Session, seen_by: PersonId | None, **filters: Unpack[IncidentFilters]) -> int:
    """How many private ones ``page_of_incidents`` leaves out for these eyes."""
    query = select(func.count()).select_from(IncidentRow)
    return session.exec(query.where(hidden_incident(seen_by), *of_incidents(**filters))).one()


def latest_incident(database: Engine, dedup_key: str) -> tuple[str, IncidentStatus] | None:
    """Id and status of the one that an alert with this key started and that is ongoing, or else of the last."""
    with database.connect() as connection:
        row = connection.execute(LATEST_INCIDENT, {"dedup_key": dedup_key}).first()
    return (row[0], IncidentStatus(row[1])) if row else None


LATEST_INCIDENT = (
    select(IncidentRow.id, IncidentRow.status)
    .where(IncidentRow.dedup_key == bindparam("dedup_key"))
    .order_by(case((col(IncidentRow.status).in_(ONGOING), 0), else_=1), col(IncidentRow.declared_at).desc())
    .limit(1)
)
"""Id and status, for ``dedup_key``."""


def follower(session: Session, dedup_key: str) -> str | None:
    """The ongoing incident that an alert belongs to which did not start it."""
    keys = col(IncidentRow.document)["inherited_keys"].as_string()
    query = select(IncidentRow.id).where(
        col(IncidentRow.status).in_(ONGOING), keys.contains(json.dumps(dedup_key), autoescape=True)
    )
    return session.exec(query.limit(1)).first()


def recent_formats(session: Session, team: str) -> list[FormatName]:
    """Of the team's last postmortems, the latest last."""
    name = col(IncidentRow.document)["postmortem_format"].as_string()
    query = (
        select(name)
        .where(IncidentRow.team == team, name.is_not(None))
        .order_by(col(IncidentRow.resolved_at).desc())
        .limit(50)
    )
    return [FormatName(name) for name in reversed(session.exec(query).all())]


def resolved_incidents(session: Session, since: datetime, until: datetime) -> list[Earlier]:
    """Those that were declared since then and resolved by then, without drills, private, cancelled and merged ones."""
    gone = (IncidentStatus.CANCELLED, IncidentStatus.MERGED)
    resolved_at = col(IncidentRow.resolved_at)
    query = sqlalchemy.select(
        col(IncidentRow.id), col(IncidentRow.dedup_key), col(IncidentRow.title), col(IncidentRow.service), resolved_at
    ).where(
        col(IncidentRow.declared_at) >= since,
        resolved_at <= until,
        col(IncidentRow.drill).is_(False),
        col(IncidentRow.private).is_(False),
        col(IncidentRow.status).not_in(gone),
    )
    return [Earlier._make(row) for row in session.connection().execute(query)]


def items_of(session: Session, incident_ids: Iterable[str], seen_by: PersonId | None = None) -> list[ActionItem]:
    """The action items of these incidents, in the order of their ids."""
    query = (
        select(ActionItemRow.document)
        .where(col(ActionItemRow.incident_id).in_(list(incident_ids)), ~hidden_item(seen_by))
        .order_by(col(ActionItemRow.id))
    )
    return marked(session, map(ActionItem.model_validate, session.exec(query)))


def items_named(session: Session, ids: Iterable[str]) -> dict[str, ActionItem]:
    """By id; without those that are not in the read model."""
    query = select(ActionItemRow.document).where(col(ActionItemRow.id).in_(list(ids)))
    return {item.id: item for item in marked(session, map(ActionItem.model_validate, session.exec(query)))}


_GOES_ON = or_(
    is_open(),
    and_(col(ActionItemRow.status) == ItemStatus.WAIVED, col(ActionItemRow.waived_until).is_not(None)),
)
"""An action item whose workflow should run."""


def items_to_plan(session: Session, team: str) -> list[ActionItem]:
    """A team's open action items, and its waivers that expire."""
    query = select(ActionItemRow.document).where(ActionItemRow.team == team, _GOES_ON)
    return marked(session, map(ActionItem.model_validate, session.exec(query)))


def open_items(session: Session, *, after: str = "", limit: int | None = None) -> list[ActionItem]:
    """Every action item that has not ended, by id; or the next of them."""
    open_after = col(ActionItemRow.ended_at).is_(None), col(ActionItemRow.id) > after
    query = select(ActionItemRow.document).where(*open_after).order_by(col(ActionItemRow.id)).limit(limit)
    return [ActionItem.model_validate(document) for document in session.exec(query)]


def open_records(session: Session) -> set[str]:
    """The ids of incidents and action items whose workflow should run: a waiver that expires has not ended."""
    items = select(ActionItemRow.id).where(_GOES_ON)
    return {*session.exec(select(IncidentRow.id).where(col(IncidentRow.ended_at).is_(None))), *session.exec(items)}


class Planned(NamedTuple):
    """An action item, when its incident was said to be over and published, and how late it is by the item's clock."""

    item: ActionItem
    resolved_at: datetime | None
    published_at: datetime | None
    now: datetime


def planned_items(session: Session, now: datetime, *, after: str, limit: int) -> list[Planned]:
    """The next whose workflow should run, by id. A clock that was put forward is at their latest entry, or past it."""
    published = col(IncidentRow.document)["published_at"].as_string()
    said = col(IncidentRow.document)["resolved_said_at"].as_string()
    query = (
        sqlalchemy.select(
            col(ActionItemRow.document),
            col(IncidentRow.resolved_at),
            said,
            published,
            sqlalchemy.select(sqlalchemy.func.max(col(TimelineRow.at)))
            .where(col(TimelineRow.record_id) == ActionItemRow.id)
            .scalar_subquery(),
        )
        .join(IncidentRow, col(IncidentRow.id) == ActionItemRow.incident_id, isouter=True)
        .where(_GOES_ON, col(ActionItemRow.id) > after)
        .order_by(col(ActionItemRow.id))
        .limit(limit)
    )
    return [
        Planned(
            ActionItem.model_validate(document),
            datetime.fromisoformat(said_at) if said_at else resolved_at,
            datetime.fromisoformat(published_at) if published_at else None,
            max(now, latest or now),
        )
        for document, resolved_at, said_at, published_at, latest in session.connection().execute(query)
    ]


def item_of_ticket(session: Session, key: str) -> str | None:
    """The id of the action item whose ticket this is; the one that has not ended, when there are several."""
    ended = col(ActionItemRow.ended_at).is_not(None)
    return session.exec(select(ActionItemRow.id).where(ActionItemRow.ticket == key).order_by(ended).limit(1)).first()


def timeline(session: Session, record_id: str) -> list[TimelineRow]:
    """What happened to an action item, or to an incident and all of its action items; oldest first."""
    query = (
        select(TimelineRow)
        .where(or_(col(TimelineRow.record_id) == record_id, col(TimelineRow.incident_id) == record_id))
        .order_by(col(TimelineRow.at), col(TimelineRow.record_id), col(TimelineRow.number))
    )
    return list(session.exec(query))


def action_item(session: Session, item_id: str) -> ActionItem | None:
    """None when there is none, or none yet."""
    row = session.get(ActionItemRow, item_id)
    return ActionItem.model_validate(row.document) if row else None


def action_items(
    session: Session,
    now: datetime,
    *,
    limit: int = 200,
    seen_by: PersonId | None = None,
    **filters: Unpack[ItemFilters],
) -> list[ListedItem]:
    """Late ones first, then by deadline, those that have ended last."""
    is_late, ended = late_now(now), col(ActionItemRow.ended_at).is_not(None)
    query = (
        select(ActionItemRow.document, is_late)
        .where(~hidden_item(seen_by), *fitting(is_late, seen_by, **filters))
        .order_by(case((is_late, 0), (ended, 2), else_=1), col(ActionItemRow.due).nulls_last(), col(ActionItemRow.id))
        .limit(limit)
    )
    return [ListedItem(ActionItem.model_validate(document), bool(overdue)) for document, overdue in session.exec(query)]


def hidden_items(session: Session, now: datetime, seen_by: PersonId | None, **filters: Unpack[ItemFilters]) -> int:
    """How many of private incidents lists leave out for these eyes; none where that is not told."""
    if not told_of_hidden(filters):
        return 0
    query = select(func.count()).select_from(ActionItemRow)
    return session.exec(query.where(hidden_item(seen_by), *fitting(late_now(now), seen_by, **filters))).one()


def told_of_hidden(filters: ItemFilters) -> bool:
    """Not where words or an incident are looked for: the number would tell what those say."""
    return not filters.get("words") and not filters.get("incident_id")


def parts_of(session: Session, key: str) -> list[MailRow]:
    """Mails that were gathered in that one."""
    return list(session.exec(select(MailRow).where(MailRow.sent_in == key)))


def mail(session: Session, key: str, seen_by: PersonId | None = None) -> MailRow | None:
    """None when there is none, or it is not for these eyes."""
    return session.exec(select(MailRow).where(MailRow.key == key, ~hidden_mail(seen_by))).first()


def mail_kinds(session: Session) -> list[str]:
    """Those of which there are mails, each found behind the one before: PostgreSQL reads all for distinct ones."""
    kind = col(MailRow.kind)
    first = select(func.min(kind).label("kind")).cte(recursive=True)
    following = select(func.min(kind)).where(kind > first.c.kind).scalar_subquery()
    each = first.union_all(select(following).where(first.c.kind.is_not(None))).c.kind
    return list(session.exec(select(each).where(each.is_not(None)).order_by(each)))


def of_incidents(**filters: Unpack[IncidentFilters]) -> list[ColumnElement[bool]]:
    """Conditions on incidents' rows, without that these eyes may see them."""
    return equal({getattr(IncidentRow, name): value for name, value in filters.items()})


def fitting(
    is_late: ColumnElement[bool], seen_by: PersonId | None, **filters: Unpack[ItemFilters]
) -> list[ColumnElement[bool]]:
    """Conditions on action items' rows, without that these eyes may see them."""
    late, words = filters.pop("late", None), filters.pop("words", None)
    same = equal({getattr(ActionItemRow, name): value for name, value in filters.items()})
    as_late = [] if late is None else [is_late if late else case((is_late, True), else_=False) == late]
    return [*same, *as_late, *(has_word(word, seen_by) for word in words or ())]


def searched(session: Session, seen_by: PersonId | None, filters: ItemFilters) -> ItemFilters:
    """The same, with ids instead of words that few have."""
    words = filters.get("words")
    ids = few_with(session, list(words), seen_by) if words else None
    return filters if ids is None else {**filters, "words": None, "id": ids}


def equal(filters: dict[Any, Any]) -> list[ColumnElement[bool]]:
    """Each column has its value, or one of several; None is any."""
    return [
        col(column) == value if isinstance(value, str) else col(column).in_(value)
        for column, value in filters.items()
        if value is not None
    ]
