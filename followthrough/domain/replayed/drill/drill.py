"""Drills: the scenario that is practised, and what came of it."""

import math
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.incident import Audience, Incident, IncidentMomentKind, IncidentStatus, Role
from followthrough.domain.replayed.text import Note, Title
from followthrough.domain.replayed.times import Duration
from followthrough.domain.replayed.values import Message, PersonId, Request, ServiceId, Severity, TeamId


class Inject(Request):
    """What those who practise learn some time after the start."""

    after: Duration
    text: Note


class Expected(Request):
    """What a good response has, and what to talk about afterwards."""

    roles: tuple[Role, ...] = tuple(Role)
    updates: tuple[Audience, ...] = (Audience.INTERNAL,)
    questions: tuple[str, ...] = ()


class Scenario(Request):
    """A mock incident, for any service. ``labels`` are those of its alert."""

    title: Title
    story: Note
    severity: Severity
    labels: dict[str, str] = Field(default_factory=dict)
    injects: tuple[Inject, ...] = ()
    expected: Expected = Expected()


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
    searchable_names: bool = True
    """Whether Temporal may read which service and team its incident is about."""


def report(incident: Incident, plan: DrillPlan) -> DrillReport:
    """Of a drill whose response is over, compared with the team's one before."""
    expected = plan.scenario.expected
    holders = (*incident.past_roles, *incident.roles)
    acknowledged = [(holder.role, holder.acknowledged_at) for holder in holders if holder.acknowledged_at]
    filled = {role for role, _ in acknowledged}
    late = {moment.subject for moment in incident.moments if moment.kind is IncidentMomentKind.UPDATE_MISSED}
    on_time = {update.audience for update in incident.updates} - late
    found = DrillReport(
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
        improved=(),
        to_practise=(),
        questions=expected.questions,
    )
    improved = tuple(improvements(found, plan.previous)) if plan.previous else ()
    to_practise = tuple(_to_practise(found, plan.acknowledge_within))
    return found.model_copy(update={"improved": improved, "to_practise": to_practise})


def _outcome(incident: Incident) -> DrillOutcome:
    if incident.status in (IncidentStatus.CANCELLED, IncidentStatus.MERGED):
        return DrillOutcome.CANCELLED
    ran_out = any(moment.kind is IncidentMomentKind.DRILL_TIME_OVER for moment in incident.moments)
    return DrillOutcome.TIME_OVER if ran_out else DrillOutcome.RESOLVED


def improvements(result: DrillResult, previous: DrillResult) -> Iterator[str]:
    """One sentence for each measure that is better than last time."""
    now, before = minutes(result.acknowledged_after), minutes(previous.acknowledged_after)
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
        asked = minutes(acknowledge_within)
        yield f"Acknowledge sooner: it took {minutes(took)} min, and {result.severity} asks for {asked} min."
    if result.roles.missing:
        yield f"Fill every role early: nobody acknowledged {', '.join(result.roles.missing)}."
    if result.updates.missing:
        yield f"Tell people in time: {', '.join(result.updates.missing)} heard nothing, or too late."
    if result.outcome is DrillOutcome.TIME_OVER:
        yield "Come to an end: the time ran out before anybody declared it resolved."


def minutes(duration: timedelta | None) -> int | None:
    """Rounded up."""
    return None if duration is None else math.ceil(duration / timedelta(minutes=1))
