"""Drills: when a team practises, with which scenario, and what came of it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from followthrough.domain.calendar import WEEKDAYS, next_working_time
from followthrough.domain.incident import Audience, Incident, IncidentMomentKind, IncidentStatus, Role
from followthrough.domain.text import Note, Title
from followthrough.domain.values import Message, PersonId, Severity
from followthrough.file_types import Duration, Section, ServiceId, TeamId
from followthrough.organisation import Organisation, Team
from followthrough.policies import DrillPolicies

LATE_START = timedelta(hours=1)
"""A drill that could not begin within this time of its plan waits for the next working day."""


class Inject(Section):
    """What those who practise learn some time after the start."""

    after: Duration
    text: Note


class Expected(Section):
    """What a good response has, and what to talk about afterwards."""

    roles: tuple[Role, ...] = tuple(Role)
    updates: tuple[Audience, ...] = (Audience.INTERNAL,)
    questions: tuple[str, ...] = ()


class Scenario(Section):
    """A mock incident, for any service. ``labels`` are those of its alert."""

    title: Title
    story: Note
    severity: Severity
    labels: dict[str, str] = Field(default_factory=dict)
    injects: tuple[Inject, ...] = ()
    expected: Expected = Expected()


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


class DrillOutcome(StrEnum):
    """How a drill's response ended. One that was cancelled, for a real incident perhaps, counts as none."""

    RESOLVED = "resolved"
    TIME_OVER = "time over"
    CANCELLED = "cancelled"


class Score(Message):
    """What was expected, and how much of it was there."""

    expected: tuple[str, ...]
    met: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """In the order of ``expected``."""
        return tuple(one for one in self.expected if one not in self.met)

    @property
    def share(self) -> float:
        """0 to 1."""
        return len(self.met) / len(self.expected) if self.expected else 1

    def __str__(self) -> str:
        return f"{len(self.met)} of {len(self.expected)}"


class DrillResult(Message):
    """What was measured. ``scenario`` is the name of its file without the ending."""

    incident_id: str
    team: TeamId
    service: ServiceId
    scenario: str
    title: str
    severity: Severity
    started_at: AwareDatetime
    outcome: DrillOutcome
    acknowledged_after: timedelta | None
    resolved_after: timedelta | None
    roles: Score
    updates: Score


class DrillReport(DrillResult):
    """The result, and sentences about it: better than last time, to practise, to discuss."""

    improved: tuple[str, ...]
    to_practise: tuple[str, ...]
    questions: tuple[str, ...]


class DrillPlan(Message):
    """A drill as it is going to be; ``to`` hear of its report beside those who practised."""

    scenario_name: str
    scenario: Scenario
    service: ServiceId
    starts_at: AwareDatetime
    acknowledge_within: timedelta
    to: tuple[PersonId, ...]
    previous: DrillResult | None


class Practice(StrEnum):
    """Where a team is in this quarter."""

    DONE = "practised"
    PLANNED = "planned"
    MISSED = "missed"


class TeamPractice(Message):
    """``planned_at`` is this quarter's date, or the next one's for a team that began after it."""

    team: TeamId
    quarter: str
    practice: Practice
    planned_at: AwareDatetime


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


def practices(
    results: Iterable[DrillResult],
    organisation: Organisation,
    quarter: Quarter,
    at: datetime,
    began: Mapping[TeamId, datetime],
) -> list[TeamPractice]:
    """For each team that has services and drills, where it is in the quarter at ``at``; later drills don't count.

    A drill is in the quarter that it was in where the team is. A team that ``began`` after the date, or is not known
    yet, has missed none; its first is that of the next quarter.
    """
    counted = [result for result in results if result.outcome is not DrillOutcome.CANCELLED and result.started_at <= at]
    found = []
    for name, team in organisation.teams.items():
        policies, zone = organisation.drill_policies(team), ZoneInfo(team.time_zone)
        if not policies.enabled or not organisation.services_of(name):
            continue
        planned_at = planned_start(quarter, team, policies)
        days = (result.started_at.astimezone(zone).date() for result in counted if result.team == name)
        practice, over = Practice.PLANNED, planned_at + policies.time_box < at
        if any(Quarter.of(day) == quarter for day in days):
            practice = Practice.DONE
        elif over and name in began and began[name] <= planned_at:
            practice = Practice.MISSED
        elif over:
            planned_at = planned_start(quarter.next, team, policies)
        found.append(TeamPractice(team=name, quarter=str(quarter), practice=practice, planned_at=planned_at))
    return found


def report(incident: Incident, plan: DrillPlan) -> DrillReport:
    """Of a drill whose response is over, compared with the team's one before."""
    expected = plan.scenario.expected
    holders = (*incident.past_roles, *incident.roles)
    acknowledged = [(holder.role, holder.acknowledged_at) for holder in holders if holder.acknowledged_at]
    filled = {role for role, _ in acknowledged}
    late = {moment.subject for moment in incident.moments if moment.kind is IncidentMomentKind.UPDATE_MISSED}
    on_time = {update.audience for update in incident.updates} - late
    result = DrillResult(
        incident_id=incident.id,
        team=incident.team,
        service=incident.service,
        scenario=plan.scenario_name,
        title=incident.title,
        severity=incident.severity,
        started_at=incident.declared_at,
        outcome=_outcome(incident),
        acknowledged_after=min(at for _, at in acknowledged) - incident.declared_at if acknowledged else None,
        resolved_after=incident.resolved_at - incident.declared_at if incident.resolved_at else None,
        roles=Score(expected=expected.roles, met=tuple(role for role in expected.roles if role in filled)),
        updates=Score(expected=expected.updates, met=tuple(to for to in expected.updates if to in on_time)),
    )
    return DrillReport(
        **dict(result),
        improved=tuple(improvements(result, plan.previous) if plan.previous else ()),
        to_practise=tuple(_to_practise(result, plan.acknowledge_within)),
        questions=expected.questions,
    )


def measures(result: DrillResult) -> list[str]:
    """What was measured, for people."""
    acknowledged, resolved = _minutes(result.acknowledged_after), _minutes(result.resolved_after)
    return [
        f"acknowledged after {acknowledged} min" if acknowledged is not None else "not acknowledged",
        f"{result.roles} roles filled",
        f"{result.updates} audiences told in time",
        f"resolved after {resolved} min" if result.outcome is DrillOutcome.RESOLVED else result.outcome.value,
    ]


def _outcome(incident: Incident) -> DrillOutcome:
    if incident.status in (IncidentStatus.CANCELLED, IncidentStatus.MERGED):
        return DrillOutcome.CANCELLED
    ran_out = any(moment.kind is IncidentMomentKind.DRILL_TIME_OVER for moment in incident.moments)
    return DrillOutcome.TIME_OVER if ran_out else DrillOutcome.RESOLVED


def improvements(result: DrillResult, previous: DrillResult) -> Iterator[str]:
    """One sentence for each measure that is better than last time."""
    now, before = _minutes(result.acknowledged_after), _minutes(previous.acknowledged_after)
    if now is not None and (before is None or now < before):
        last_time = "nobody did" if before is None else f"it took {before} min"
        yield f"Acknowledged after {now} min; last time {last_time}."
    if result.roles.share > previous.roles.share:
        yield f"{result.roles} roles were filled; last time {previous.roles}."
    if result.updates.share > previous.updates.share:
        yield f"{result.updates} audiences heard in time; last time {previous.updates}."
    if result.outcome is DrillOutcome.RESOLVED and previous.outcome is DrillOutcome.TIME_OVER:
        yield "Resolved in time; last time the time ran out."


def _to_practise(result: DrillResult, acknowledge_within: timedelta) -> Iterator[str]:
    took = result.acknowledged_after
    if took is None:
        yield "Acknowledge: nobody said that they have it. Check that the page reaches who is on call."
    elif took > acknowledge_within:
        asked = _minutes(acknowledge_within)
        yield f"Acknowledge sooner: it took {_minutes(took)} min, and {result.severity} asks for {asked} min."
    if result.roles.missing:
        yield f"Fill every role early: nobody acknowledged {', '.join(result.roles.missing)}."
    if result.updates.missing:
        yield f"Tell people in time: {', '.join(result.updates.missing)} heard nothing, or too late."
    if result.outcome is DrillOutcome.TIME_OVER:
        yield "Come to an end: the time ran out before anybody declared it resolved."


def _minutes(duration: timedelta | None) -> int | None:
    return None if duration is None else math.ceil(duration / timedelta(minutes=1))
