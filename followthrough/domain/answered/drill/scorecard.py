"""Which teams practised in a quarter, and what was measured."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from followthrough.domain.answered.drill.calendar import Quarter, planned_start
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.drill.drill import DrillOutcome, DrillResult, minutes
from followthrough.domain.replayed.values import Message, TeamId


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


def measures(result: DrillResult) -> list[str]:
    """What was measured, for people."""
    acknowledged, resolved = minutes(result.acknowledged_after), minutes(result.resolved_after)
    return [
        f"acknowledged after {acknowledged} min" if acknowledged is not None else "not acknowledged",
        f"{result.roles} roles filled",
        f"{result.updates} audiences told in time",
        f"resolved after {resolved} min" if result.outcome is DrillOutcome.RESOLVED else result.outcome.value,
    ]
