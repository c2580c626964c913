"""Days that lists are filtered by, as their forms send them."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator

from followthrough.domain.replayed.times import Day

DayIfAny = Annotated[Day | None, BeforeValidator(lambda given: given or None)]
"""Empty where none is chosen."""


def start_of(day: date | None) -> datetime | None:
    """In UTC."""
    return datetime.combine(day, time(), UTC) if day else None
