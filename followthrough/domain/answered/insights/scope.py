"""What is asked about: which incidents and action items, over which months."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.answered.report.digest import TREND, Month
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Message, Severity

MOST_MONTHS = 24


class By(StrEnum):
    """How records are counted together."""

    ALL = "all"
    MONTH = "month"
    SEVERITY = "severity"
    TEAM = "team"


Group = tuple[By, str]
"""Such as ``(By.MONTH, "2026-11")``; ``of`` all, the name is ``all``, too."""


class Scope(Message):
    """None is for any; of ``months`` the last is that of ``now``."""

    now: AwareDatetime
    months: int = TREND
    team: str | None = None
    service: str | None = None
    severity: Severity | None = None

    @property
    def each_month(self) -> list[Month]:
        """The earliest first."""
        return Month.parse(f"{self.now:%Y-%m}").trend(self.months)

    @property
    def since(self) -> datetime:
        """Where the first month begins."""
        return self.each_month[0].start

    def fits(self, record: Incident | ActionItem) -> bool:
        """Whether it is asked about; drills never are."""
        wanted = ((self.team, record.team), (self.service, record.service), (self.severity, record.severity))
        return not record.drill and all(asked is None or asked == is_so for asked, is_so in wanted)

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.since <= at <= self.now

    def groups(self, record: Incident | ActionItem, at: datetime) -> Iterator[Group]:
        """Those in which something counts that was so of the record then."""
        yield By.ALL, By.ALL.value
        yield By.MONTH, f"{at:%Y-%m}"
        yield By.SEVERITY, record.severity.value
        yield By.TEAM, record.team
