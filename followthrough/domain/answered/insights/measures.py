"""How reliably and how fast: shares, ages, durations, escalations and waivers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from math import ceil

from followthrough.domain.answered.access.privacy import not_private
from followthrough.domain.answered.insights.insight import MOST_ROWS, Place, part_of
from followthrough.domain.answered.insights.scope import By, Group, Scope
from followthrough.domain.answered.report.digest import age_counts, closed_on_time, open_at
from followthrough.domain.answered.report.escalations import unanswered
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus, Waiver
from followthrough.domain.replayed.values import Message, Severity

ENOUGH = 5
"""With fewer cases than this there is no share, median or mean."""
ENOUGH_FOR_NINETIETH = 10
GONE = (IncidentStatus.CANCELLED, IncidentStatus.MERGED)
"""Incidents whose durations say nothing."""


class Share(Message):
    """``part`` of ``whole``."""

    part: int
    whole: int


class Ages(Message):
    """How many are how old, as in the monthly digest, and the median in days."""

    counts: tuple[int, ...]
    median: int


class Spread(Message):
    """How long it took in seconds, ``total`` together. Ranks are nearest ranks, of two in the middle the lower."""

    count: int
    median: int
    ninetieth: int
    total: int


class Risk(Message):
    """A waiver in force, and of what."""

    id: str
    title: str
    severity: Severity
    team: str
    waiver: Waiver

    @property
    def place(self) -> Place:
        """Those that end first come first, those for good last."""
        return Place(self.waiver.until, self.id)


class Risks(Message):
    """Waivers in force: some ``items`` of those that may be named, and how many of these come after them.

    Of all how many there are, for good, and private.
    """

    items: tuple[Risk, ...]
    left: int
    count: int
    private: int
    for_good: int


class Duration(StrEnum):
    """What took long, and how it is called."""

    ACCEPT = "to accept"
    PLAN = "to plan"
    CLOSE = "to close"
    ACKNOWLEDGE = "to acknowledge (MTTA)"
    MITIGATE = "to mitigate (MTTM)"
    RESOLVE = "to resolve (MTTR)"
    PUBLISH = "to publish the postmortem"


OF_ITEMS = (Duration.ACCEPT, Duration.PLAN, Duration.CLOSE)
OF_INCIDENTS = (Duration.ACKNOWLEDGE, Duration.MITIGATE, Duration.RESOLVE)


class Outcome(StrEnum):
    """What became of an action item that was escalated."""

    CLOSED = "closed"
    WAIVED = "waived"
    ELSEWHERE = "merged or split"
    ANSWERED = "open, answered"
    UNANSWERED = "open, no answer"


def on_time(items: Iterable[ActionItem], scope: Scope) -> dict[Group, Share]:
    """Of the action items closed in the months, how many were closed by their deadline."""
    closed: Counter[Group] = Counter()
    part: Counter[Group] = Counter()
    for item in items:
        if scope.fits(item) and item.status is ItemStatus.CLOSED and item.ended_at and item.ended_at in scope:
            groups = list(scope.groups(item, item.ended_at))
            closed.update(groups)
            part.update(groups if closed_on_time(item) else ())
    return {group: Share(part=part[group], whole=whole) for group, whole in closed.items()}


def ages(items: Iterable[ActionItem], scope: Scope) -> dict[Group, Ages]:
    """How long what is open now has been open."""
    days: defaultdict[Group, list[int]] = defaultdict(list)
    for item in items:
        if scope.fits(item) and open_at(item, scope.now):
            for group in scope.groups(item, scope.now):
                if group[0] is not By.MONTH:
                    days[group].append((scope.now - item.proposed_at).days)
    return {group: Ages(counts=age_counts(each), median=_rank(each, 0.5)) for group, each in days.items()}


def began_and_ended(what: Duration, record: Incident | ActionItem) -> tuple[datetime | None, datetime | None]:
    """Where the duration of a record begins and ends; either may be missing."""
    if isinstance(record, ActionItem):
        asked = record.asked_at or record.proposed_at
        closed_at = record.ended_at if record.status is ItemStatus.CLOSED else None
        of_item = {
            Duration.ACCEPT: (asked, record.accepted_at),
            Duration.PLAN: (record.accepted_at, record.planned_at),
            Duration.CLOSE: (asked, closed_at),
        }
        return of_item.get(what, (None, None))
    if record.status in GONE:
        return None, None
    of_incident = {
        Duration.ACKNOWLEDGE: (record.declared_at, record.acknowledged_at),
        Duration.MITIGATE: (record.declared_at, record.mitigated_at),
        Duration.RESOLVE: (record.declared_at, record.resolved_at),
        Duration.PUBLISH: (record.resolved_at, record.published_at),
    }
    return of_incident.get(what, (None, None))


def spreads(what: Duration, records: Iterable[Incident | ActionItem], scope: Scope) -> dict[Group, Spread]:
    """How long it took, for what ended in the months; what ended before it began, as after reopening, is left out."""
    took: defaultdict[Group, list[int]] = defaultdict(list)
    for record in records:
        began, ended = began_and_ended(what, record)
        if scope.fits(record) and began and ended and began <= ended and ended in scope:
            for group in scope.groups(record, ended):
                took[group].append(int(ended.timestamp()) - int(began.timestamp()))
    return {
        group: Spread(count=len(each), median=_rank(each, 0.5), ninetieth=_rank(each, 0.9), total=sum(each))
        for group, each in took.items()
    }


def escalated(
    items: Iterable[ActionItem], answers: Mapping[str, datetime], scope: Scope
) -> dict[tuple[int, Outcome], int]:
    """What became of action items whose last escalation was in the months, by the highest level that was told.

    ``answers`` are those of ``escalations.unanswered``, which says what waits for one.
    """
    wanted = [item for item in items if scope.fits(item)]
    waiting = {one.item.id for one in unanswered(wanted, answers)}
    counts: Counter[tuple[int, Outcome]] = Counter()
    for item in wanted:
        told = max((moment.at for moment in item.reminders if moment.level), default=None)
        if told in scope:
            outcome = Outcome.UNANSWERED if item.id in waiting else OUTCOMES.get(item.status, Outcome.ANSWERED)
            counts[item.escalation_level, outcome] += 1
    return dict(counts)


OUTCOMES = {
    ItemStatus.CLOSED: Outcome.CLOSED,
    ItemStatus.WAIVED: Outcome.WAIVED,
    ItemStatus.MERGED: Outcome.ELSEWHERE,
    ItemStatus.SPLIT: Outcome.ELSEWHERE,
}
"""Of a status that is settled."""


def accepted_risks(
    items: Iterable[ActionItem], scope: Scope, at_most: int = MOST_ROWS, after: Place | None = None
) -> Risks:
    """In order, whenever they were given."""
    waived = [item for item in items if scope.fits(item) and item.status is ItemStatus.WAIVED]
    named = [Risk.model_validate(item, from_attributes=True) for item in not_private(waived)]
    ordered = sorted(named, key=lambda risk: risk.place.order)
    shown, left = part_of(ordered, lambda risk: risk.place, at_most, after)
    for_good = sum(bool(item.waiver and item.waiver.until is None) for item in waived)
    return Risks(
        items=tuple(shown),
        left=left,
        count=len(waived),
        private=len(waived) - len(named),
        for_good=for_good,
    )


def _rank(numbers: Sequence[int], share: float) -> int:
    """The nearest rank."""
    return sorted(numbers)[ceil(len(numbers) * share) - 1]
