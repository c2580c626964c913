from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.calendar import FIRST_ZONE
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import DigestPolicies
from followthrough.domain.answered.report.digest import Digest, Month, More, digest, monthly_due
from followthrough.domain.replayed.incident.incident import Incident, Kudos, Repeat, Role, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Moment, MomentKind
from followthrough.domain.replayed.values import Severity
from followthrough.mail.render import render_digest
from tests.notices import DRILL, ORGANISATION, PUBLIC_URL, WAIVER
from tests.records import NOW, incident, item

MARCH = Month.parse("2026-03")
DAY = timedelta(days=1)


def march(organisation: Organisation, **records: Any) -> Digest:
    began = dict.fromkeys(organisation.teams, MARCH.trend()[0].start)
    given: dict[str, Any] = {"incidents": [], "items": [], "reports": [], "answers": {}, "now": MARCH.end}
    return digest(MARCH, organisation=organisation, **given | {"began": began} | records)


def test_what_is_private_is_counted_and_not_named(organisation: Organisation) -> None:
    secret: dict[str, Any] = {"title": "Zanzibar", "private": True}
    kudos = [Kudos(by="ana", to=("ben",), text="Zanzibar was quick", at=NOW)]
    repeats = [Repeat(incident_id="inc-0000000009", because="the same")]
    escalation = Moment(at=NOW, kind=MomentKind.ESCALATE, level=2, to=("carla",))
    told = march(
        organisation,
        incidents=[incident(1, **secret, kudos=kudos, repeats=repeats)],
        items=[
            item(1, **secret, reminders=[escalation]),
            item(2, **secret, status=ItemStatus.WAIVED, waiver=WAIVER, ended_at=NOW + DAY),
            item(3, proposed_at=NOW + DAY),
        ],
    )
    assert (told.incidents[Severity.SEV2], told.items.open, told.items.waived) == (1, 2, 1)
    assert told.unnamed == More(unanswered=1, waived=1, repeats=1, kudos=1)
    assert told.ages.oldest is not None
    assert told.ages.oldest.id == item(3).id
    mail = render_digest(told, organisation, PUBLIC_URL)
    assert "Zanzibar" not in told.model_dump_json() + mail.text
    assert mail.text.count("1 private one") == 4


def closed(number: int, days: int, *, due: int = 10) -> ActionItem:
    return item(number, due_in_days=due, status=ItemStatus.CLOSED, ended_at=NOW + days * DAY)


@given(st.datetimes(datetime(1000, 2, 1), datetime(2900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_month_before_is_over_and_ended_where_this_one_begins(at: datetime) -> None:
    month = Month.before(at)
    assert month.start < month.end <= at
    assert (month.end.year, month.end.month) == (at.year, at.month)
    assert month.end - timedelta(microseconds=1) in month
    assert month.end not in month
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026-1", "march", "2026-03-01", "0999-01"])
def test_what_is_no_month_is_said(name: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-11"):
        Month.parse(name)


def test_it_counts_the_months_incidents_and_items_without_drills(organisation: Organisation) -> None:
    told = march(
        organisation,
        incidents=[
            incident(1, severity=Severity.SEV1),
            incident(2, resolved_at=NOW + DAY),
            incident(3, drill=True, resolved_at=NOW + DAY),
            incident(4, declared_at=NOW - 10 * DAY, resolved_at=NOW),
            incident(5, declared_at=MARCH.end, resolved_at=MARCH.end),
        ],
        items=[
            closed(1, 9),
            closed(2, 11),
            closed(3, 40),
            item(4, status=ItemStatus.WAIVED, ended_at=NOW + DAY),
            item(5, due_in_days=100),
            item(6, status=ItemStatus.WAIVED, ended_at=NOW, drill=True),
            item(7, proposed_at=MARCH.end + DAY),
            closed(8, -3),
        ],
    )
    assert told.month == "2026-03"
    assert told.incidents == {Severity.SEV1: 1, Severity.SEV2: 1, Severity.SEV3: 0, Severity.SEV4: 0}
    assert told.resolved == 2
    assert told.items.model_dump() == {"on_time": 1, "late": 1, "waived": 1, "open": 2, "overdue": 1}


def test_it_names_teams_that_missed_their_drill_and_thanks_people(organisation: Organisation) -> None:
    kudos = Kudos(by="marcos", to=("ines",), text="You said early that you had no idea.", for_openness=True, at=NOW)
    drill = DRILL.model_copy(update={"started_at": NOW + DAY})
    told = march(organisation, incidents=[incident(kudos=[kudos])], reports=[drill])
    assert [(team.team, team.quarter) for team in told.missed_drills] == [("platform", "2026 Q1")]
    assert told.drills == (drill,)
    (thanks,) = told.kudos
    assert (thanks.to, thanks.title, thanks.incident_id) == (("ines",), "Payments fail", incident().id)
    earlier = march(organisation, now=datetime(2026, 2, 1, tzinfo=UTC))
    assert earlier.missed_drills == (), "its date is in February's second week"


def test_it_warns_of_who_carried_much_in_the_policys_window(organisation: Organisation) -> None:
    def led(days_ago: int) -> Incident:
        at = MARCH.end - days_ago * DAY + timedelta(hours=12)
        return incident(declared_at=at, roles=[RoleHolder(role=Role.INCIDENT_COMMANDER, person="ines", at=at)])

    (overload,) = march(organisation, incidents=[led(1), led(40), led(80), led(120)]).overloads
    assert (overload.person, overload.count, overload.total) == ("ines", 3, 3)


def test_the_trend_ends_with_the_month_and_counts_each_item_in_the_month_it_was_closed(
    organisation: Organisation,
) -> None:
    told = march(
        organisation,
        incidents=[incident(1, repeats=[Repeat(incident_id="inc-0000000009", because="alike")]), incident(2)],
        items=[closed(1, 1), closed(2, 20), closed(3, -40), closed(4, -400)],
    )
    assert [month.month for month in told.trend] == ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]
    assert [(month.on_time, month.closed) for month in told.trend[2:]] == [(0, 0), (1, 1), (0, 0), (1, 2)]
    assert [(month.repeats, month.declared) for month in told.trend[-2:]] == [(0, 0), (1, 2)]
    assert told.items.on_time + told.items.late == told.trend[-1].closed


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(list(ItemStatus)), st.integers(0, 60)), max_size=20))
def test_ages_and_shares_add_up(items: list[tuple[int, ItemStatus, int]]) -> None:
    def made(number: int, age: int, status: ItemStatus, ended: int) -> ActionItem:
        over = status in (ItemStatus.CLOSED, ItemStatus.WAIVED)
        return item(
            number,
            proposed_at=MARCH.end - age * DAY,
            status=status,
            ended_at=MARCH.end - ended * DAY if over else None,
        )

    told = march(ORGANISATION, items=[made(number, *fields) for number, fields in enumerate(items)])
    assert sum(told.ages.counts) == told.items.open
    assert (told.ages.oldest is None) == (told.items.open == 0)
    if told.ages.oldest:
        assert told.ages.median <= (MARCH.end - told.ages.oldest.proposed_at).days
    assert all(0 <= month.on_time <= month.closed for month in told.trend)
    assert len(told.waived) == told.items.waived


def test_an_escalation_is_listed_until_a_person_does_something(organisation: Organisation) -> None:
    def escalated(number: int, level: int, **changes: Any) -> ActionItem:
        moment = Moment(at=NOW + number * DAY, kind=MomentKind.ESCALATE, level=level, to=("carla", "ana"))
        return item(number, due_in_days=-9, reminders=[moment], **changes)

    items = [
        escalated(1, 1),
        escalated(2, 3),
        escalated(3, 1, status=ItemStatus.CLOSED, ended_at=NOW),
        escalated(4, 1, drill=True),
        escalated(5, 1),
        item(6, due_in_days=-9),
    ]
    answers = {items[0].id: NOW, items[4].id: NOW + 6 * DAY}
    told = march(organisation, items=items, answers=answers).unanswered
    assert [(one.item.id[-1], one.moment.level) for one in told] == [("2", 3), ("1", 1)]


def test_it_tells_what_was_waived_and_what_the_repeats_are_counted_against(organisation: Organisation) -> None:
    again = incident(2, repeats=[Repeat(incident_id=incident(1).id, because="alike")])
    waived = item(1, status=ItemStatus.WAIVED, waiver=WAIVER, ended_at=NOW, repeats=[again.id])
    told = march(organisation, incidents=[incident(1), again], items=[waived, item(2)])
    assert [one.id for one in told.waived] == [waived.id]
    (repeat,) = told.repeats
    assert (repeat.incident_id, repeat.earlier, repeat.items) == (again.id, (incident(1).id,), (waived.title,))


def _first_zone_day(year: int, month: int, day: int) -> datetime:
    """When its schedule fires for that day."""
    return datetime(year, month, day, tzinfo=ZoneInfo(FIRST_ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "fires", "due"),
    [
        ("Europe/Madrid", (2027, 3, 28), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("Europe/Madrid", (2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/Madrid", (2026, 6, 1), datetime(2026, 6, 1, 0, 30, tzinfo=UTC)),
        ("America/New_York", (2027, 3, 14), datetime(2027, 3, 14, 7, 30, tzinfo=UTC)),
        ("Pacific/Pago_Pago", (2026, 1, 1), datetime(2026, 1, 1, 13, 30, tzinfo=UTC)),
        ("Asia/Tokyo", (2026, 1, 1), datetime(2025, 12, 31, 17, 30, tzinfo=UTC)),
    ],
    ids=["left out", "twice", "usual", "left out elsewhere", "where the day begins last", "before UTC"],
)
def test_a_monthly_digest_comes_once_also_when_clocks_change(
    zone: str, fires: tuple[int, int, int], due: datetime
) -> None:
    policies = DigestPolicies(day=fires[2], at=time(2, 30), time_zone=zone)
    assert monthly_due(_first_zone_day(*fires), policies) == due
    late = due + timedelta(days=2)
    assert monthly_due(late, policies) == late, "one that was missed, or is asked for by hand, comes at once"


def test_the_schedule_of_a_monthly_digest_is_where_clocks_never_change() -> None:
    offsets = {datetime(2026, month, 1, tzinfo=ZoneInfo(FIRST_ZONE)).utcoffset() for month in range(1, 13)}
    assert len(offsets) == 1
