"""The measures of ``domain/answered/insights``, asked of the database; tests hold each against its definition there."""

from collections import Counter
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true, union_all
from sqlmodel import Session, col

from followthrough.domain.answered.insights.costs import Came, Held, Price, price
from followthrough.domain.answered.insights.measures import (
    GONE,
    OF_ITEMS,
    OUTCOMES,
    Ages,
    Duration,
    Outcome,
    Share,
    Spread,
)
from followthrough.domain.answered.insights.scope import By, Group, Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import AGES
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import OPEN, ActionItem, ItemStatus
from followthrough.store.in_documents import objects, seconds, words
from followthrough.store.privacy import marked
from followthrough.store.tables import ActionItemRow, IncidentRow, TimelineRow

Row = type[ActionItemRow] | type[IncidentRow]
_ITEM, _INCIDENT = col(ActionItemRow.document), col(IncidentRow.document)
_CLOSED = col(ActionItemRow.status) == ItemStatus.CLOSED


def on_time(session: Session, scope: Scope) -> dict[Group, Share]:
    """See ``measures.on_time``."""
    ended_at = col(ActionItemRow.ended_at)
    month = _month(seconds(ended_at), scope).label("month")
    severity, team = col(ActionItemRow.severity), col(ActionItemRow.team)
    late = func.sum(case((col(ActionItemRow.due) < ended_at, 1), else_=0))
    query = (
        select(month, severity, team, func.count(), late)
        .where(_CLOSED, *_fits(ActionItemRow, scope), ended_at >= scope.since, ended_at <= scope.now)
        .group_by("month", severity, team)
    )
    whole: Counter[Group] = Counter()
    part: Counter[Group] = Counter()
    for of_month, of_severity, of_team, closed, were_late in session.connection().execute(query):
        names = (By.ALL.value, of_month, of_severity, of_team)
        for group in zip(By, names, strict=True):
            whole[group] += closed
            part[group] += closed - were_late
    return {group: Share(part=part[group], whole=closed) for group, closed in whole.items()}


def ages(session: Session, scope: Scope) -> dict[Group, Ages]:
    """See ``measures.ages``."""
    proposed_at, ended_at = col(ActionItemRow.proposed_at), col(ActionItemRow.ended_at)
    is_open = proposed_at <= scope.now, or_(ended_at.is_(None), ended_at > scope.now)
    open_items = (
        select(proposed_at, col(ActionItemRow.severity), col(ActionItemRow.team))
        .where(*_fits(ActionItemRow, scope), *is_open)
        .cte()
    )
    grouped = union_all(
        *(
            select(literal(by.value).label("by"), name.label("of"), open_items.c.proposed_at.label("proposed_at"))
            for by, name in (
                (By.ALL, literal(By.ALL.value)),
                (By.SEVERITY, open_items.c.severity),
                (By.TEAM, open_items.c.team),
            )
        )
    ).subquery()
    count, rank = _ranks(grouped.c.by, grouped.c.of, grouped.c.proposed_at.desc())
    ranked = select(grouped, count.label("count"), rank.label("rank")).subquery()
    younger = [
        func.sum(case((ranked.c.proposed_at > scope.now - timedelta(days=limit + 1), 1), else_=0)) for limit in AGES
    ]
    median = func.max(case((ranked.c.rank == (ranked.c.count + 1) // 2, ranked.c.proposed_at)))
    query = select(ranked.c.by, ranked.c.of, func.count(), median, *younger).group_by(ranked.c.by, ranked.c.of)
    found = {}
    for by, of, whole, middle, *up_to in session.connection().execute(query):
        counts = [more - fewer for fewer, more in zip([0, *up_to], [*up_to, whole], strict=True)]
        found[By(by), of] = Ages(counts=tuple(counts), median=(scope.now - middle).days)
    return found


class _Span(NamedTuple):
    row: Row
    began: ColumnElement[Any]
    ended: ColumnElement[Any]
    counts: ColumnElement[bool] = true()


def _span(session: Session, what: Duration) -> _Span:
    """See ``measures.began_and_ended``."""
    asked = func.coalesce(seconds(_time(_ITEM, "asked_at")), seconds(col(ActionItemRow.proposed_at)))
    accepted = seconds(_time(_ITEM, "accepted_at"))
    declared, resolved = seconds(col(IncidentRow.declared_at)), seconds(col(IncidentRow.resolved_at))
    match what:
        case Duration.ACCEPT:
            return _Span(ActionItemRow, asked, accepted)
        case Duration.PLAN:
            return _Span(ActionItemRow, accepted, seconds(_time(_ITEM, "planned_at")))
        case Duration.CLOSE:
            return _Span(ActionItemRow, asked, seconds(col(ActionItemRow.ended_at)), _CLOSED)
        case Duration.ACKNOWLEDGE:
            acknowledged = [_first_acknowledged(session, listed) for listed in ("roles", "past_roles")]
            either = [func.coalesce(first, second) for first, second in (acknowledged, acknowledged[::-1])]
            return _Span(IncidentRow, declared, case((either[0] < either[1], either[0]), else_=either[1]))
        case Duration.MITIGATE:
            return _Span(IncidentRow, declared, seconds(_time(_INCIDENT, "mitigated_at")))
        case Duration.RESOLVE:
            return _Span(IncidentRow, declared, resolved)
        case Duration.PUBLISH:
            return _Span(IncidentRow, resolved, seconds(_time(_INCIDENT, "published_at")))


def _first_acknowledged(session: Session, listed: str) -> ColumnElement[Any]:
    holder = objects(session, _INCIDENT[listed])
    at = seconds(_time(holder.c.value, "acknowledged_at"))
    return select(func.min(at)).select_from(holder).correlate(IncidentRow).scalar_subquery()


def spreads(session: Session, what: Duration, scope: Scope) -> dict[Group, Spread]:
    """See ``measures.spreads``."""
    row, began, ended, counts = _span(session, what)
    gone = true() if what in OF_ITEMS else col(IncidentRow.status).not_in(GONE)
    spans = (
        select(col(row.severity), col(row.team), began.label("began"), ended.label("ended"))
        .where(counts, gone, *_fits(row, scope), *_may_have_ended(row, scope))
        .cte()
    )
    since, now = int(scope.since.timestamp()), int(scope.now.timestamp())
    took, month = (spans.c.ended - spans.c.began).label("took"), _month(spans.c.ended, scope)
    in_scope = and_(spans.c.began <= spans.c.ended, spans.c.ended >= since, spans.c.ended <= now)
    names = (
        (By.ALL, literal(By.ALL.value)),
        (By.MONTH, month),
        (By.SEVERITY, spans.c.severity),
        (By.TEAM, spans.c.team),
    )
    grouped = union_all(
        *(select(literal(by.value).label("by"), name.label("of"), took).where(in_scope) for by, name in names)
    ).subquery()
    count, rank = _ranks(grouped.c.by, grouped.c.of, grouped.c.took)
    ranked = select(grouped, count.label("count"), rank.label("rank")).subquery()
    at_rank = [(ranked.c.count + 1) // 2, (ranked.c.count * 9 + 9) // 10]
    numbers = [func.max(case((ranked.c.rank == rank, ranked.c.took))) for rank in at_rank]
    query = select(ranked.c.by, ranked.c.of, func.count(), *numbers, func.sum(ranked.c.took))
    return {
        (By(by), of): Spread(count=count, median=median, ninetieth=ninetieth, total=int(total))
        for by, of, count, median, ninetieth, total in session.connection().execute(
            query.group_by(ranked.c.by, ranked.c.of)
        )
    }


def escalated(session: Session, scope: Scope) -> dict[tuple[int, Outcome], int]:
    """See ``measures.escalated``; an answer in the second of the escalation itself is none."""
    moment = objects(session, _ITEM["reminders"])
    value = moment.c.value
    told = (
        select(func.max(seconds(_time(value, "at"))))
        .select_from(moment)
        .where(value["level"].as_integer() > 0)
        .correlate(ActionItemRow)
        .scalar_subquery()
    )
    said = (
        select(func.max(seconds(col(TimelineRow.at))))
        .where(col(TimelineRow.record_id) == ActionItemRow.id, col(TimelineRow.author).is_not(None))
        .correlate(ActionItemRow)
        .scalar_subquery()
    )
    level, status = col(ActionItemRow.escalation_level), col(ActionItemRow.status)
    ended_since = or_(col(ActionItemRow.ended_at).is_(None), col(ActionItemRow.ended_at) >= scope.since)
    items = (
        select(level.label("level"), status.label("status"), told.label("told"), said.label("said"))
        .where(level > 0, ended_since, *_fits(ActionItemRow, scope))
        .cte()
    )
    answered = case((items.c.said > items.c.told, Outcome.ANSWERED), else_=Outcome.UNANSWERED)
    outcome = case(
        *((items.c.status == settled, became) for settled, became in OUTCOMES.items()),
        (items.c.status.not_in(OPEN), Outcome.ANSWERED),
        else_=answered,
    ).label("outcome")
    since, now = int(scope.since.timestamp()), int(scope.now.timestamp())
    query = select(items.c.level, outcome, func.count()).where(items.c.told >= since, items.c.told <= now)
    found = session.connection().execute(query.group_by(items.c.level, "outcome"))
    return {(level, Outcome(became)): count for level, became, count in found}


def accepted_risks(session: Session, scope: Scope) -> list[ActionItem]:
    """See ``measures.accepted_risks``; in no order."""
    waived = col(ActionItemRow.status) == ItemStatus.WAIVED
    query = select(_ITEM).where(waived, *_fits(ActionItemRow, scope))
    return marked(session, map(ActionItem.model_validate, session.connection().scalars(query)))


def repeats(session: Session, scope: Scope) -> dict[tuple[str, Came], int]:
    """See ``costs.repeats``."""
    declared_at = col(IncidentRow.declared_at)
    earlier = objects(session, _INCIDENT["repeats"])
    earlier_id = earlier.c.value["incident_id"].as_string()
    pairs = (
        select(col(IncidentRow.id).label("id"), declared_at.label("declared_at"), earlier_id.label("earlier"))
        .join(earlier, true())
        .where(*_fits(IncidentRow, scope), declared_at >= scope.since, declared_at <= scope.now)
        .cte()
    )
    repeat = words(session, _ITEM["repeats"])
    counting = select(repeat.c.value).select_from(ActionItemRow).join(repeat, true()).where(~col(ActionItemRow.drill))
    closed_by_then = and_(
        _CLOSED,
        ~col(ActionItemRow.drill),
        col(ActionItemRow.incident_id) == pairs.c.earlier,
        col(ActionItemRow.ended_at) <= pairs.c.declared_at,
    )
    done = select(col(ActionItemRow.id)).where(closed_by_then).correlate(pairs).exists()
    came = case((pairs.c.id.in_(counting), 2), (done, 1), else_=0)
    each = select(_month(seconds(pairs.c.declared_at), scope).label("month"), func.max(came).label("came"))
    one = each.group_by(pairs.c.id, pairs.c.declared_at).subquery()
    query = select(one.c.month, one.c.came, func.count()).group_by(one.c.month, one.c.came)
    said = (Came.WITHOUT, Came.AFTER, Came.BEFORE)
    return {(month, said[came]): count for month, came, count in session.connection().execute(query)}


def prices(session: Session, organisation: Organisation, scope: Scope) -> list[Price]:
    """See ``costs.price``, which is asked about the few that may have cost something."""
    repeat = words(session, _ITEM["repeats"])
    declared_at = col(IncidentRow.declared_at)
    query = (
        select(_INCIDENT, _ITEM)
        .select_from(ActionItemRow)
        .join(repeat, true())
        .join(IncidentRow, col(IncidentRow.id) == repeat.c.value)
        .where(
            *_fits(IncidentRow, scope),
            ~col(ActionItemRow.drill),
            declared_at >= scope.since,
            declared_at <= scope.now,
        )
    )
    incidents: dict[str, Incident] = {}
    items: dict[str, ActionItem] = {}
    for incident, item in session.connection().execute(query):
        incidents.setdefault(incident["id"], Incident.model_validate(incident))
        items.setdefault(item["id"], ActionItem.model_validate(item))
    return price(incidents.values(), items.values(), organisation, scope)


def held(session: Session, scope: Scope) -> list[Held]:
    """See ``costs.held``."""
    owed = case((col(ActionItemRow.status).in_((*OPEN, ItemStatus.WAIVED)), 1), else_=0)
    last = func.max(case((_CLOSED, col(ActionItemRow.ended_at))))
    done = (
        select(col(ActionItemRow.incident_id).label("id"), last.label("last"))
        .where(~col(ActionItemRow.drill))
        .group_by(col(ActionItemRow.incident_id))
        .having(func.sum(owed) == 0, last >= scope.since, last <= scope.now)
        .subquery()
    )
    earlier = objects(session, _INCIDENT["repeats"])
    came = (
        select(
            earlier.c.value["incident_id"].as_string().label("earlier"),
            func.count().label("count"),
            func.max(col(IncidentRow.declared_at)).label("last"),
        )
        .select_from(IncidentRow)
        .join(earlier, true())
        .where(~col(IncidentRow.drill))
        .group_by("earlier")
        .subquery()
    )
    query = (
        select(col(IncidentRow.id), col(IncidentRow.title), came.c.count, done.c.last, col(IncidentRow.private))
        .join(done, done.c.id == IncidentRow.id)
        .join(came, came.c.earlier == IncidentRow.id)
        .where(came.c.last <= done.c.last, *_fits(IncidentRow, scope))
        .order_by(done.c.last, col(IncidentRow.id))
    )
    return [
        Held(incident_id=incident_id, title=title, repeats=count, since=since, private=private)
        for incident_id, title, count, since, private in session.connection().execute(query)
    ]


def _fits(row: Row, scope: Scope) -> list[ColumnElement[bool]]:
    """See ``Scope.fits``."""
    asked = {row.team: scope.team, row.service: scope.service, row.severity: scope.severity}
    return [~col(row.drill), *(col(column) == value for column, value in asked.items() if value is not None)]


def _may_have_ended(row: Row, scope: Scope) -> list[ColumnElement[bool]]:
    """Nothing that is over since before the months had anything end within them."""
    return [or_(col(row.ended_at).is_(None), col(row.ended_at) >= scope.since)]


def _month(at: ColumnElement[int], scope: Scope) -> ColumnElement[str]:
    """The name of the month of a time in seconds."""
    return case(*((at < int(month.end.timestamp()), str(month)) for month in scope.each_month))


def _time(document: Any, field: str) -> ColumnElement[str]:
    return document[field].as_string()  # type: ignore[no-any-return]


def _ranks(by: Any, of: Any, order: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many there are in each group, and which one each is of them."""
    count = func.count().over(partition_by=(by, of))
    return count, func.row_number().over(partition_by=(by, of), order_by=order)
