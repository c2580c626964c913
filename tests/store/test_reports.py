from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from activities.read_model import ReadModel
from followthrough.domain.answered.report.digest import Month
from followthrough.domain.replayed.incident.incident import Repeat
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Moment, MomentKind
from followthrough.domain.replayed.report.mails import WeeklyMail
from followthrough.domain.replayed.values import EntryKind
from followthrough.store.monthly import read_digest
from followthrough.store.reports import note_teams, team_beginnings
from followthrough.store.weekly import read_weekly_digest
from tests.notices import ORGANISATION, WAIVER
from tests.records import NOW, incident, item

DAY = timedelta(days=1)
MARCH = Month.parse("2026-03")
MAIL = WeeklyMail(person="carla", week="2026-W10", at=NOW)


def escalated(number: int) -> ActionItem:
    moment = Moment(at=NOW - DAY, kind=MomentKind.ESCALATE, level=1, to=("carla", "ana"))
    record = item(number, due_in_days=-3, reminders=[moment], unwritten=[])
    record.note(NOW - DAY, EntryKind.ESCALATION, "Escalated to carla")
    return record


def test_an_escalation_waits_until_a_person_stands_in_the_items_timeline(database: Engine) -> None:
    model = ReadModel(database)
    silent, answered = escalated(1), escalated(2)
    silent.unwritten = [entry for entry in silent.unwritten if entry.author is None]
    answered.note(NOW, EntryKind.NOTE, "We talk about it tomorrow.", "carla")
    for record in (silent, answered):
        model.project_item(record)
    with Session(database) as session:
        weekly = read_weekly_digest(session, MAIL, ORGANISATION)
        monthly = read_digest(session, MARCH, ORGANISATION, MARCH.end)
    assert [decision.item.id for decision in weekly.decisions] == [silent.id]
    assert [late.id for late in weekly.late] == [answered.id]
    assert [one.item.id for one in monthly.unanswered] == [silent.id]


def test_a_team_begins_when_it_is_first_known_or_with_its_first_incident(database: Engine) -> None:
    early = incident(1, declared_at=NOW - 9 * DAY)
    ReadModel(database).project_incident(early)
    for days, teams in ((0, ["payments", "platform"]), (5, ["payments", "platform", "search"])):
        note_teams(database, teams, NOW + days * DAY)
    with Session(database) as session:
        began = team_beginnings(session)
    assert began == {"payments": NOW - 9 * DAY, "platform": NOW, "search": NOW + 5 * DAY}


def test_the_numbers_reach_back_as_far_as_the_trend(database: Engine) -> None:
    model = ReadModel(database)
    for days in (1, 100, 150, 200):
        model.project_item(item(days, status=ItemStatus.CLOSED, ended_at=NOW - days * DAY, due_in_days=-days))
        alike = [Repeat(incident_id="inc-0000000009", because="alike")]
        model.project_incident(incident(days, declared_at=NOW - days * DAY, ended_at=NOW - days * DAY, repeats=alike))
    old = WAIVER.model_copy(update={"until": NOW + DAY})
    model.project_item(item(4, status=ItemStatus.WAIVED, waiver=old, ended_at=NOW - 300 * DAY))
    with Session(database) as session:
        told = read_digest(session, MARCH, ORGANISATION, MARCH.end)
        weekly = read_weekly_digest(session, MAIL, ORGANISATION)
    assert [(month.closed, month.repeats) for month in told.trend] == [(1, 1), (1, 1), (0, 0), (0, 0), (0, 0), (1, 1)]
    assert [decision.item.id for decision in weekly.decisions] == [item(4).id]
    assert [closed.id for closed in weekly.closed] == [item(1).id]
