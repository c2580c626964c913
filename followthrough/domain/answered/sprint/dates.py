"""When a team plans its sprints, and when a team without sprints gets its list."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.calendar import ONE_DAY, WEEKDAYS, add_working_days, next_working_time
from followthrough.domain.answered.organisation.organisation import Organisation, PlannedBy, Team
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import TeamId

A_MONDAY = date(2024, 1, 1)


class Cadence(NamedTuple):
    """Periods of ``length`` follow each other; ``first_day`` is that of any of them. Planning is ``at`` in the zone."""

    first_day: date
    length: timedelta
    at: time


def cadence(team: Team, organisation: Organisation) -> Cadence | None:
    """None for teams whose tickets are planned as they are accepted, and when lists are switched off."""
    if team.sprints is not None:
        planned = team.sprints.planned_by is PlannedBy.PLANNING
        length = timedelta(weeks=team.sprints.weeks)
        return Cadence(team.sprints.first_day, length, team.sprints.planning) if planned else None
    lists = organisation.policies.follow_up_list
    first_day = A_MONDAY + WEEKDAYS.index(lists.weekday) * ONE_DAY
    return Cadence(first_day, timedelta(weeks=lists.weeks), lists.at) if lists.enabled else None


def sprint_plan(name: TeamId, organisation: Organisation, first_day: date) -> SprintPlan | None:
    """None when the team plans no sprint that begins on that day, or not any more."""
    team = organisation.teams.get(name)
    rhythm = cadence(team, organisation) if team else None
    if team is None or rhythm is None or (first_day - rhythm.first_day) % rhythm.length:
        return None
    planning_at = _planning(first_day, rhythm, team)
    before = team.sprints.digest_before if team.sprints else 0
    return SprintPlan(
        team=name,
        first_day=first_day,
        sprints=team.sprints is not None,
        people=tuple(dict.fromkeys((team.lead, *team.members))),
        digest_at=_days_before(planning_at, before, rhythm, team) if before else planning_at,
        planning_at=planning_at,
        starts_at=add_working_days(planning_at, 0, team),
        ends_at=_planning(first_day + rhythm.length, rhythm, team),
    )


def coming_plans(name: TeamId, organisation: Organisation, now: datetime) -> Iterator[SprintPlan]:
    """The sprint in planning and those after it: the first is the first whose planning's day is not over."""
    team = organisation.teams.get(name)
    rhythm = cadence(team, organisation) if team else None
    if team is None or rhythm is None:
        return
    passed = (now.astimezone(ZoneInfo(team.time_zone)).date() - rhythm.first_day) // rhythm.length
    for number in count(max(0, passed - 1)):
        plan = sprint_plan(name, organisation, rhythm.first_day + number * rhythm.length)
        if plan is not None and plan.starts_at > now:
            yield plan


def _planning(first_day: date, rhythm: Cadence, team: Team) -> datetime:
    """On the first day, or on the first working day after it."""
    at = datetime.combine(first_day, rhythm.at, ZoneInfo(team.time_zone))
    return next_working_time(at - timedelta(seconds=1), rhythm.at, team)


def _days_before(moment: datetime, days: int, rhythm: Cadence, team: Team) -> datetime:
    """At planning's time of day, so many working days earlier."""
    zone = ZoneInfo(team.time_zone)
    day = add_working_days(moment, -days, team).astimezone(zone).date()
    return datetime.combine(day, rhythm.at, zone).astimezone(moment.tzinfo)
