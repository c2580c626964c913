"""A manager's week, asked of the database; ``domain/answered/report/weekly.py`` says what it is."""

import json
from collections import Counter
from collections.abc import Sized
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, true, union_all
from sqlmodel import Session, col

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.digest import MOST_LISTED
from followthrough.domain.answered.report.escalations import last_told
from followthrough.domain.answered.report.weekly import (
    LISTS,
    WEEK,
    Decision,
    Left,
    Wanted,
    WeeklyDigest,
)
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.domain.replayed.values import PersonId
from followthrough.store.open_items import has_no_answer, is_open, is_private, late_at
from followthrough.store.tables import ActionItemRow

_STATUS, _DUE = col(ActionItemRow.status), col(ActionItemRow.due)


class _Listed(NamedTuple):
    id: str
    place: str


def read_weekly_digest(
    session: Session, mail: WeeklyMail, organisation: Organisation, at_most: int = MOST_LISTED
) -> WeeklyDigest:
    """As the mail says; ``organisation`` is that of its day."""
    listed, totals, private = _listed(session, mail, organisation, at_most)
    ids = [one.id for one in listed]
    read = select(col(ActionItemRow.document)).where(col(ActionItemRow.id).in_(ids))
    found = {item.id: item for item in map(ActionItem.model_validate, session.connection().scalars(read))}
    lists: dict[str, list[ActionItem]] = {name: [] for name in LISTS}
    decisions = []
    for one in listed:
        item = found[one.id].model_copy(update={"private": False})
        if one.place in lists:
            lists[one.place].append(item)
        else:
            told = last_told(item) if one.place == Wanted.ESCALATION else None
            since, level = (told.at, told.level) if told else (None, 0)
            decisions.append(Decision(wanted=Wanted(one.place), item=item, since=since, level=level))
    shown: dict[str, Sized] = {**lists, "decisions": decisions}
    left = {name: totals[name] - len(lines) for name, lines in shown.items()}
    return WeeklyDigest(
        person=mail.person,
        week=mail.week,
        at=mail.at,
        decisions=tuple(decisions),
        late=tuple(lists["late"]),
        coming=tuple(lists["coming"]),
        blocked=tuple(lists["blocked"]),
        closed=tuple(lists["closed"]),
        private=private,
        left=Left.model_validate(left),
    )


def _listed(
    session: Session, mail: WeeklyMail, organisation: Organisation, at_most: int
) -> tuple[list[_Listed], Counter[str], int]:
    """The first of each list, how many each has, and how many are private."""
    urgencies = list(Wanted)
    placed = union_all(*_placed(mail, organisation)).cte()
    named = case(*((placed.c.place == name, name) for name in LISTS), else_="decisions")
    urgency = case(*((placed.c.place == wanted, urgencies.index(wanted)) for wanted in urgencies), else_=0)
    escalated = placed.c.place == Wanted.ESCALATION
    order = (
        urgency,
        case((escalated, -placed.c.told_level), else_=0),
        case((escalated, placed.c.told_at)),
        case((escalated, ""), else_=placed.c.severity),
        case((escalated, None), else_=func.coalesce(placed.c.due, mail.at)),
        placed.c.id,
    )
    group = (named, placed.c.private)
    of_all = select(
        named.label("name"),
        placed.c.place,
        placed.c.id,
        placed.c.private,
        func.count().over(partition_by=group).label("total"),
        func.row_number().over(partition_by=group, order_by=order).label("rank"),
    )
    ranked = of_all.where(placed.c.place.is_not(None)).subquery()
    query = select(ranked).where(ranked.c.rank <= at_most).order_by(ranked.c.rank)
    listed, totals, private = [], Counter[str](), 0
    for row in session.connection().execute(query):
        if not row.private:
            totals[row.name] = row.total
            listed.append(_Listed(row.id, row.place))
        elif row.rank == 1:
            private += row.total
    return listed, totals, private


def _placed(mail: WeeklyMail, organisation: Organisation) -> list[Select[Any]]:
    """What the reader has a say in of what is open, waived and closed, each with where it is listed."""
    person, now = mail.person, mail.at
    reads, leads = _reads(person, organisation), _leads(person, organisation)
    asked = col(ActionItemRow.told_to).contains(json.dumps(person), autoescape=True)
    escalated = and_(has_no_answer(), asked, col(ActionItemRow.owner) != person)
    blocked_before = now - organisation.policies.weekly.blocked_for
    place = case(
        (escalated, Wanted.ESCALATION.value),
        (and_(col(ActionItemRow.wants_owner), leads), Wanted.OWNER.value),
        (col(ActionItemRow.wants_time), Wanted.EXTENSION.value),
        (and_(_STATUS == ItemStatus.DONE, col(ActionItemRow.shown_by) != person), Wanted.VERIFICATION.value),
        (late_at(now), "late"),
        (and_(now + WEEK > _DUE, _STATUS != ItemStatus.DONE), "coming"),
        (col(ActionItemRow.blocked_since) < blocked_before, "blocked"),
    )
    waived = _STATUS == ItemStatus.WAIVED, col(ActionItemRow.waived_until) <= now + WEEK
    closed = _STATUS == ItemStatus.CLOSED, col(ActionItemRow.ended_at) > now - WEEK
    return [
        _columns(place).where(is_open(), or_(escalated, reads)),
        _columns(literal(Wanted.WAIVER.value)).where(*waived, reads),
        _columns(literal("closed")).where(*closed, reads),
    ]


def _columns(place: ColumnElement[Any]) -> Select[Any]:
    return select(
        col(ActionItemRow.id).label("id"),
        place.label("place"),
        col(ActionItemRow.severity).label("severity"),
        _DUE.label("due"),
        col(ActionItemRow.told_level).label("told_level"),
        col(ActionItemRow.told_at).label("told_at"),
        case((is_private(), 1), else_=0).label("private"),
    ).where(~col(ActionItemRow.drill))


def _reads(person: PersonId, organisation: Organisation) -> ColumnElement[bool]:
    """See ``weekly.readers``."""
    owner, leads = col(ActionItemRow.owner), _leads(person, organisation)
    managed = [one for one in organisation.people if organisation.managers(one)[:1] == (person,)]
    alone = set(organisation.managers(person)[:1]) <= {person}
    of_others = and_(owner != person, or_(leads, owner.in_(managed)))
    return or_(of_others, and_(owner == person, leads)) if alone else of_others


def _leads(person: PersonId, organisation: Organisation) -> ColumnElement[bool]:
    """See ``Organisation.team``."""
    team, service = col(ActionItemRow.team), col(ActionItemRow.service)
    led = [name for name, one in organisation.teams.items() if one.lead == person]
    theirs = [name for name, one in organisation.services.items() if one.team in led]
    elsewhere = [
        name for name, one in organisation.services.items() if one.team not in led and one.team in organisation.teams
    ]
    of_first = true() if next(iter(organisation.teams), None) in led else service.in_(theirs)
    otherwise = and_(team.not_in(list(organisation.teams)), service.not_in(elsewhere), of_first)
    return or_(team.in_(led), otherwise)
