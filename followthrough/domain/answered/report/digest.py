"""What a month brought: the content of the monthly mail."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from followthrough.domain.answered.access.privacy import not_private
from followthrough.domain.answered.drill.calendar import Quarter
from followthrough.domain.answered.drill.scorecard import Practice, TeamPractice, practices
from followthrough.domain.answered.incident.thanks import GivenKudos, kudos_between
from followthrough.domain.answered.insights.insight import Drawn
from followthrough.domain.answered.organisation.calendar import FIRST_ZONE, ONE_DAY
from followthrough.domain.answered.organisation.departures import as_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import DigestPolicies
from followthrough.domain.answered.report.escalations import Escalation, unanswered
from followthrough.domain.answered.report.load import Overload, cases, load_report
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.incident import Incident, Kudos
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.values import Message, Severity, TeamId

TREND = 6
"""Months, the last of them the digest's."""
MOST_LISTED = 50
"""Lines in each list of a digest; what is beyond is counted."""
AGES = (30, 90, 180)
"""Days of age up to which open action items are counted together."""


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

    def last_moment(self, now: datetime) -> datetime:
        """Of it, or ``now`` while it goes on."""
        return min(now.astimezone(UTC), self.end - timedelta(seconds=1))

    def trend(self, length: int = TREND) -> list["Month"]:
        """It and those before it, the earliest first."""
        months = [self]
        while len(months) < length:
            months.insert(0, Month.before(months[0].start))
        return months

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.start <= at < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m}"


def monthly_due(asked_at: datetime, policies: DigestPolicies) -> datetime:
    """When a digest that is asked for is sent: at once, but not before the latest of its days, at its time there.

    That day may have begun only elsewhere. A time that is left out when clocks change is an hour later, one that comes
    twice the first.
    """
    begun = asked_at.astimezone(ZoneInfo(FIRST_ZONE)).date()
    month = begun if begun.day >= policies.day else begun.replace(day=1) - ONE_DAY
    due = datetime.combine(month.replace(day=policies.day), policies.at, ZoneInfo(policies.time_zone))
    return max(asked_at, due.astimezone(UTC))


class ItemNumbers(Message):
    """``on_time`` and ``late`` were closed in the month; ``overdue`` are those of ``open`` past their deadline."""

    on_time: int
    late: int
    waived: int
    open: int
    overdue: int


class MonthNumbers(Message):
    """One point of the trend: action items ``closed``, ``on_time`` of them, and incidents that were ``repeats``."""

    month: str
    on_time: int
    closed: int
    declared: int
    repeats: int


class Ages(Message):
    """How long open action items have been open, in days. ``counts`` go up to each of ``AGES``, the last beyond."""

    median: int
    counts: tuple[int, ...]
    oldest: ActionItem | None


class RepeatLine(Message):
    """An incident that looks like ``earlier`` ones, whose ``items`` were open or waived when it was declared."""

    incident_id: str
    title: str
    earlier: tuple[str, ...]
    items: tuple[str, ...]


class KudosLine(Kudos):
    """Kudos, and the incident they belong to."""

    incident_id: str
    title: str


class More(Message):
    """How many more there are in each list than it has lines."""

    unanswered: int = 0
    waived: int = 0
    repeats: int = 0
    kudos: int = 0


class Digest(Message):
    """Nothing of drills is in the numbers. ``missed_drills`` are teams that did not practise in the quarter.

    What is private is counted, and in no list. Of each list there are the first.
    """

    month: str
    incidents: dict[Severity, int]
    resolved: int
    items: ItemNumbers
    missed_drills: tuple[TeamPractice, ...]
    drills: tuple[DrillReport, ...]
    kudos: tuple[KudosLine, ...]
    overloads: tuple[Overload, ...]
    trend: tuple[MonthNumbers, ...]
    ages: Ages
    unanswered: tuple[Escalation, ...]
    """As things are now, whichever month it is."""
    waived: tuple[ActionItem, ...]
    repeats: tuple[RepeatLine, ...]
    unnamed: More = More()
    """Of private incidents."""
    left: More = More()
    """Beyond the first."""
    drawn: tuple[Drawn, ...] = ()
    """Over months, as insights have it."""


ListedT = TypeVar("ListedT")


def digest(
    month: Month,
    incidents: Sequence[Incident],
    items: Sequence[ActionItem],
    reports: Sequence[DrillReport],
    began: Mapping[TeamId, datetime],
    answers: Mapping[str, datetime],
    organisation: Organisation,
    now: datetime,
    at_most: int = MOST_LISTED,
) -> Digest:
    """Of the month until its end, or until ``now`` when that is earlier. Records of other months may be given too.

    ``answers`` are those of ``escalations.unanswered``. ``store/monthly.py`` says the same in SQL.
    """
    at = month.last_moment(now)
    real = [incident for incident in incidents if not incident.drill]
    owed = [item for item in items if not item.drill]
    declared = Counter(incident.severity for incident in real if incident.declared_at in month)
    policies, present = organisation.policies.load, as_of(organisation, at.date())
    recent = [incident for incident in real if at - policies.window <= incident.declared_at <= at]
    teams = practices(reports, organisation, Quarter.of(month.start.date()), at, began)
    waiting = _cut(unanswered(owed, answers), lambda one: one.item.private, at_most)
    waived = (item for item in owed if item.status is ItemStatus.WAIVED and item.ended_at in month)
    risks = _cut(sorted(waived, key=lambda item: (item.ended_at, item.id)), lambda item: item.private, at_most)
    repeats = (incident for incident in real if incident.repeats and incident.declared_at in month)
    again = _cut(sorted(repeats, key=lambda one: (one.declared_at, one.id)), lambda one: one.private, at_most)
    kudos = _cut(kudos_between(incidents, month.start, month.end), lambda given: given.incident.private, at_most)
    secret = {incident.id for incident in incidents if incident.private}
    return Digest(
        month=str(month),
        incidents={severity: declared[severity] for severity in Severity},
        resolved=sum(incident.resolved_at in month for incident in real),
        items=_numbers(month, owed, at),
        missed_drills=tuple(team for team in teams if team.practice is Practice.MISSED),
        drills=tuple(report for report in reports if report.started_at in month),
        kudos=tuple(map(kudos_line, kudos.first)),
        overloads=load_report(cases(recent, items, present), present, policies.hero_share).overloads,
        trend=tuple(_trend(past, real, owed) for past in month.trend()),
        ages=_ages(owed, at),
        unanswered=waiting.first,
        waived=risks.first,
        repeats=tuple(repeat_line(incident, owed, secret) for incident in again.first),
        unnamed=More(unanswered=waiting.private, waived=risks.private, repeats=again.private, kudos=kudos.private),
        left=More(unanswered=waiting.left, waived=risks.left, repeats=again.left, kudos=kudos.left),
    )


class _Cut(NamedTuple, Generic[ListedT]):
    """The first of a list that may be named, how many more of them there are, and how many are private."""

    first: tuple[ListedT, ...]
    left: int
    private: int


def _cut(found: Iterable[ListedT], is_private: Callable[[ListedT], bool], at_most: int) -> _Cut[ListedT]:
    listed = list(found)
    named = [one for one in listed if not is_private(one)]
    return _Cut(tuple(named[:at_most]), max(len(named) - at_most, 0), len(listed) - len(named))


def kudos_line(given: GivenKudos) -> KudosLine:
    """As the digest has it."""
    kudos, incident = given.kudos, given.incident
    return KudosLine(
        by=kudos.by,
        to=kudos.to,
        text=kudos.text,
        for_openness=kudos.for_openness,
        at=kudos.at,
        incident_id=incident.id,
        title=incident.title,
    )


def _numbers(month: Month, items: Sequence[ActionItem], at: datetime) -> ItemNumbers:
    on_time, closed = _closed(month, items)
    is_open = [item for item in items if open_at(item, at)]
    return ItemNumbers(
        on_time=on_time,
        late=closed - on_time,
        waived=sum(item.status is ItemStatus.WAIVED and item.ended_at in month for item in items),
        open=len(is_open),
        overdue=sum(item.late(at) for item in is_open),
    )


def _closed(month: Month, items: Sequence[ActionItem]) -> tuple[int, int]:
    """How many were closed on time, and how many in all."""
    closed = [item for item in items if item.status is ItemStatus.CLOSED and item.ended_at in month]
    return sum(map(closed_on_time, closed)), len(closed)


def closed_on_time(item: ActionItem) -> bool:
    """Of one that is closed."""
    return not (item.due_at and item.ended_at and item.due_at < item.ended_at)


def _trend(month: Month, incidents: Sequence[Incident], items: Sequence[ActionItem]) -> MonthNumbers:
    declared = [incident for incident in incidents if incident.declared_at in month]
    on_time, closed = _closed(month, items)
    return MonthNumbers(
        month=str(month),
        on_time=on_time,
        closed=closed,
        declared=len(declared),
        repeats=sum(bool(incident.repeats) for incident in declared),
    )


def _ages(items: Sequence[ActionItem], at: datetime) -> Ages:
    is_open = sorted((item for item in items if open_at(item, at)), key=lambda item: (item.proposed_at, item.id))
    days = [(at - item.proposed_at).days for item in is_open]
    return Ages(
        median=median_low(days) if days else 0,
        counts=age_counts(days),
        oldest=next((item for item in is_open if not item.private), None),
    )


def age_counts(days: Sequence[int]) -> tuple[int, ...]:
    """How many are up to each of ``AGES``, and beyond the last."""
    up_to = [sum(age <= limit for age in days) for limit in AGES] + [len(days)]
    return tuple(more - fewer for fewer, more in zip([0, *up_to], up_to, strict=False))


def repeat_line(incident: Incident, items: Sequence[ActionItem], secret: Container[str]) -> RepeatLine:
    """Without the earlier ones that are ``secret``; ``items`` may be those of other incidents, too."""
    return RepeatLine(
        incident_id=incident.id,
        title=incident.title,
        earlier=tuple(repeat.incident_id for repeat in incident.repeats if repeat.incident_id not in secret),
        items=tuple(sorted(item.title for item in not_private(items) if incident.id in item.repeats)),
    )


def open_at(item: ActionItem, at: datetime) -> bool:
    """Somebody owed something then, or waited for it to be done."""
    return item.proposed_at <= at and (item.ended_at is None or item.ended_at > at)
