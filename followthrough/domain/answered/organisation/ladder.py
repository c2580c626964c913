"""Reminders and escalation levels, one at a time: what has passed decides what comes next."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from followthrough.domain.answered.organisation.calendar import working_time
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.replayed.incident.incident import IncidentMoment
from followthrough.domain.replayed.item.action_item import Moment
from followthrough.domain.replayed.values import PersonId


def next_reminder(
    times: Iterable[datetime], since: datetime, past: Sequence[Moment | IncidentMoment], now: datetime
) -> datetime | None:
    """The next of ``times`` after ``since`` and after every moment that passed; of several missed, the last."""
    latest = max([since, *(moment.at for moment in past)])
    ahead = sorted(at for at in times if at > latest)
    missed = [at for at in ahead if at <= now]
    return next(iter(missed[-1:] or ahead), None)


def next_level(told: Iterable[Moment | IncidentMoment]) -> int:
    """One above the highest that was told."""
    return 1 + max((moment.level for moment in told), default=0)


def hears(
    level: int, at: datetime, chain: Sequence[PersonId], organisation: Organisation, team: Team, now: datetime
) -> tuple[PersonId, datetime]:
    """Who of ``chain`` hears at an escalation level, and when: in their team's working time, from ``at`` or now on.

    Above the topmost it is the topmost again. Who is away then is skipped, unless all are; ``team`` is that of people
    without one.
    """
    at = max(at, now)
    while True:
        here = [person for person in chain if not organisation.is_away(person, at)] or chain
        person = here[min(level, len(here)) - 1]
        at, before = working_time(at, organisation.team_with(person, otherwise=team)), at
        if at == before:
            return person, at


def known(people: Iterable[PersonId], organisation: Organisation, team: Team) -> tuple[PersonId, ...]:
    """Those who are still in the organisation file, or else the team's lead: somebody is always told."""
    return tuple(dict.fromkeys(person for person in people if person in organisation.people)) or (team.lead,)
