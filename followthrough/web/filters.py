"""Days that lists are filtered by, as their forms send them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Request
from pydantic import BeforeValidator

from followthrough.domain.replayed.times import Day

DayIfAny = Annotated[Day | None, BeforeValidator(lambda given: given or None)]
"""Empty where none is chosen."""


def between(request: Request, since: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    """From the begin of the one day to the end of the other, as they are where the reader is."""
    zone = ZoneInfo(request.state.visitor.zone)
    return _start_of(since, zone), _start_of(until + timedelta(days=1) if until else None, zone)


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone).astimezone(UTC) if day else None
