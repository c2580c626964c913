"""Who carries incidents and action items, and who else could.

A service that one person always rescues has a weakness that its graphs don't show.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.report.parts import What, parts
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Message, PersonId, ServiceId, TeamId

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


class Case(NamedTuple):
    """What somebody carries, and where."""

    duty: Duty
    person: PersonId
    service: ServiceId
    team: TeamId


def woken(incident: Incident, organisation: Organisation) -> set[PersonId]:
    """Who was asked to take a role at night."""
    asked = (part for part in parts(incident) if part.what is What.ASKED)
    return {part.person for part in asked if at_night(part.at, part.person, organisation)}


def at_night(at: datetime, person: PersonId, organisation: Organisation) -> bool:
    """Where the person is."""
    local = at.astimezone(ZoneInfo(organisation.time_zone_of(person))).time()
    return local >= _NIGHT_BEGINS or local < _NIGHT_ENDS


def cases(incidents: Iterable[Incident], items: Iterable[ActionItem], organisation: Organisation) -> Counter[Case]:
    """How many incidents and open action items each person carried where, without drills.

    Woken means asked to take a role between 22:00 and 07:00 in the person's own time zone. Incident Commanders and
    Comms Leads lead, also those who handed over.
    """
    found: Counter[Case] = Counter()
    duties = {What.LED: Duty.LED, What.RESOLVED: Duty.RESOLVED}
    for incident in incidents:
        if not incident.drill:
            held = {(duties[part.what], part.person) for part in parts(incident) if part.what in duties}
            carried = held | {(Duty.WOKEN, person) for person in woken(incident, organisation)}
            found.update(Case(duty, person, incident.service, incident.team) for duty, person in carried)
    found.update(
        Case(Duty.OWNS, item.owner, item.service, item.team) for item in items if not item.settled and not item.drill
    )
    return found


def load_report(carried: Mapping[Case, int], organisation: Organisation, share_limit: float = 0.4) -> LoadReport:
    """Counts what each person carried and warns about shares above ``share_limit`` (0 to 1) of a duty.

    ``others`` are on call for, or on the team of, what the person carried.
    """
    counts: Counter[tuple[Duty, PersonId]] = Counter()
    totals: Counter[Duty] = Counter()
    loads: Counter[PersonId] = Counter()
    for case, count in carried.items():
        counts[case.duty, case.person] += count
        totals[case.duty] += count
        loads[case.person] += count
    overloads = []
    for (duty, person), count in sorted(counts.items(), key=lambda one: (-one[1], [*Duty].index(one[0][0]), one[0][1])):
        if totals[duty] < _ENOUGH or count <= share_limit * totals[duty]:
            continue
        others: set[PersonId] = set()
        for case in carried:
            if (case.duty, case.person) == (duty, person):
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
