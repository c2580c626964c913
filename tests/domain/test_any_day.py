"""The rules about time on each day on which calendars matter, at each hour, where teams are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from pydantic import HttpUrl

from followthrough.domain.answered.drill.calendar import Quarter, next_start, planned_start
from followthrough.domain.answered.incident.schedule import plan_incident
from followthrough.domain.answered.item.schedule import plan_item
from followthrough.domain.answered.mail.times import gather_time, quiet_until
from followthrough.domain.answered.organisation.calendar import is_working_day
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.answered.postmortem.anonymous import batch_of
from followthrough.domain.answered.report.digest import Month
from followthrough.domain.answered.report.weekly import weekly_mails
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.incident.commands import Resolve
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.item.commands import Accept, Finish
from followthrough.domain.replayed.item.moments import pass_moment
from followthrough.domain.replayed.values import Severity
from tests import records
from tests.days import FAR, HOME, days
from tests.example import EXAMPLE

ZONES = (HOME, FAR, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Santiago"))
"""The latter have summer in January; one changes its clocks by half an hour, the other at midnight."""
DAYS = days(datetime(2026, 3, 2, tzinfo=UTC), ZONES)
TIMES = (time(0), time(2, 30), time(9, 59), time(17), time(17, 1), time(23, 59))
A_FEW = 2
"""So many of them a day when tests are quick, in turn."""
DAY = timedelta(days=1)


def in_zone(zone: ZoneInfo) -> Organisation:
    """The example, all of it in one zone."""
    plain = EXAMPLE.model_dump()
    for settled in (*plain["people"].values(), *plain["teams"].values()):
        settled["time_zone"] = zone.key
    plain["policies"]["digest"]["time_zone"] = zone.key
    return Organisation.model_validate(plain)


ORGANISATIONS = [in_zone(zone) for zone in ZONES]


@pytest.fixture(params=list(DAYS.values()), ids=list(DAYS))
def day(request: pytest.FixtureRequest) -> date:
    found: date = request.param
    return found


@pytest.fixture(params=ORGANISATIONS, ids=[zone.key.partition("/")[2] for zone in ZONES])
def organised(request: pytest.FixtureRequest) -> Organisation:
    found: Organisation = request.param
    return found


def moments(day: date, zone: str) -> Iterator[datetime]:
    quick = settings().max_examples < settings.get_profile("usual").max_examples
    start, number = (day.toordinal() * A_FEW % len(TIMES), A_FEW) if quick else (0, len(TIMES))
    for at in islice(cycle(TIMES), start, start + number):
        yield datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def is_deadline(at: datetime, team: Team) -> bool:
    local = at.astimezone(ZoneInfo(team.time_zone))
    return local.time() == time(17) and is_working_day(local.date(), team)


def lived(item: ActionItem, organisation: Organisation, now: datetime) -> list[datetime]:
    """When something came, in the first sixty days of an item that nobody touches."""
    came, until = [], now + 60 * DAY
    while now < until:
        item.plan = plan_item(item, organisation, now)
        moment = item.plan.next
        assert moment is not None
        assert moment.at >= now
        if moment.at <= now:
            pass_moment(item, moment, now)
            came.append(now)
        now = moment.at
    return came


def test_deadlines_reminders_and_escalations(day: date, organised: Organisation) -> None:
    team = organised.teams["payments"]
    for now in moments(day, team.time_zone):
        proposed, accepted, done = (
            records.item(owner="ines", proposed_at=now, plan=None, status="proposed", severity=Severity.SEV1)
            for _ in range(3)
        )
        for item in (proposed, accepted, done):
            item.plan = plan_item(item, organised, now)
            assert now < item.plan.accept_by < item.plan.due
            assert is_deadline(item.plan.accept_by, team)
            assert is_deadline(item.plan.due, team)
        for item in (accepted, done):
            Accept(by="ines").apply(item, now)
        Finish(by="ines", evidence=HttpUrl("https://example.com/changes/1")).apply(done, now)
        for item in (proposed, accepted, done):
            came = [at.astimezone(ZoneInfo(team.time_zone)) for at in lived(item, organised, now)]
            assert 3 <= len(came) <= 30
            assert all(is_working_day(at.date(), team) and time(9) <= at.time() <= time(17) for at in came)
            assert all(later > earlier for earlier, later in pairwise(came))


def test_postmortems(day: date, organised: Organisation) -> None:
    team = organised.teams["payments"]
    for now in moments(day, team.time_zone):
        incident = records.incident(declared_at=now, severity=Severity.SEV1)
        Resolve(by="ines", summary="Rolled back").apply(incident, now)
        plan = plan_incident(incident, organised, now)
        assert plan.postmortem_due is not None
        assert now < plan.postmortem_due < now + 21 * DAY
        assert is_deadline(plan.postmortem_due, team)


def test_sprints_and_lists(day: date, organised: Organisation) -> None:
    for name, team in organised.teams.items():
        zone = ZoneInfo(team.time_zone)
        for now in moments(day, team.time_zone):
            plans = list(islice(coming_plans(name, organised, now), 4))
            assert plans[0].starts_at > now
            assert plans[0].first_day <= now.astimezone(zone).date() + 14 * DAY
            for plan, following in pairwise(plans):
                assert plan.digest_at <= plan.planning_at < plan.starts_at < plan.ends_at == following.planning_at
                assert following.first_day - plan.first_day == 14 * DAY
                for at in (plan.digest_at, plan.planning_at):
                    assert at.astimezone(zone).time() == time(10)
                    assert is_working_day(at.astimezone(zone).date(), team)


def test_drills(day: date, organised: Organisation) -> None:
    for team in organised.teams.values():
        policies, zone = organised.drill_policies(team), ZoneInfo(team.time_zone)
        planned = planned_start(Quarter.of(day), team, policies)
        assert Quarter.of(planned.astimezone(zone).date()) == Quarter.of(day)
        for now in moments(day, team.time_zone):
            start = next_start(now, team, policies)
            assert now <= start <= now + 7 * DAY
            assert is_working_day(start.astimezone(zone).date(), team)


def test_mails_and_digests(day: date, organised: Organisation) -> None:
    for now in moments(day, organised.people["ines"].time_zone):
        month = Month.before(now)
        assert month.end <= now < (month.end + 31 * DAY).replace(day=1)
        assert (len(month.trend()), now in month) == (6, False)
        sent = weekly_mails(organised, now)
        assert {mail.person for mail in sent} == {"nora", "marcos", "grace"}
        for mail in sent:
            assert (mail.at.weekday(), mail.at.time()) == (0, time(8))
            assert mail.at.isocalendar()[:2] == now.astimezone(ZoneInfo("Pacific/Kiritimati")).isocalendar()[:2]
        for person, known in organised.people.items():
            zone = ZoneInfo(known.time_zone)
            gathered = gather_time(now, person, organised)
            assert now < gathered <= now + 7 * DAY
            assert gathered.astimezone(zone).time() == time(8, 30)
            quiet = quiet_until(now, person, organised)
            assert quiet is None or (now < quiet < now + DAY and quiet.astimezone(zone).time() == time(7))


def test_rotas_and_anonymous_notes(day: date, organised: Organisation) -> None:
    service = organised.services["card-payments"]
    team = organised.teams[service.team]
    zone = ZoneInfo(team.time_zone)
    turns = {now: on_call(service, team, now) for now in moments(day, team.time_zone)}
    assert all(set(turn) == set(service.on_call) for turn in turns.values())
    changes = [now.astimezone(zone).time() for now, after in turns.items() if after != turns[min(turns)]]
    assert not changes or (day.weekday() == 0 and min(changes) >= time(9))
    for now in turns:
        batch = batch_of(now, organised.policies.anonymous, team)
        assert now < batch <= now + 7 * DAY
        assert batch.astimezone(zone).time() == organised.policies.anonymous.at
