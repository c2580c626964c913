from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followthrough.domain.answered.organisation.calendar import (
    add_working_days,
    after_wait,
    is_working_day,
    working_time,
)
from followthrough.domain.answered.organisation.file_types import Weekday
from followthrough.domain.answered.organisation.organisation import Holidays, Team

MADRID = Team(
    name="Payments",
    lead="ana",
    time_zone="Europe/Madrid",
    holidays=Holidays(country="ES", subdivision="MD", days=(date(2026, 12, 24),)),
)
CAIRO = Team(
    name="Support",
    lead="ana",
    time_zone="Africa/Cairo",
    working_days=(Weekday.SUN, Weekday.MON, Weekday.TUE),
)
APIA = Team(name="Island", lead="ana", time_zone="Pacific/Apia")
LORD_HOWE = Team(name="Half an hour of summer time", lead="ana", time_zone="Australia/Lord_Howe")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "days", "deadline"),
    [
        ("2026-03-03T09:00+01:00", 3, "2026-03-06T17:00+01:00"),
        ("2026-03-06T23:30+01:00", 1, "2026-03-09T17:00+01:00"),
        ("2026-03-06T23:30+00:00", 1, "2026-03-09T17:00+01:00"),  # already Saturday in Madrid
        ("2026-03-27T09:00+01:00", 1, "2026-03-30T17:00+02:00"),  # summer time begins in between
        ("2026-10-23T09:00+02:00", 1, "2026-10-26T17:00+01:00"),  # and ends
        ("2026-04-01T09:00+02:00", 1, "2026-04-06T17:00+02:00"),  # Maundy Thursday and Good Friday
        ("2026-04-30T09:00+02:00", 1, "2026-05-04T17:00+02:00"),  # Labour Day; Madrid's own 2 May is a Saturday
        ("2026-12-23T09:00+01:00", 1, "2026-12-28T17:00+01:00"),  # the team's own day, Christmas, a weekend
        ("2026-03-03T09:00+01:00", 0, "2026-03-03T17:00+01:00"),
        ("2026-03-03T17:01+01:00", 0, "2026-03-04T17:00+01:00"),
        ("2026-03-07T09:00+01:00", 0, "2026-03-09T17:00+01:00"),
        ("2026-03-09T09:00+01:00", -1, "2026-03-06T17:00+01:00"),
        ("2026-03-30T17:00+02:00", -5, "2026-03-23T17:00+01:00"),
    ],
)
def test_a_deadline_is_at_five_on_a_working_day_of_the_team(moment: str, days: int, deadline: str) -> None:
    assert add_working_days(at(moment), days, MADRID) == at(deadline)


@given(
    minutes=st.integers(0, 20 * 365 * 24 * 60),
    days=st.integers(-90, 90),
    team=st.sampled_from([MADRID, CAIRO, APIA]),
)
def test_counting_is_exact_and_ordered(minutes: int, days: int, team: Team) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    zone = ZoneInfo(team.time_zone)
    deadline = add_working_days(moment, days, team)
    local = deadline.astimezone(zone)
    assert (local.hour, local.minute) == (17, 0)
    assert is_working_day(local.date(), team)
    assert deadline.utcoffset() == UTC.utcoffset(None)
    first, last = sorted([moment.astimezone(zone).date().toordinal(), local.date().toordinal()])
    between = sum(is_working_day(date.fromordinal(day), team) for day in range(first, last + 1))
    start_counts = is_working_day(moment.astimezone(zone).date(), team)
    if days:
        assert between - start_counts == abs(days)
    assert (deadline >= moment) if days >= 0 else (deadline < moment)
    assert add_working_days(moment, days + 1, team) >= deadline


@pytest.mark.parametrize(
    ("since", "wait", "ends"),
    [
        ("2026-03-27T17:00+01:00", timedelta(days=3), "2026-03-30T17:00+02:00"),  # summer time begins in between
        ("2026-10-23T17:00+02:00", timedelta(days=3), "2026-10-26T17:00+01:00"),  # and ends
        ("2026-03-06T17:00+01:00", timedelta(days=1), "2026-03-09T09:00+01:00"),  # a Saturday
        ("2026-03-31T17:00+02:00", timedelta(days=2), "2026-04-06T09:00+02:00"),  # Maundy Thursday
        ("2026-03-03T16:00+01:00", timedelta(hours=4), "2026-03-04T09:00+01:00"),
        ("2026-03-03T17:00+01:00", timedelta(hours=15), "2026-03-04T09:00+01:00"),
        ("2026-03-03T09:00+01:00", timedelta(minutes=30), "2026-03-03T09:30+01:00"),
    ],
)
def test_a_wait_ends_in_working_time_by_the_teams_clocks(since: str, wait: timedelta, ends: str) -> None:
    assert after_wait(at(since), wait, MADRID) == at(ends)


@given(
    minutes=st.integers(0, 20 * 365 * 24 * 60),
    wait=st.integers(1, 20 * 24 * 60),
    team=st.sampled_from([MADRID, CAIRO, APIA, LORD_HOWE]),
)
def test_waits_end_in_working_time_and_never_before_they_began(minutes: int, wait: int, team: Team) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ends = after_wait(since, timedelta(minutes=wait), team)
    local = ends.astimezone(ZoneInfo(team.time_zone))
    assert is_working_day(local.date(), team)
    assert 9 * 60 <= local.hour * 60 + local.minute <= 17 * 60
    assert working_time(ends, team) == ends >= since
    assert after_wait(since, timedelta(minutes=wait + 1), team) >= ends
    assert working_time(since, team) <= ends
