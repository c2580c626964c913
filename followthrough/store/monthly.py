"""A month, asked of the database; ``domain/answered/report/digest.py`` says what each number and list is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select, union_all
from sqlmodel import Session, col

from followthrough.domain.answered.drill.calendar import Quarter
from followthrough.domain.answered.drill.scorecard import Practice, practices
from followthrough.domain.answered.incident.thanks import kudos_between
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import (
    AGES,
    MOST_LISTED,
    Ages,
    Digest,
    ItemNumbers,
    KudosLine,
    Month,
    MonthNumbers,
    More,
    RepeatLine,
    kudos_line,
    repeat_line,
)
from followthrough.domain.answered.report.escalations import Escalation, last_told
from followthrough.domain.answered.report.load import load_report
from followthrough.domain.answered.report.parts import What
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.values import Severity
from followthrough.store.facts import PartRow, RepeatRow
from followthrough.store.load import cases
from followthrough.store.open_items import ended_after, has_no_answer, is_open, is_private, late_at
from followthrough.store.reports import QUARTER, drill_reports, team_beginnings
from followthrough.store.tables import ActionItemRow, IncidentRow
from followthrough.store.telling import drawn_for_mail

_ITEM, _INCIDENT = col(ActionItemRow.id), col(IncidentRow.id)
_REAL = ~col(ActionItemRow.drill)


def read_digest(
    session: Session, month: Month, organisation: Organisation, now: datetime, at_most: int = MOST_LISTED
) -> Digest:
    """Of the month until its end, or until ``now`` when that is earlier."""
    at = month.last_moment(now)
    policies, present = organisation.policies.load, as_of(organisation, at.date())
    reports = drill_reports(session, since=month.start - QUARTER)
    teams = practices(reports, organisation, Quarter.of(month.start.date()), at, team_beginnings(session))
    severities, trend = _incidents(session, month)
    closed = _closed(session, month)
    waiting = _first(session, at_most, [is_open(), has_no_answer()], *_MOST_URGENT)
    in_month = and_(col(ActionItemRow.ended_at) >= month.start, col(ActionItemRow.ended_at) < month.end)
    waived = _first(session, at_most, [in_month, _WAIVED], col(ActionItemRow.ended_at), _ITEM)
    repeats, kudos = _repeats(session, month, at_most), _kudos(session, month, at_most)
    resolved_at = col(IncidentRow.resolved_at)
    resolved = ~col(IncidentRow.drill), resolved_at >= month.start, resolved_at < month.end
    is_late, ages = _open(session, at)
    on_time, of_month = closed.get(str(month), (0, 0))
    carried = cases(session, at - policies.window, at, present)
    return Digest(
        month=str(month),
        incidents=severities,
        resolved=session.connection().execute(select(func.count()).where(*resolved)).scalar_one(),
        items=ItemNumbers(
            on_time=on_time,
            late=of_month - on_time,
            waived=waived.named + waived.private,
            open=sum(ages.counts),
            overdue=is_late,
        ),
        missed_drills=tuple(team for team in teams if team.practice is Practice.MISSED),
        drills=tuple(report for report in reports if report.started_at in month),
        kudos=kudos.lines,
        overloads=load_report(carried, present, policies.hero_share).overloads,
        trend=tuple(
            MonthNumbers(month=name, on_time=closed.get(name, (0, 0))[0], closed=closed.get(name, (0, 0))[1], **numbers)
            for name, numbers in trend.items()
        ),
        ages=ages,
        unanswered=tuple(Escalation(item=item, moment=told) for item in waiting.lines if (told := last_told(item))),
        waived=waived.lines,
        repeats=repeats.lines,
        unnamed=More(unanswered=waiting.private, waived=waived.private, repeats=repeats.private, kudos=kudos.private),
        left=More(unanswered=waiting.left, waived=waived.left, repeats=repeats.left, kudos=kudos.left),
        drawn=drawn_for_mail(session, organisation, month, now),
    )


class _First(NamedTuple):
    """The first lines of a list, of ``named`` that may be shown and ``private`` that may not."""

    lines: tuple[Any, ...]
    named: int
    private: int

    @property
    def left(self) -> int:
        return self.named - len(self.lines)


_WAIVED = col(ActionItemRow.status) == ItemStatus.WAIVED
_MOST_URGENT = (col(ActionItemRow.told_level).desc(), col(ActionItemRow.told_at), _ITEM)


def _counted(
    session: Session, private: SQLColumnExpression[bool], where: Iterable[ColumnElement[bool]]
) -> tuple[int, int]:
    """How many may be named, and how many may not."""
    secret = func.coalesce(func.sum(case((private, 1), else_=0)), 0)
    total, hidden = session.connection().execute(select(func.count(), secret).where(*where)).one()
    return total - hidden, hidden


def _first(session: Session, at_most: int, where: list[ColumnElement[bool]], *order: Any) -> _First:
    """Of action items."""
    named, private = _counted(session, is_private(), [_REAL, *where])
    first = select(_ITEM).where(_REAL, *where, ~is_private()).order_by(*order).limit(at_most).subquery()
    read = select(col(ActionItemRow.document)).join(first, first.c.id == _ITEM).order_by(*order)
    items = (ActionItem.model_validate(document) for document in session.connection().scalars(read))
    return _First(tuple(item.model_copy(update={"private": False}) for item in items), named, private)


def _repeats_one() -> ColumnElement[bool]:
    record_id = col(RepeatRow.record_id)
    return select(record_id).where(record_id == _INCIDENT).correlate(IncidentRow).exists()


def _incidents(session: Session, month: Month) -> tuple[dict[Severity, int], dict[str, dict[str, int]]]:
    """By severity in the month; and in each month of the trend, with those that repeat an earlier one."""
    months, declared_at = month.trend(), col(IncidentRow.declared_at)
    severities = dict.fromkeys(Severity, 0)
    trend = {str(one): {"declared": 0, "repeats": 0} for one in months}
    repeats = _repeats_one()
    name, severity = _month_of(declared_at, months), col(IncidentRow.severity)
    query = (
        select(name.label("month"), severity, func.count(), func.sum(case((repeats, 1), else_=0)))
        .where(~col(IncidentRow.drill), declared_at >= months[0].start, declared_at < month.end)
        .group_by("month", severity)
    )
    for of, of_severity, declared, repeated in session.connection().execute(query):
        trend[of]["declared"] += declared
        trend[of]["repeats"] += repeated
        if of == str(month):
            severities[Severity(of_severity)] = declared
    return severities, trend


def _closed(session: Session, month: Month) -> dict[str, tuple[int, int]]:
    """How many were closed on time, and how many in all, in each month of the trend that has any."""
    months, ended_at = month.trend(), col(ActionItemRow.ended_at)
    late = func.sum(case((col(ActionItemRow.due) < ended_at, 1), else_=0))
    query = (
        select(_month_of(ended_at, months).label("month"), func.count(), late)
        .where(col(ActionItemRow.status) == ItemStatus.CLOSED, _REAL, ended_at >= months[0].start, ended_at < month.end)
        .group_by("month")
    )
    return {name: (closed - were_late, closed) for name, closed, were_late in session.connection().execute(query)}


def _month_of(at: SQLColumnExpression[Any], months: list[Month]) -> ColumnElement[str]:
    return case(*((at < month.end, str(month)) for month in months))


def _open(session: Session, at: datetime) -> tuple[int, Ages]:
    """How many of those that were open then were late, and how old they were."""
    proposed_at = col(ActionItemRow.proposed_at)
    columns = select(
        _ITEM.label("id"),
        proposed_at.label("proposed_at"),
        case((late_at(at), 1), else_=0).label("late"),
        case((is_private(), 1), else_=0).label("private"),
    ).where(_REAL, proposed_at <= at)
    still = columns.where(is_open())
    since = columns.where(ended_after(at))
    was_open = union_all(still, since).cte()
    ages = [func.sum(case((was_open.c.proposed_at > at - timedelta(days=limit + 1), 1), else_=0)) for limit in AGES]
    whole, late, *up_to = (
        session.connection().execute(select(func.count(), func.sum(was_open.c.late), *ages).select_from(was_open)).one()
    )
    if not whole:
        return 0, Ages(median=0, counts=(0,) * (len(AGES) + 1), oldest=None)
    counts = [more - fewer for fewer, more in zip([0, *up_to], [*up_to, whole], strict=True)]
    youngest_first = select(was_open.c.proposed_at).order_by(was_open.c.proposed_at.desc())
    middle = session.connection().execute(youngest_first.offset((whole - 1) // 2).limit(1)).scalar_one()
    oldest = (
        select(was_open.c.id)
        .where(was_open.c.private == 0)
        .order_by(was_open.c.proposed_at, was_open.c.id)
        .limit(1)
        .scalar_subquery()
    )
    document = session.connection().scalar(select(col(ActionItemRow.document)).where(oldest == _ITEM))
    item = ActionItem.model_validate(document).model_copy(update={"private": False}) if document else None
    return late, Ages(median=(at - middle).days, counts=tuple(counts), oldest=item)


def _repeats(session: Session, month: Month, at_most: int) -> _First:
    declared_at, private = col(IncidentRow.declared_at), col(IncidentRow.private)
    again = _repeats_one()
    where = [~col(IncidentRow.drill), declared_at >= month.start, declared_at < month.end, again]
    named, hidden = _counted(session, private, where)
    read = select(col(IncidentRow.document)).where(*where, ~private).order_by(declared_at, _INCIDENT).limit(at_most)
    incidents = [Incident.model_validate(document) for document in session.connection().scalars(read)]
    counting = select(col(RepeatRow.record_id)).where(col(RepeatRow.incident_id).in_([one.id for one in incidents]))
    items = _first_documents(session, [_REAL, ~is_private(), _ITEM.in_(counting)])
    earlier = {repeat.incident_id for one in incidents for repeat in one.repeats}
    secret = {*session.connection().scalars(select(_INCIDENT).where(private, _INCIDENT.in_(earlier)))}
    lines: tuple[RepeatLine, ...] = tuple(repeat_line(one, items, secret) for one in incidents)
    return _First(lines, named, hidden)


def _first_documents(session: Session, where: list[ColumnElement[bool]]) -> list[ActionItem]:
    """Those that may be named."""
    read = session.connection().scalars(select(col(ActionItemRow.document)).where(*where))
    return [ActionItem.model_validate(document).model_copy(update={"private": False}) for document in read]


def _kudos(session: Session, month: Month, at_most: int) -> _First:
    at, of = col(PartRow.at), col(PartRow.incident_id)
    given: list[ColumnElement[bool]] = [
        *(of == _INCIDENT, ~col(IncidentRow.drill)),
        *(col(PartRow.what) == What.THANKED, at >= month.start, at < month.end),
    ]
    private = col(IncidentRow.private)
    named, hidden = _counted(session, private, given)
    first = select(of).where(*given, ~private).order_by(at, of, col(PartRow.number)).limit(at_most)
    ids = {*session.connection().scalars(first)}
    read = session.connection().scalars(select(col(IncidentRow.document)).where(_INCIDENT.in_(ids)))
    thanked = kudos_between(map(Incident.model_validate, read), month.start, month.end)
    lines: tuple[KudosLine, ...] = tuple(map(kudos_line, thanked[:at_most]))
    return _First(lines, named, hidden)
