"""Times, days and durations that come in, kept where every calendar and time zone can hold them.

People's entrances refuse others in words, machines' entrances clamp them. What makes sense around now is for the
command that takes the time; the bounds here never change, so that what lies in a history is always read again.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pytimeparse2 import parse as parse_duration

FIRST_YEAR, LAST_YEAR = 2000, 2199

DateT = TypeVar("DateT", bound=date)


def _within(at: DateT) -> DateT:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"{at} is out of reach; the year has to be from {FIRST_YEAR} to {LAST_YEAR}")
    return at


def clamped(at: datetime) -> datetime:
    """The nearest that is within reach."""
    if at.year < FIRST_YEAR:
        return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    return at if at.year <= LAST_YEAR else datetime(LAST_YEAR, 12, 31, tzinfo=UTC)


def clamped_day(day: date) -> date:
    """The nearest that is within reach."""
    return min(max(day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))


Time = Annotated[AwareDatetime, AfterValidator(_within)]
"""What people, and files of theirs, may say."""
Day = Annotated[date, AfterValidator(_within)]
MachineTime = Annotated[AwareDatetime, AfterValidator(clamped)]
"""What a vendor says: an alert is not lost for its clock."""

YEAR = timedelta(days=366)
LONG_AGO, FAR_AWAY, LONGEST_WAIVER = 5 * YEAR, 3 * YEAR, 10 * YEAR
"""How far from now what people say may be: what happened, an extension or a block, and a waiver."""

LONGEST = timedelta(days=3660)
"""Of the file's durations: they are counted from moments, which they must not lead out of the calendar."""


def duration(value: Any) -> Any:
    """What ``30m``, ``4h`` or ``2 days`` means. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    seconds = parse_duration(value) if isinstance(value, str) and not value.isdecimal() else None
    if seconds is None or abs(seconds) > LONGEST.total_seconds():
        raise ValueError(f"{value!r} is not a duration; write it like 30m, 4h or 2 days, up to ten years")
    return timedelta(seconds=float(seconds))


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    Field(gt=timedelta(0)),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["30m", "4h", "2 days"]}),
]
