"""What a month brought: the content of the monthly mail."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from followthrough.domain.action_item import ActionItem, ItemStatus
from followthrough.domain.departures import as_of
from followthrough.domain.drill import DrillReport, Practice, Quarter, TeamPractice, practices
from followthrough.domain.incident import Incident, Kudos
from followthrough.domain.kudos import kudos_between
from followthrough.domain.load import Overload, load_report
from followthrough.domain.values import Message, Severity
from followthrough.organisation import Organisation


class Month(NamedTuple):
    """A calendar month in UTC: from ``start`` until before ``end``."""

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, name: str) -> "Month":
        """Of a name like ``2026-11``. Raises ValueError for any other."""
        if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", name):
            raise ValueError(f"{name!r} is not a month; write it like 2026-11.")
        start = datetime(int(name[:4]), int(name[5:]), 1, tzinfo=UTC)
        return cls(start, (start + timedelta(days=31)).replace(day=1))

    @classmethod
    def before(cls, at: datetime) -> "Month":
        """The last one that was over at ``at``."""
        end = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls((end - timedelta(days=1)).replace(day=1), end)

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.start <= at < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m}"


class ItemNumbers(Message):
    """``on_time`` and ``late`` were closed in the month; ``overdue`` are those of ``open`` past their deadline."""

    on_time: int
    late: int
    waived: int
    open: int
    overdue: int


class KudosLine(Kudos):
    """Kudos, and the incident they belong to."""

    incident_id: str
    title: str


class Digest(Message):
    """Nothing of drills is in the numbers. ``missed_drills`` are teams that did not practise in the quarter."""

    month: str
    incidents: dict[Severity, int]
    resolved: int
    items: ItemNumbers
    missed_drills: tuple[TeamPractice, ...]
    drills: tuple[DrillReport, ...]
    kudos: tuple[KudosLine, ...]
    overloads: tuple[Overload, ...]


def digest(
    month: Month,
    incidents: Sequence[Incident],
    items: Sequence[ActionItem],
    reports: Sequence[DrillReport],
    organisation: Organisation,
    now: datetime,
) -> Digest:
    """Of the month until its end, or until ``now`` when that is earlier. Records of other months may be given too."""
    at = min(now, month.end - timedelta(seconds=1))
    real = [incident for incident in incidents if not incident.drill]
    declared = Counter(incident.severity for incident in real if incident.declared_at in month)
    policies = organisation.policies.load
    recent = [incident for incident in real if at - policies.window < incident.declared_at <= at]
    teams = practices(reports, organisation, Quarter.of(month.start.date()), at)
    return Digest(
        month=str(month),
        incidents={severity: declared[severity] for severity in Severity},
        resolved=sum(incident.resolved_at in month for incident in real),
        items=_numbers(month, [item for item in items if not item.drill], at),
        missed_drills=tuple(team for team in teams if team.practice is Practice.MISSED),
        drills=tuple(report for report in reports if report.started_at in month),
        kudos=tuple(
            KudosLine(**dict(kudos), incident_id=incident.id, title=incident.title)
            for incident, kudos in kudos_between(incidents, month.start, month.end)
        ),
        overloads=load_report(recent, items, as_of(organisation, at.date()), policies.hero_share).overloads,
    )


def _numbers(month: Month, items: Sequence[ActionItem], at: datetime) -> ItemNumbers:
    closed = [item for item in items if item.status is ItemStatus.CLOSED and item.ended_at in month]
    late = sum(_overdue(item, item.ended_at) for item in closed if item.ended_at)
    is_open = [item for item in items if item.proposed_at <= at and (item.ended_at is None or item.ended_at > at)]
    return ItemNumbers(
        on_time=len(closed) - late,
        late=late,
        waived=sum(item.status is ItemStatus.WAIVED and item.ended_at in month for item in items),
        open=len(is_open),
        overdue=sum(_overdue(item, at) for item in is_open),
    )


def _overdue(item: ActionItem, at: datetime) -> bool:
    due = item.plan.due if item.plan else item.due
    return due is not None and due < at
