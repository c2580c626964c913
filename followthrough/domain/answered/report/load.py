"""Who carries incidents and action items, and who else could.

A service that one person always rescues has a weakness that its graphs don't show.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident, IncidentMomentKind, Role
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Message, PersonId

_NIGHT_BEGINS, _NIGHT_ENDS = time(22), time(7)
_ENOUGH = 3
"""With fewer cases than this a share says nothing."""
_SUGGESTIONS = 3


class Duty(StrEnum):
    """What somebody carries."""

    WOKEN = "was woken"
    LED = "led"
    RESOLVED = "resolved"
    OWNS = "owns open action items"


class PersonLoad(Message):
    """How often somebody was woken, led and resolved an incident, and how many open action items they own."""

    person: PersonId
    woken: int
    led: int
    resolved: int
    owns: int


class Overload(Message):
    """One person carries ``count`` of ``total`` cases; ``others`` could take some, the least loaded first."""

    person: PersonId
    duty: Duty
    count: int
    total: int
    others: tuple[PersonId, ...]


class LoadReport(Message):
    """``people`` begins with the most loaded."""

    people: tuple[PersonLoad, ...]
    overloads: tuple[Overload, ...]


def woken(incident: Incident, organisation: Organisation) -> set[PersonId]:
    """Who was asked to take a role at night."""
    asked = [(holder.person, holder.at) for holder in (*incident.past_roles, *incident.roles)]
    asked += [
        (person, moment.at)
        for moment in incident.moments
        if moment.kind is IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED
        for person in moment.to
    ]
    return {person for person, at in asked if _is_night(at, person, organisation)}


def _is_night(at: datetime, person: PersonId, organisation: Organisation) -> bool:
    local = at.astimezone(ZoneInfo(organisation.time_zone_of(person))).time()
    return local >= _NIGHT_BEGINS or local < _NIGHT_ENDS


def _carried(
    incidents: Iterable[Incident], items: Iterable[ActionItem], organisation: Organisation
) -> Iterator[tuple[Duty, PersonId, Incident | ActionItem]]:
    duties = {Role.INCIDENT_COMMANDER: Duty.LED, Role.COMMS_LEAD: Duty.LED, Role.RESOLVER: Duty.RESOLVED}
    for incident in incidents:
        for person in sorted(woken(incident, organisation)):
            yield Duty.WOKEN, person, incident
        earlier = [holder for holder in incident.past_roles if holder.acknowledged_at]
        held = {(duties[holder.role], holder.person) for holder in (*earlier, *incident.roles)}
        for duty, person in sorted(held):
            yield duty, person, incident
    for item in items:
        if not item.settled:
            yield Duty.OWNS, item.owner, item


def load_report(
    incidents: Iterable[Incident], items: Iterable[ActionItem], organisation: Organisation, share_limit: float = 0.4
) -> LoadReport:
    """Counts what each person carried and warns about shares above ``share_limit`` (0 to 1) of a duty.

    Woken means asked to take a role between 22:00 and 07:00 in the person's own time zone. Incident Commanders and
    Comms Leads lead, also those who handed over. ``others`` are on call for, or on the team of, what the person
    carried.
    """
    carried = [case for case in _carried(incidents, items, organisation) if not case[2].drill]
    counts = Counter((duty, person) for duty, person, _ in carried)
    totals = Counter(duty for duty, _, _ in carried)
    loads = Counter(person for _, person, _ in carried)
    overloads = []
    for (duty, person), count in counts.most_common():
        if totals[duty] < _ENOUGH or count <= share_limit * totals[duty]:
            continue
        others: set[PersonId] = set()
        for case_duty, case_person, case in carried:
            if (case_duty, case_person) == (duty, person):
                service, team = organisation.services.get(case.service), organisation.teams.get(case.team)
                others.update(service.on_call if service else (), team.members if team else ())
        least_loaded = sorted(others - {person}, key=lambda other: (loads[other], other))
        overloads.append(
            Overload(
                person=person,
                duty=duty,
                count=count,
                total=totals[duty],
                others=tuple(least_loaded[:_SUGGESTIONS]),
            )
        )
    people = tuple(
        PersonLoad(
            person=person,
            woken=counts[Duty.WOKEN, person],
            led=counts[Duty.LED, person],
            resolved=counts[Duty.RESOLVED, person],
            owns=counts[Duty.OWNS, person],
        )
        for person, _ in sorted(loads.items(), key=lambda load: (-load[1], load[0]))
    )
    return LoadReport(people=people, overloads=tuple(overloads))
