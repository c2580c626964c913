from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.drill.calendar import Quarter, least_recent, next_start, planned_start
from followthrough.domain.answered.drill.scorecard import Practice, practices
from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.organisation.calendar import is_working_day
from followthrough.domain.answered.organisation.file_types import Weekday
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.organisation.policies import DrillPolicies
from followthrough.domain.replayed.drill.drill import (
    DrillOutcome,
    DrillPlan,
    DrillReport,
    DrillResult,
    Scenario,
    Score,
    improvements,
    minutes,
    report,
)
from followthrough.domain.replayed.incident.incident import (
    Audience,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    IncidentStatus,
    Role,
    RoleHolder,
    SentUpdate,
    UpdateStage,
)
from followthrough.domain.replayed.item.action_item import Moment, MomentKind
from followthrough.domain.replayed.values import Severity
from tests.records import NOW, incident, item

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ROLES = (Role.INCIDENT_COMMANDER, Role.RESOLVER)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
zones = st.sampled_from(("Europe/Madrid", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"))
policies = st.builds(
    DrillPolicies,
    month=st.integers(1, 3),
    week=st.integers(1, 3),
    weekday=st.sampled_from(Weekday),
    at=st.sampled_from(("07:00", "10:00", "16:00")),
)


def team(zone: str) -> Team:
    return Team(name="Payments", lead="ana", time_zone=zone)


@given(dates)
def test_a_day_is_in_its_quarter(day: date) -> None:
    quarter = Quarter.of(day)
    assert 1 <= quarter.number <= 4
    assert quarter.first_day() <= day <= quarter.first_day(3) + timedelta(days=30)
    assert Quarter.of(quarter.first_day()) == Quarter.of(quarter.first_day(3)) == quarter
    assert Quarter.of(quarter.first_day() - timedelta(days=1)) != quarter


@given(dates, zones, policies)
def test_the_date_is_a_working_day_of_its_quarter_at_the_policys_time(
    day: date, zone: str, rules: DrillPolicies
) -> None:
    local = planned_start(Quarter.of(day), team(zone), rules).astimezone(ZoneInfo(zone))
    assert Quarter.of(local.date()) == Quarter.of(day)
    assert is_working_day(local.date(), team(zone))
    assert local.time() == rules.at
    if rules.weekday not in (Weekday.SAT, Weekday.SUN):
        assert (tuple(Weekday)[local.weekday()], (local.day - 1) // 7 + 1) == (rules.weekday, rules.week)


@given(moments, zones, policies)
def test_a_drill_starts_soon_after_its_date_and_only_in_working_hours(
    now: datetime, zone: str, rules: DrillPolicies
) -> None:
    start = next_start(now, team(zone), rules)
    local = start.astimezone(ZoneInfo(zone))
    due = datetime.combine(local.date(), rules.at, ZoneInfo(zone))
    assert now <= start <= now + timedelta(days=4)
    assert is_working_day(local.date(), team(zone))
    assert due <= start <= due + timedelta(hours=1)


@given(st.lists(st.sampled_from("abc"), max_size=20), st.sets(st.sampled_from("abcd"), min_size=2))
def test_no_choice_comes_twice_in_a_row_and_new_ones_come_first(past: list[str], choices: set[str]) -> None:
    chosen = least_recent(sorted(choices), past)
    assert chosen in choices
    assert chosen != (past[-1] if past else None)
    if unused := choices - set(past):
        assert chosen in unused


def result(**changes: Any) -> DrillResult:
    values = {
        "incident_id": "inc-0000000001",
        "team": "payments",
        "service": "checkout",
        "scenario": "bad-deploy",
        "title": "Errors rise",
        "severity": Severity.SEV2,
        "started_at": NOW,
        "outcome": DrillOutcome.RESOLVED,
        "acknowledged_after": 5 * MINUTE,
        "resolved_after": 40 * MINUTE,
        "roles": Score(expected=ROLES, met=ROLES),
        "updates": Score(expected=(Audience.INTERNAL,), met=()),
    }
    return DrillResult.model_validate(values | changes)


def scores(expected: tuple[str, ...]) -> st.SearchStrategy[Score]:
    return st.builds(Score, expected=st.just(expected), met=st.sets(st.sampled_from(expected)).map(tuple))


results = st.builds(
    result,
    outcome=st.sampled_from(DrillOutcome),
    acknowledged_after=st.none() | st.timedeltas(timedelta(0), timedelta(hours=2)),
    roles=scores(ROLES),
    updates=scores((Audience.INTERNAL, Audience.CUSTOMERS)),
)


@given(results, results)
def test_a_measure_improves_in_one_direction_only(one: DrillResult, other: DrillResult) -> None:
    def measure(sentence: str) -> str:
        return next(word for word in ("cknowledged", "roles", "audiences", "Resolved") if word in sentence)

    assert list(improvements(one, one)) == []
    better, worse = ({measure(sentence) for sentence in improvements(*pair)} for pair in ((one, other), (other, one)))
    assert not better & worse


def test_improvements_are_said_with_both_numbers() -> None:
    before = result(acknowledged_after=None, outcome=DrillOutcome.TIME_OVER, roles=Score(expected=ROLES, met=ROLES[:1]))
    assert list(improvements(result(), before)) == [
        "Acknowledged after 5 min; last time nobody did.",
        "2 of 2 roles were filled; last time 1 of 2.",
        "Resolved in time; last time the time ran out.",
    ]


@pytest.mark.parametrize(
    ("one", "before", "said"),
    [
        ({"acknowledged_after": 4 * MINUTE}, {}, ["Acknowledged after 4 min; last time it took 5 min."]),
        ({"acknowledged_after": 5 * MINUTE - timedelta(seconds=1)}, {}, []),
        ({"acknowledged_after": None}, {}, []),
        ({"acknowledged_after": None}, {"acknowledged_after": None}, []),
        ({"outcome": DrillOutcome.CANCELLED}, {"outcome": DrillOutcome.TIME_OVER}, []),
        ({"outcome": DrillOutcome.RESOLVED}, {"outcome": DrillOutcome.CANCELLED}, []),
        ({"roles": Score(expected=(), met=())}, {}, []),
        (
            {"roles": Score(expected=(), met=())},
            {"roles": Score(expected=ROLES, met=ROLES[:1])},
            ["0 of 0 roles were filled; last time 1 of 2."],
        ),
    ],
)
def test_only_what_is_better_by_a_minute_or_a_part_is_an_improvement(
    one: dict[str, Any], before: dict[str, Any], said: list[str]
) -> None:
    assert list(improvements(result(**one), result(**before))) == said


def test_minutes_count_once_they_have_begun() -> None:
    assert [minutes(taken) for taken in (None, 0 * MINUTE, MINUTE, 61 * timedelta(seconds=1))] == [None, 0, 1, 2]


LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
BEGAN = {"payments": LONG_AGO, "platform": LONG_AGO}


@given(st.lists(st.tuples(st.sampled_from(("payments", "platform", "gone")), moments), max_size=8), moments, dates)
def test_a_team_is_done_in_the_quarter_in_which_it_practised(
    organisation: Organisation, practised: list[tuple[str, datetime]], at: datetime, day: date
) -> None:
    quarter = Quarter.of(day if day.year % 2 else at.date())
    found = practices([result(team=name, started_at=on) for name, on in practised], organisation, quarter, at, BEGAN)
    assert [one.team for one in found] == list(organisation.teams)
    for one in found:
        zone = ZoneInfo(organisation.teams[one.team].time_zone)
        local = [on.astimezone(zone).date() for name, on in practised if name == one.team and on <= at]
        assert (one.practice is Practice.DONE) == (quarter in [Quarter.of(day) for day in local])
        if one.practice is not Practice.DONE:
            assert (one.practice is Practice.MISSED) == (at > one.planned_at + timedelta(hours=2))


@pytest.mark.parametrize(
    ("began", "practice", "planned"),
    [
        ({}, Practice.PLANNED, date(2027, 2, 9)),
        ({"payments": datetime(2026, 11, 25, tzinfo=UTC)}, Practice.PLANNED, date(2027, 2, 9)),
        ({"payments": datetime(2026, 11, 2, tzinfo=UTC)}, Practice.MISSED, date(2026, 11, 10)),
    ],
)
def test_a_team_misses_no_drill_of_the_time_before_it_began(
    organisation: Organisation, began: dict[str, datetime], practice: Practice, planned: date
) -> None:
    payments, _ = practices([], organisation, Quarter(2026, 4), datetime(2026, 11, 26, tzinfo=UTC), began)
    assert (payments.practice, payments.planned_at.date()) == (practice, planned)


def test_a_cancelled_drill_does_not_count_and_a_team_without_drills_misses_none(organisation: Organisation) -> None:
    off = organisation.teams["platform"].model_copy(update={"drills": DrillPolicies(enabled=False)})
    organisation = organisation.model_copy(update={"teams": {**organisation.teams, "platform": off}})
    cancelled = result(outcome=DrillOutcome.CANCELLED)
    (only,) = practices([cancelled], organisation, Quarter(2026, 1), datetime(2026, 3, 31, tzinfo=UTC), BEGAN)
    assert (only.team, only.practice, only.quarter) == ("payments", Practice.MISSED, "2026 Q1")


def test_a_drill_and_its_action_items_end_by_themselves_and_remind_nobody(organisation: Organisation) -> None:
    quiet = {**organisation.severities, Severity.SEV2: organisation.severities[Severity.SEV4]}
    organisation = organisation.model_copy(update={"severities": quiet})
    ongoing = plan_incident(practised(status=IncidentStatus.DECLARED, resolved_at=None), organisation, NOW)
    resolved = plan_incident(practised(), organisation, NOW + 50 * MINUTE)
    accepted = plan_item(item(drill=True), organisation, NOW)
    assert (ongoing.next, resolved.next, accepted.next) == (
        IncidentMoment(at=NOW + 120 * MINUTE, kind=IncidentMomentKind.DRILL_TIME_OVER, to=("ines",)),
        IncidentMoment(at=NOW + DAY + 50 * MINUTE, kind=IncidentMomentKind.NO_POSTMORTEM_OWED, to=("ines",)),
        Moment(at=NOW + DAY, kind=MomentKind.DRILL_OVER, to=("ana",)),
    )


def test_after_a_drill_neither_postmortem_nor_update_is_owed(organisation: Organisation) -> None:
    plan = plan_incident(practised(severity=Severity.SEV1), organisation, NOW + 50 * MINUTE)
    assert (plan.postmortem_due, plan.assignment) == (None, None)
    assert plan.next
    assert plan.next.kind is IncidentMomentKind.NO_POSTMORTEM_OWED


def holder(role: Role, person: str, minutes: int | None) -> RoleHolder:
    return RoleHolder(
        role=role, person=person, at=NOW, acknowledged_at=None if minutes is None else NOW + minutes * MINUTE
    )


def practised(**changes: Any) -> Incident:
    values: dict[str, Any] = {"drill": True, "declared_at": NOW, "resolved_at": NOW + 50 * MINUTE}
    return incident(**values | {"status": IncidentStatus.RESOLVED} | changes)


PLAN = DrillPlan(
    scenario_name="bad-deploy",
    scenario=Scenario.model_validate(
        {
            "title": "Errors rise",
            "story": "After a deploy.",
            "severity": "SEV2",
            "expected": {"roles": ROLES, "updates": ["customers", "internal"], "questions": ["Why?"]},
        }
    ),
    service="checkout",
    starts_at=NOW,
    acknowledge_within=15 * MINUTE,
    to=("ana",),
    previous=result(acknowledged_after=30 * MINUTE),
)


def test_a_report_measures_and_says_what_to_practise() -> None:
    sent = SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.CUSTOMERS, text="x", by="ben", at=NOW)
    missed = IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_MISSED, subject=Audience.CUSTOMERS)
    drilled = report(
        practised(
            roles=[holder(Role.INCIDENT_COMMANDER, "ana", 20), holder(Role.RESOLVER, "ben", None)],
            updates=[sent, sent.model_copy(update={"audience": Audience.INTERNAL})],
            moments=[missed],
        ),
        PLAN,
    )
    assert (drilled.acknowledged_after, drilled.resolved_after) == (20 * MINUTE, 50 * MINUTE)
    assert (drilled.roles.met, drilled.updates.met) == ((Role.INCIDENT_COMMANDER,), (Audience.INTERNAL,))
    assert drilled.outcome is DrillOutcome.RESOLVED
    assert drilled.improved == (
        "Acknowledged after 20 min; last time it took 30 min.",
        "1 of 2 audiences heard in time; last time 0 of 1.",
    )
    assert drilled.to_practise == (
        "Acknowledge sooner: it took 20 min, and SEV2 asks for 15 min.",
        "Fill every role early: nobody acknowledged Resolver.",
        "Tell people in time: customers heard nothing, or too late.",
    )
    assert drilled.questions == ("Why?",)


def test_a_report_of_a_drill_in_which_nothing_was_missing_has_only_what_was_measured() -> None:
    sent = SentUpdate(stage=UpdateStage.IDENTIFIED, audience=Audience.INTERNAL, text="x", by="ben", at=NOW)
    commands, fixes = holder(Role.INCIDENT_COMMANDER, "ana", 15), holder(Role.RESOLVER, "ben", 16)
    record = practised(
        title="Practice: errors rise",
        severity=Severity.SEV3,
        service="search",
        team="platform",
        roles=[fixes, commands],
        updates=[sent, sent.model_copy(update={"audience": Audience.CUSTOMERS})],
        moments=[IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_DUE, subject=Audience.CUSTOMERS)],
    )
    audiences = (Audience.CUSTOMERS, Audience.INTERNAL)
    assert report(record, PLAN.model_copy(update={"previous": None})) == DrillReport(
        incident_id=record.id,
        team="platform",
        service="search",
        scenario="bad-deploy",
        title="Practice: errors rise",
        severity=Severity.SEV3,
        started_at=NOW,
        outcome=DrillOutcome.RESOLVED,
        acknowledged_after=15 * MINUTE,
        resolved_after=50 * MINUTE,
        roles=Score(expected=ROLES, met=ROLES),
        updates=Score(expected=audiences, met=audiences),
        improved=(),
        to_practise=(),
        questions=("Why?",),
    )


def test_a_report_of_a_drill_in_which_nobody_did_anything_says_what_to_do() -> None:
    over = IncidentMoment(at=NOW, kind=IncidentMomentKind.DRILL_TIME_OVER)
    drilled = report(practised(resolved_at=None, moments=[over]), PLAN)
    assert (drilled.acknowledged_after, drilled.resolved_after, drilled.improved) == (None, None, ())
    assert drilled.to_practise == (
        "Acknowledge: nobody said that they have it. Check that the page reaches who is on call.",
        "Fill every role early: nobody acknowledged Incident Commander, Resolver.",
        "Tell people in time: customers, internal heard nothing, or too late.",
        "Come to an end: the time ran out before anybody declared it resolved.",
    )


def test_who_handed_a_role_over_had_acknowledged_it() -> None:
    drilled = report(
        practised(
            past_roles=[holder(Role.INCIDENT_COMMANDER, "ana", 3)],
            roles=[holder(Role.INCIDENT_COMMANDER, "ben", None), holder(Role.RESOLVER, "carla", 9)],
        ),
        PLAN,
    )
    assert drilled.acknowledged_after == 3 * MINUTE
    assert drilled.roles.missing == ()


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": IncidentStatus.CANCELLED}, DrillOutcome.CANCELLED),
        ({"status": IncidentStatus.MERGED}, DrillOutcome.CANCELLED),
        ({"moments": [IncidentMoment(at=NOW, kind=IncidentMomentKind.UPDATE_DUE)]}, DrillOutcome.RESOLVED),
        (
            {"moments": [IncidentMoment(at=NOW, kind=IncidentMomentKind.DRILL_TIME_OVER)]},
            DrillOutcome.TIME_OVER,
        ),
    ],
)
def test_a_drill_can_end_without_being_resolved_by_people(changes: dict[str, Any], outcome: DrillOutcome) -> None:
    assert report(practised(**changes), PLAN).outcome is outcome
