"""When Temporal's schedules would fire: the engine's own do not skip time."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from temporalio.client import Schedule, ScheduleCalendarSpec, ScheduleIntervalSpec, ScheduleRange

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = 500
"""Days in which each of them fires."""


def next_after(schedule: Schedule, after: datetime) -> datetime:
    """The first time after that one."""
    zone = ZoneInfo(schedule.spec.time_zone_name or "UTC")
    times = [_of_interval(interval, after) for interval in schedule.spec.intervals]
    times += [_of_calendar(calendar, after, zone) for calendar in schedule.spec.calendars]
    return min(times)


def times_between(schedule: Schedule, first: datetime, last: datetime) -> int:
    """How often it fires."""
    if schedule.spec.intervals:
        return sum((last - first) // interval.every for interval in schedule.spec.intervals)
    number, at = 0, next_after(schedule, first)
    while at <= last:
        number, at = number + 1, next_after(schedule, at)
    return number


def _of_interval(interval: ScheduleIntervalSpec, after: datetime) -> datetime:
    offset = interval.offset or timedelta(0)
    return EPOCH + offset + ((after - EPOCH - offset) // interval.every + 1) * interval.every


def _of_calendar(calendar: ScheduleCalendarSpec, after: datetime, zone: ZoneInfo) -> datetime:
    """With one hour and one minute, as ours have."""
    at = time(calendar.hour[0].start, calendar.minute[0].start)
    day = after.astimezone(zone).date()
    for _ in range(FAR):
        weekday = day.isoweekday() % 7
        if _has(calendar.month, day.month) and _has(calendar.day_of_month, day.day):
            found = datetime.combine(day, at, zone).astimezone(UTC)
            if _has(calendar.day_of_week, weekday) and found > after:
                return found
        day += timedelta(days=1)
    raise ValueError(f"{calendar} has no time in {FAR} days after {after}.")


def _has(ranges: Sequence[ScheduleRange], value: int) -> bool:
    return any(
        one.start <= value <= max(one.end, one.start) and (value - one.start) % max(one.step, 1) == 0 for one in ranges
    )
