"""When a team practises, and which scenario is next."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.calendar import WEEKDAYS, next_working_time
from followthrough.domain.answered.organisation.organisation import Team
from followthrough.domain.answered.organisation.policies import DrillPolicies

LATE_START = timedelta(hours=1)
"""A drill that could not begin within this time of its plan waits for the next working day."""


class Quarter(NamedTuple):
    """``number`` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The one that has this day."""
        return cls(day.year, (day.month + 2) // 3)

    def first_day(self, month: int = 1) -> date:
        """Of the quarter's first, second or third month."""
        return date(self.year, 3 * self.number - 3 + month, 1)

    @property
    def next(self) -> "Quarter":
        """The one after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year} Q{self.number}"


def least_recent(choices: Sequence[str], past: Sequence[str]) -> str:
    """The choice that was not taken for the longest time; ``past`` has the latest last."""
    last_taken = {name: number for number, name in enumerate(past)}
    return min(choices, key=lambda name: last_taken.get(name, -1))


def planned_start(quarter: Quarter, team: Team, policies: DrillPolicies) -> datetime:
    """The date in this quarter, in UTC."""
    first = quarter.first_day(policies.month)
    to_weekday = timedelta(days=(WEEKDAYS.index(policies.weekday) - first.weekday()) % 7)
    day = first + to_weekday + timedelta(weeks=policies.week - 1)
    return next_working_time(datetime.combine(day, time(), ZoneInfo(team.time_zone)), policies.at, team)


def next_start(now: datetime, team: Team, policies: DrillPolicies) -> datetime:
    """When a drill whose date has come begins: now, or on the next working day when now is too late or a day off."""
    return max(now, next_working_time(now - LATE_START, policies.at, team))
