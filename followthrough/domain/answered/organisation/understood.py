"""The organisation file as it is understood, for whoever wrote it."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from followthrough.domain.answered.organisation.calendar import ONE_DAY, WEEKDAYS, is_working_day
from followthrough.domain.answered.organisation.organisation import Organisation, Service, Team
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.answered.sprint.dates import coming_plans
from followthrough.domain.replayed.sprint.sprint import SprintPlan
from followthrough.domain.replayed.values import PersonId, ServiceId, TeamId

DAYS_AHEAD = 366
SHOWN = 4
"""Holidays and sprints of a team."""


class UnderstoodTeam(NamedTuple):
    """A team, and what follows from what the file says of it."""

    key: TeamId
    team: Team
    approvers: tuple[PersonId, ...]
    """Who approves for its action items, beside an owner's own managers: the lead, and who is above them."""
    plans: list[SprintPlan]
    """The next ones; none where its tickets are planned as they are accepted."""
    days_off: list[date]
    """The next that are no weekend."""


class UnderstoodService(NamedTuple):
    """A service, and who is asked for it now, in that order."""

    key: ServiceId
    service: Service
    on_call: tuple[PersonId, ...]


def teams(organisation: Organisation, now: datetime) -> list[UnderstoodTeam]:
    """In the order of the file; ``organisation`` is without those who left."""
    return [
        UnderstoodTeam(
            key,
            team,
            tuple(dict.fromkeys((team.lead, *organisation.managers(team.lead)))),
            list(islice(coming_plans(key, organisation, now), SHOWN)),
            list(islice(_days_off(team, now.date()), SHOWN)),
        )
        for key, team in organisation.teams.items()
    ]


def services(organisation: Organisation, now: datetime) -> list[UnderstoodService]:
    """In the order of the file."""
    return [
        UnderstoodService(key, service, on_call(service, organisation.teams[service.team], now))
        for key, service in organisation.services.items()
    ]


def _days_off(team: Team, first: date) -> Iterator[date]:
    for day in (first + number * ONE_DAY for number in range(DAYS_AHEAD)):
        if WEEKDAYS[day.weekday()] in team.working_days and not is_working_day(day, team):
            yield day
