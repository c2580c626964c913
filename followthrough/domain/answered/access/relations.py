"""What people are to a team, a service, an incident or an action item.

All that takes an organisation takes it without those who left (``departures.as_of``).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Self

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.proof import (
    LOOKS_AT_EVIDENCE,
    TEAM,
    Relation,
    commanded,
    holders,
    people_of,
)
from followthrough.domain.replayed.values import PersonId, ServiceId, TeamId

OF_ITS_INCIDENT = frozenset({Relation.COMMANDER, Relation.COMMS_LEAD, Relation.ROLE_HOLDER, Relation.VERIFIER})
"""For which somebody has to be looked for in the incident of an action item."""

People = dict[Relation, tuple[PersonId, ...]]


class About(NamedTuple):
    """What somebody wants to do something to; nothing in particular for what concerns the service as a whole."""

    organisation: Organisation
    people: People
    """By what they are to it, as the organisation file says."""
    record: Incident | ActionItem | None = None
    name: str = ""
    """In a sentence."""

    @classmethod
    def service_itself(cls, organisation: Organisation, name: str = "") -> Self:
        """Nothing in particular."""
        return cls(organisation, _everywhere(organisation), name=name)

    @classmethod
    def of_team(cls, team: TeamId, organisation: Organisation, service: ServiceId | None = None) -> Self:
        """A team, or one of its services; both have to be in the file."""
        people = {**_everywhere(organisation), **_of_team(organisation, team, service or "", [])}
        return cls(organisation, people, name=service or f"team {team}")

    @classmethod
    def of_record(cls, record: Incident | ActionItem, organisation: Organisation, incident: Incident | None) -> Self:
        """``incident`` is the action item's, if it is known."""
        owners = people_of(record)[Relation.OWNER]
        people = {**_everywhere(organisation), **_of_team(organisation, record.team, record.service, owners)}
        if isinstance(record, ActionItem) and incident is not None:
            people |= holders(incident)
        return cls(organisation, people, record, record.id)

    def given(self, person: PersonId | None) -> frozenset[Relation]:
        """What the organisation makes of somebody; nothing of who is not there."""
        if person not in self.organisation.people:
            return frozenset()
        found = {relation for relation, people in self.people.items() if person in people}
        return frozenset(found if Relation.AUDITOR in found else found | {Relation.ANYBODY})

    def whom_to_ask(self, allowed: Iterable[Relation], but: PersonId | None) -> list[PersonId]:
        """Those who may, in the order of the relations, and who are still there."""
        named: People = {**self.people, **({} if self.record is None else people_of(self.record))}
        if self.record is not None:
            named |= _derived(self.record, named)
        found = dict.fromkeys(person for relation in allowed for person in named.get(relation, ()))
        return [person for person in found if person != but and person in self.organisation.people]


def _everywhere(organisation: Organisation) -> People:
    return {Relation.ADMINISTRATOR: _administrators(organisation), Relation.AUDITOR: organisation.auditors}


@lru_cache(maxsize=8)
def _administrators(organisation: Organisation) -> tuple[PersonId, ...]:
    """Without any, who is above others and has no manager stands in for them.

    A directory has many who have none: whoever it names no manager of is not above anybody by that.
    """
    above = {person.manager for person in organisation.people.values()}
    above |= {team.lead for team in organisation.teams.values()}
    top = (person for person, known in organisation.people.items() if known.manager is None and person in above)
    return tuple(person for person in organisation.administrators if person in organisation.people) or tuple(top)


def _of_team(organisation: Organisation, team: TeamId, service: ServiceId, owners: Iterable[PersonId]) -> People:
    answering = organisation.team(team, service)
    known = organisation.services.get(service)
    above = (manager for person in (*owners, answering.lead) for manager in organisation.managers(person))
    return {
        Relation.ON_CALL: (*known.on_call, *known.escalation_path) if known else (),
        Relation.TEAM_MEMBER: answering.members,
        Relation.LEAD: (answering.lead,),
        Relation.MANAGER: tuple(dict.fromkeys(above)),
    }


def _derived(record: Incident | ActionItem, named: People) -> People:
    """Who can be named for what a record makes of several relations."""
    if isinstance(record, ActionItem):
        shown = record.evidence[-1].by if record.evidence else None
        looking = (named.get(relation, ()) for relation in Relation if relation in LOOKS_AT_EVIDENCE)
        others = (person for people in looking for person in people if person not in (record.owner, shown))
        return {Relation.VERIFIER: tuple(others)}
    leading = (Relation.LEAD, Relation.ROLE_HOLDER, Relation.MANAGER)
    reviewing = (person for relation in leading for person in named.get(relation, ()))
    team = (person for relation in Relation if relation in TEAM for person in named.get(relation, ()))
    return {
        Relation.REVIEWER: tuple(person for person in reviewing if person not in named[Relation.AUTHOR]),
        Relation.TEAM_UNTIL_COMMANDED: () if commanded(record) else tuple(team),
    }
