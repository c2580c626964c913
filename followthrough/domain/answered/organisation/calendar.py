"""Working days of a team."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays, list_supported_countries

from followthrough.domain.answered.organisation.file_types import Weekday
from followthrough.domain.answered.organisation.organisation import Team

START_OF_WORKING_DAY, END_OF_WORKING_DAY = time(9), time(17)
WEEKDAYS = tuple(Weekday)
ONE_DAY = timedelta(days=1)
FIRST_ZONE = "Pacific/Kiritimati"
"""Where each day of the world begins; its clocks never change."""
ANY_YEAR = 2026
"""In each of which a country's regions differ, if they do."""


def is_working_day(day: date, team: Team) -> bool:
    """Neither a weekend, a public holiday nor one of the team's own days off."""
    own = team.holidays
    return (
        WEEKDAYS[day.weekday()] in team.working_days
        and day not in own.days
        and (own.country is None or day not in _public_holidays(own.country, own.subdivision, day.year))
    )


def end_of_working_day(day: date, time_zone: str) -> datetime:
    """What a day means as a deadline, whoever names it: 17:00 where the team is, in UTC.

    The last day of all means the one before: both are out of reach, and west of Greenwich the last ends after all.
    """
    return datetime.combine(min(day, date.max - ONE_DAY), END_OF_WORKING_DAY, ZoneInfo(time_zone)).astimezone(UTC)


def add_working_days(moment: datetime, days: int, team: Team) -> datetime:
    """17:00 in the team's time zone on the ``days``-th working day after the moment's day, in UTC.

    Negative ``days`` count back from that day; zero is the first 17:00 of a working day that is not before the moment.
    """
    zone = ZoneInfo(team.time_zone)
    local = moment.astimezone(zone)
    day = local.date()
    if days == 0:
        if local.time() > END_OF_WORKING_DAY:
            day += ONE_DAY
        while not is_working_day(day, team):
            day += ONE_DAY
    step = ONE_DAY if days > 0 else -ONE_DAY
    left = abs(days)
    while left:
        day += step
        left -= is_working_day(day, team)
    return end_of_working_day(day, team.time_zone)


def next_working_time(moment: datetime, at: time, team: Team) -> datetime:
    """The first ``at`` in the team's time zone, on a working day, that is after the moment; in UTC."""
    zone = ZoneInfo(team.time_zone)
    day = moment.astimezone(zone).date()
    while not is_working_day(day, team) or datetime.combine(day, at, zone) <= moment:
        day += ONE_DAY
    return datetime.combine(day, at, zone).astimezone(UTC)


def working_time(moment: datetime, team: Team) -> datetime:
    """The moment, when it is from 9:00 to 17:00 on a working day of the team, or else the next such 9:00.

    To the minute: what is planned for 17:00 comes a little after it.
    """
    local = moment.astimezone(ZoneInfo(team.time_zone))
    minute = local.time().replace(second=0, microsecond=0)
    if is_working_day(local.date(), team) and START_OF_WORKING_DAY <= minute <= END_OF_WORKING_DAY:
        return moment
    return next_working_time(moment, START_OF_WORKING_DAY, team)


def after_wait(since: datetime, wait: timedelta, team: Team) -> datetime:
    """A wait later by the team's clocks, so that days are days when they change; then, in its working time."""
    ends = (since.astimezone(ZoneInfo(team.time_zone)) + wait).astimezone(UTC)
    return working_time(max(since, ends), team)


@lru_cache(maxsize=1024)
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(country_holidays(country, subdiv=subdivision, years=year))


@lru_cache(maxsize=64)
def regions_with_holidays(country: str | None) -> tuple[str, ...]:
    """Every region of a country some of whose regions have holidays that not all of it has; else none."""
    if country is None:
        return ()
    regions = tuple(list_supported_countries()[country])
    everywhere = _public_holidays(country, None, ANY_YEAR)
    return regions if any(_public_holidays(country, region, ANY_YEAR) != everywhere for region in regions) else ()
