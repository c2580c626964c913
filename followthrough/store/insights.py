"""The measures of ``domain/answered/insights``, asked of the database; tests hold each against its definition there."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from followthrough.domain.answered.insights.costs import Came, Held, Price, price
from followthrough.domain.answered.insights.insight import MOST_ROWS, Place
from followthrough.domain.answered.insights.measures import (
    GONE,
    OF_ITEMS,
    OUTCOMES,
    Ages,
    Duration,
    Outcome,
    Risk,
    Risks,
    Share,
    Spread,
)
from followthrough.domain.answered.insights.scope import By, Group, Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import AGES
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import OPEN, ActionItem, ItemStatus
from followthrough.store.facts import RepeatRow
from followthrough.store.open_items import ended_after, has_no_answer, is_open, is_private
from followthrough.store.privacy import marked
from followthrough.store.tables import ActionItemRow, IncidentRow
from followthrough.store.times import seconds

Row = type[ActionItemRow] | type[IncidentRow]
_BOTH = (IncidentRow, ActionItemRow)
_ITEM, _INCIDENT = col(ActionItemRow.document), col(IncidentRow.document)
_CLOSED = col(ActionItemRow.status) == ItemStatus.CLOSED


def on_time(session: Session, scope: Scope) -> dict[Group, Share]:
    """See ``measures.on_time``."""
    ended_at = col(ActionItemRow.ended_at)
    month = _month(ended_at, scope).label("month")
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
    proposed_at = col(ActionItemRow.proposed_at)
    known = select(proposed_at, col(ActionItemRow.severity), col(ActionItemRow.team)).where(
        *_fits(ActionItemRow, scope), proposed_at <= scope.now
    )
    open_items = union_all(known.where(is_open()), known.where(ended_after(scope.now))).cte()
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
    began: SQLColumnExpression[Any]
    ended: SQLColumnExpression[Any]
    counts: ColumnElement[bool] = true()


_ASKED = func.coalesce(ActionItemRow.asked_at, ActionItemRow.proposed_at)
_ACCEPTED, _DECLARED = col(ActionItemRow.accepted_at), col(IncidentRow.declared_at)
_SPANS: Mapping[Duration, _Span] = {
    Duration.ACCEPT: _Span(ActionItemRow, _ASKED, _ACCEPTED),
    Duration.PLAN: _Span(ActionItemRow, _ACCEPTED, col(ActionItemRow.planned_at)),
    Duration.CLOSE: _Span(ActionItemRow, _ASKED, col(ActionItemRow.ended_at), _CLOSED),
    Duration.ACKNOWLEDGE: _Span(IncidentRow, _DECLARED, col(IncidentRow.acknowledged_at)),
    Duration.MITIGATE: _Span(IncidentRow, _DECLARED, col(IncidentRow.mitigated_at)),
    Duration.RESOLVE: _Span(IncidentRow, _DECLARED, col(IncidentRow.resolved_at)),
    Duration.PUBLISH: _Span(IncidentRow, col(IncidentRow.resolved_at), col(IncidentRow.published_at)),
}
"""See ``measures.began_and_ended``."""


def spreads(session: Session, what: Duration, scope: Scope) -> dict[Group, Spread]:
    """See ``measures.spreads``."""
    row, began, ended, counts = _SPANS[what]
    gone = true() if what in OF_ITEMS else col(IncidentRow.status).not_in(GONE)
    in_scope = began <= ended, ended >= scope.since, ended <= scope.now
    spans = (
        select(
            col(row.severity).label("severity"),
            col(row.team).label("team"),
            _month(ended, scope).label("month"),
            (seconds(ended) - seconds(began)).label("took"),
        )
        .where(counts, gone, *_fits(row, scope), *in_scope)
        .cte()
    )
    names = (
        (By.ALL, literal(By.ALL.value)),
        (By.MONTH, spans.c.month),
        (By.SEVERITY, spans.c.severity),
        (By.TEAM, spans.c.team),
    )
    grouped = union_all(
        *(select(literal(by.value).label("by"), name.label("of"), spans.c.took) for by, name in names)
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
    """See ``measures.escalated``."""
    told_at, status = col(ActionItemRow.told_at), col(ActionItemRow.status)
    in_months = told_at >= scope.since, told_at <= scope.now
    outcome = case(
        *((status == settled, became) for settled, became in OUTCOMES.items()),
        (and_(status.in_(OPEN), has_no_answer()), Outcome.UNANSWERED),
        else_=Outcome.ANSWERED,
    ).label("outcome")
    level = col(ActionItemRow.escalation_level)
    query = select(level, outcome, func.count()).where(*_fits(ActionItemRow, scope), *in_months)
    found = session.connection().execute(query.group_by(level, "outcome"))
    return {(level, Outcome(became)): count for level, became, count in found}


def accepted_risks(session: Session, scope: Scope, at_most: int = MOST_ROWS, after: Place | None = None) -> Risks:
    """See ``measures.accepted_risks``."""
    until, item_id = col(ActionItemRow.waived_until), col(ActionItemRow.id)
    waived = [col(ActionItemRow.status) == ItemStatus.WAIVED, *_fits(ActionItemRow, scope)]
    ending, further = _ends(after)
    counted = is_private(), until.is_(None), and_(~is_private(), or_(ending, further))
    numbers = (func.coalesce(func.sum(case((is_so, 1), else_=0)), 0) for is_so in counted)
    count, private, good, rest = session.connection().execute(select(func.count(), *numbers).where(*waived)).one()
    about = item_id, col(ActionItemRow.title), col(ActionItemRow.severity), col(ActionItemRow.team)
    items: list[Risk] = []
    for ends in (ending, further):
        first = select(item_id).where(*waived, ends, ~is_private()).order_by(until, item_id).limit(at_most - len(items))
        read = select(*about, _ITEM["waiver"].label("waiver")).where(item_id.in_(first.subquery().select()))
        found = session.connection().execute(read.order_by(until, item_id))
        items += (Risk.model_validate(row, from_attributes=True) for row in found)
    return Risks(items=tuple(items), left=rest - len(items), count=count, private=private, for_good=good)


def _ends(after: Place | None) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Waivers after a place: those that end, and those for good."""
    until, item_id = col(ActionItemRow.waived_until), col(ActionItemRow.id)
    for_good = until.is_(None)
    if after is None:
        return until.is_not(None), for_good
    if after.at is None:
        return false(), and_(for_good, item_id > after.id)
    return or_(until > after.at, and_(until == after.at, item_id > after.id)), for_good


def repeats(session: Session, scope: Scope) -> dict[tuple[str, Came], int]:
    """See ``costs.repeats``."""
    declared_at = col(IncidentRow.declared_at)
    earlier: ColumnElement[str] = col(RepeatRow.incident_id).label("earlier")
    pairs = (
        select(col(IncidentRow.id).label("id"), declared_at.label("declared_at"), earlier)
        .join(RepeatRow, col(RepeatRow.record_id) == IncidentRow.id)
        .where(*_counts(scope), declared_at >= scope.since, declared_at <= scope.now)
        .cte()
    )
    counting = (
        select(col(RepeatRow.incident_id))
        .join(ActionItemRow, col(ActionItemRow.id) == RepeatRow.record_id)
        .where(~col(ActionItemRow.drill), col(RepeatRow.incident_id) == pairs.c.id)
        .correlate(pairs)
        .exists()
    )
    closed_by_then = and_(
        _CLOSED,
        ~col(ActionItemRow.drill),
        col(ActionItemRow.incident_id) == pairs.c.earlier,
        col(ActionItemRow.ended_at) <= pairs.c.declared_at,
    )
    done = select(col(ActionItemRow.id)).where(closed_by_then).correlate(pairs).exists()
    came = case((counting, 2), (done, 1), else_=0)
    each = select(_month(pairs.c.declared_at, scope).label("month"), func.max(came).label("came"))
    one = each.group_by(pairs.c.id, pairs.c.declared_at).subquery()
    query = select(one.c.month, one.c.came, func.count()).group_by(one.c.month, one.c.came)
    said = (Came.WITHOUT, Came.AFTER, Came.BEFORE)
    return {(month, said[came]): count for month, came, count in session.connection().execute(query)}


def prices(session: Session, organisation: Organisation, scope: Scope) -> list[Price]:
    """See ``costs.price``, which is asked about the few that may have cost something."""
    declared_at = col(IncidentRow.declared_at)
    query = (
        select(_INCIDENT, _ITEM)
        .select_from(IncidentRow)
        .join(RepeatRow, col(RepeatRow.incident_id) == IncidentRow.id)
        .join(ActionItemRow, col(ActionItemRow.id) == RepeatRow.record_id)
        .where(
            *_counts(scope),
            ~col(ActionItemRow.drill),
            col(ActionItemRow.late_since) <= declared_at,
            declared_at >= scope.since,
            declared_at <= scope.now,
        )
    )
    incidents: dict[str, Incident] = {}
    items: dict[str, ActionItem] = {}
    for incident, item in session.connection().execute(query):
        if incident["id"] not in incidents:
            incidents[incident["id"]] = Incident.model_validate(incident)
        if item["id"] not in items:
            items[item["id"]] = ActionItem.model_validate(item)
    return price(incidents.values(), marked(session, items.values()), organisation, scope)


def held(session: Session, scope: Scope) -> list[Held]:
    """See ``costs.held``."""
    repeating = aliased(IncidentRow)
    came = (
        select(
            col(RepeatRow.incident_id).label("earlier"),
            func.count().label("count"),
            func.max(repeating.declared_at).label("last"),
        )
        .join(repeating, col(repeating.id) == RepeatRow.record_id)
        .where(~col(repeating.drill), col(repeating.status).not_in(GONE))
        .group_by(col(RepeatRow.incident_id))
        .subquery()
    )
    owed = case((col(ActionItemRow.status).in_((*OPEN, ItemStatus.WAIVED)), 1), else_=0)
    last = func.max(case((_CLOSED, col(ActionItemRow.ended_at))))
    done = (
        select(col(ActionItemRow.incident_id).label("id"), last.label("last"))
        .where(~col(ActionItemRow.drill), col(ActionItemRow.incident_id).in_(select(came.c.earlier)))
        .group_by(col(ActionItemRow.incident_id))
        .having(func.sum(owed) == 0, last >= scope.since, last <= scope.now)
        .subquery()
    )
    query = (
        select(col(IncidentRow.id), col(IncidentRow.title), came.c.count, done.c.last, col(IncidentRow.private))
        .join(done, done.c.id == IncidentRow.id)
        .join(came, came.c.earlier == IncidentRow.id)
        .where(came.c.last <= done.c.last, *_counts(scope))
        .order_by(done.c.last, col(IncidentRow.id))
    )
    found = session.connection().execute(query)
    return [
        Held(incident_id=incident_id, title=title, repeats=count, since=since, private=private)
        for incident_id, title, count, since, private in found
    ]


def recorded(session: Session, column: Literal["team", "service"], name: str) -> bool:
    """Whether any incident or action item is of it; the organisation may have it no more."""
    found = union_all(*(select(literal(1)).where(col(getattr(row, column)) == name) for row in _BOTH)).limit(1)
    return session.connection().scalar(found) is not None


def _fits(row: Row, scope: Scope) -> list[ColumnElement[bool]]:
    """See ``Scope.fits``."""
    asked = {row.team: scope.team, row.service: scope.service, row.severity: scope.severity}
    return [~col(row.drill), *(col(column) == value for column, value in asked.items() if value is not None)]


def _counts(scope: Scope) -> list[ColumnElement[bool]]:
    """Incidents that repeat something, or hold; cancelled and merged ones do neither."""
    return [*_fits(IncidentRow, scope), col(IncidentRow.status).not_in(GONE)]


def _month(at: SQLColumnExpression[Any], scope: Scope) -> ColumnElement[str]:
    """The name of the month of a time."""
    return case(*((at < month.end, str(month)) for month in scope.each_month))


def _ranks(by: Any, of: Any, order: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many there are in each group, and which one each is of them."""
    count = func.count().over(partition_by=(by, of))
    return count, func.row_number().over(partition_by=(by, of), order_by=order)
