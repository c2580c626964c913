"""Times and days that come in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from followthrough.domain.answered.organisation.calendar import end_of_working_day
from followthrough.domain.replayed.incident.incident import Alert, AlertState
from followthrough.domain.replayed.times import Day, Duration, MachineTime, Time, clamped_day, duration

ANY_TIME = st.datetimes(timezones=st.timezones() | st.just(UTC), allow_imaginary=False)
EVERY_ZONE = tuple(map(ZoneInfo, sorted(available_timezones())))


@given(ANY_TIME)
def test_a_machines_time_fits_into_every_zone(at: datetime) -> None:
    taken: datetime = TypeAdapter(MachineTime).validate_python(at)
    assert all(taken.astimezone(zone) for zone in EVERY_ZONE)
    assert taken == at or not 2000 <= at.year <= 2199


@given(st.dates())
def test_a_clamped_day_is_one_that_people_may_say(day: date) -> None:
    assert TypeAdapter(Day).validate_python(clamped_day(day))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"])
def test_people_are_told_which_years_there_are(at: str) -> None:
    with pytest.raises(ValidationError, match="the year has to be from 2000 to 2199"):
        TypeAdapter(Time).validate_python(at)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_end_of_a_day_out_of_reach_is_refused_in_the_same_words_wherever_a_team_is(day: date) -> None:
    for zone in EVERY_ZONE:
        with pytest.raises(ValidationError, match="the year has to be from 2000 to 2199"):
            TypeAdapter(Time).validate_python(end_of_working_day(day, zone.key))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_alert_is_taken_whatever_its_clock_says(at: str) -> None:
    alert = Alert.model_validate(
        {"dedup_key": "generic/x", "source": "A pager", "state": AlertState.FIRING, "title": "Down", "at": at}
    )
    assert alert.at + timedelta(days=366) > alert.at


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ("1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z"),
        ("2000-06-01T00:00:00Z", "2000-06-01T00:00:00Z"),
        ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59Z"),
        ("2200-01-01T00:00:00Z", "2199-12-31T00:00:00Z"),
    ],
)
def test_a_machines_time_out_of_reach_is_the_nearest_within(said: str, nearest: str) -> None:
    assert TypeAdapter(MachineTime).validate_python(said) == datetime.fromisoformat(nearest)
    assert clamped_day(date.fromisoformat(said[:10])) == date.fromisoformat(nearest[:10])


@pytest.mark.parametrize("at", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_people_may_say_any_time_of_the_first_and_of_the_last_year(at: str) -> None:
    assert TypeAdapter(Time).validate_python(at) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("30m", timedelta(minutes=30)),
        ("4h", timedelta(hours=4)),
        ("2 days", timedelta(days=2)),
        ("3660 days", timedelta(days=3660)),
        (timedelta(minutes=5), timedelta(minutes=5)),
    ],
)
def test_a_duration_is_taken_as_people_write_it(said: Any, meant: timedelta) -> None:
    assert TypeAdapter(Duration).validate_python(said) == meant
    assert duration(TypeAdapter(Duration).dump_python(meant)) == meant


@pytest.mark.parametrize("said", ["soon", "90", 90, None, "3661 days", "-3661 days"])
def test_what_is_no_duration_or_leads_out_of_the_calendar_is_refused_in_words(said: Any) -> None:
    sentence = f"{said!r} is not a duration; write it like 30m, 4h or 2 days, up to ten years"
    with pytest.raises(ValueError, match=sentence) as refused:
        duration(said)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("said", ["0m", "-1h"])
def test_a_duration_takes_time(said: str) -> None:
    with pytest.raises(ValidationError, match="greater than"):
        TypeAdapter(Duration).validate_python(said)
