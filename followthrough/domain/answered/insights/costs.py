"""What it costs not to do what was agreed, and what it is worth to have done it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.answered.insights.measures import GONE
from followthrough.domain.answered.insights.scope import Scope
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.load import woken
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import OPEN, ActionItem, ItemStatus, MomentKind
from followthrough.domain.replayed.text import Line
from followthrough.domain.replayed.values import Message

PAST_DEADLINE = (MomentKind.REMIND_AT_DEADLINE, MomentKind.REMIND_AFTER_DEADLINE, MomentKind.ESCALATE)
"""Moments that come once a deadline has passed."""


class Came(StrEnum):
    """When a repeat came, as to the follow-ups of what it repeated."""

    BEFORE = "before they were closed"
    AFTER = "after one was closed"
    WITHOUT = "without any"


class Price(Message):
    """A repeat that came while follow-ups of the earlier incident were overdue, until it was resolved or until now."""

    incident_id: str
    title: Line
    at: AwareDatetime
    minutes: int
    woken: int
    items: tuple[str, ...]
    """Those that may be named: an earlier incident may be private."""
    unnamed: int = 0
    """The others."""
    private: bool


class Held(Message):
    """An incident that was repeated so often until its last follow-up closed, and not once since."""

    incident_id: str
    title: Line
    repeats: int
    since: AwareDatetime
    private: bool


def repeats(incidents: Iterable[Incident], items: Iterable[ActionItem], scope: Scope) -> dict[tuple[str, Came], int]:
    """The months' incidents that repeat earlier ones, by month and by what was done about those until then.

    Before: a follow-up counts it as its repeat, for it was open or waived. After: none does, and one had been closed.
    """
    counted = {repeat for item in items if not item.drill for repeat in item.repeats}
    closed: defaultdict[str, list[datetime]] = defaultdict(list)
    for item in items:
        if not item.drill and item.status is ItemStatus.CLOSED and item.ended_at:
            closed[item.incident_id].append(item.ended_at)
    counts: Counter[tuple[str, Came]] = Counter()
    for incident in incidents:
        if incident.repeats and _counts(incident, scope) and incident.declared_at in scope:
            ends = [end for earlier in incident.repeats for end in closed[earlier.incident_id]]
            done = any(end <= incident.declared_at for end in ends)
            came = Came.BEFORE if incident.id in counted else Came.AFTER if done else Came.WITHOUT
            counts[f"{incident.declared_at:%Y-%m}", came] += 1
    return dict(counts)


def overdue_at(item: ActionItem, repeat: Incident) -> bool:
    """Whether the time for it had passed when the repeat came, by what it was reminded of until then.

    Its deadline of now does not tell: a repeat brings it nearer, an extension puts it off.
    """
    at = repeat.declared_at
    waived = any(effect.waiver for effect in item.repeat_effects if effect.incident_id == repeat.id)
    if waived or (item.done_at is not None and item.done_at <= at):
        return False
    renewed = [given for given in (item.working_since, item.asked_at) if given]
    passed = [moment.at for moment in item.reminders if moment.kind in PAST_DEADLINE and moment.at <= at]
    return any(not any(moment < given <= at for given in renewed) for moment in passed)


def price(
    incidents: Iterable[Incident], items: Iterable[ActionItem], organisation: Organisation, scope: Scope
) -> list[Price]:
    """The months' repeats that came while a follow-up was overdue, the latest first."""
    counting: defaultdict[str, list[ActionItem]] = defaultdict(list)
    for item in items:
        for repeat in item.repeats if not item.drill else ():
            counting[repeat].append(item)
    paid = []
    for incident in incidents:
        overdue = sorted((item for item in counting[incident.id] if overdue_at(item, incident)), key=lambda one: one.id)
        if overdue and _counts(incident, scope) and incident.declared_at in scope:
            lasted = max((incident.resolved_at or scope.now) - incident.declared_at, timedelta())
            one = Price(
                incident_id=incident.id,
                title=incident.title,
                at=incident.declared_at,
                minutes=lasted // timedelta(minutes=1),
                woken=len(woken(incident, organisation)),
                items=tuple(item.id for item in overdue if not item.private),
                unnamed=sum(item.private for item in overdue),
                private=incident.private,
            )
            paid.append(one)
    return sorted(paid, key=lambda one: (one.at, one.incident_id), reverse=True)


def held(incidents: Iterable[Incident], items: Iterable[ActionItem], scope: Scope) -> list[Held]:
    """Incidents whose last follow-up closed in the months, none being open or waived, with repeats until then alone.

    What held longest comes first.
    """
    known = list(incidents)
    follow_ups: defaultdict[str, list[ActionItem]] = defaultdict(list)
    for item in items:
        if not item.drill:
            follow_ups[item.incident_id].append(item)
    repeated: defaultdict[str, list[datetime]] = defaultdict(list)
    for incident in known:
        for earlier in incident.repeats if not incident.drill and incident.status not in GONE else ():
            repeated[earlier.incident_id].append(incident.declared_at)
    holding = []
    for incident in known:
        mine = follow_ups[incident.id]
        last = max((item.ended_at for item in mine if item.status is ItemStatus.CLOSED and item.ended_at), default=None)
        owed = any(item.status in (*OPEN, ItemStatus.WAIVED) for item in mine)
        came = repeated[incident.id]
        if _counts(incident, scope) and last in scope and last and not owed and came and max(came) <= last:
            holding.append(
                Held(
                    incident_id=incident.id,
                    title=incident.title,
                    repeats=len(came),
                    since=last,
                    private=incident.private,
                )
            )
    return sorted(holding, key=lambda one: (one.since, one.incident_id))


def _counts(incident: Incident, scope: Scope) -> bool:
    """A false alarm repeats nothing, and what was merged is told by the other."""
    return scope.fits(incident) and incident.status not in GONE
