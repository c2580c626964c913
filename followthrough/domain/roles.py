"""Who is asked for a role, and who after them; nobody ever holds two."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from followthrough.domain.incident import Incident, IncidentMoment, IncidentMomentKind, Role, RoleHolder
from followthrough.domain.limits import LINKS
from followthrough.domain.rota import on_call
from followthrough.domain.values import EntryKind, PersonId, Refusal
from followthrough.organisation import Organisation
from followthrough.policies import RolePolicies, SeverityPolicy


def responders(incident: Incident, organisation: Organisation, now: datetime) -> tuple[PersonId, ...]:
    """Everybody who can be asked, in order: on call, the escalation path, the managers of the first on call.

    The team's lead and their managers when the service is gone from the file.
    """
    team = organisation.team(incident.team, incident.service)
    service = organisation.services.get(incident.service)
    asked = (*on_call(service, team, now), *service.escalation_path) if service else (team.lead,)
    return tuple(dict.fromkeys((*asked, *organisation.managers(asked[0]))))


def comms_lead(
    incident: Incident, policies: RolePolicies, severity: SeverityPolicy, free: Sequence[PersonId]
) -> PersonId | None:
    """Who to ask to be Comms Lead, once somebody commands an incident whose severity has updates."""
    owed = policies.comms_lead and severity.updates and incident.holder(Role.COMMS_LEAD) is None
    return free[0] if owed and free and incident.holder(Role.INCIDENT_COMMANDER) else None


def give(
    incident: Incident,
    role: Role,
    person: PersonId,
    now: datetime,
    *,
    by: PersonId | None,
    instead_of: RoleHolder | None,
) -> None:
    """Gives a role to a person, who has to acknowledge it unless they take it themselves.

    Raises Refusal when the person already holds one.
    """
    for holder in incident.roles:
        if holder.person == person:
            raise Refusal(f"{person} is already {holder.role.value}; nobody holds two roles in one incident.")
    given = RoleHolder(
        role=role,
        person=person,
        at=now,
        acknowledged_at=now if by == person else None,
        before=(instead_of.person,) if instead_of else (),
    )
    incident.roles = [holder for holder in incident.roles if holder is not instead_of] + [given]
    if instead_of is not None:
        incident.past_role(instead_of)


def ask(incident: Incident, role: Role, person: PersonId | None, now: datetime) -> bool:
    """Asks a person to take a role; False when somebody has it, or the person has another, or there is nobody."""
    if person is None or any(role is holder.role or person == holder.person for holder in incident.roles):
        return False
    give(incident, role, person, now, by=None, instead_of=None)
    incident.note(now, EntryKind.ROLE, f"{role.value}: {person} is asked")
    return True


def unacknowledged(
    incident: Incident, within: timedelta, at_most: timedelta, people: Sequence[PersonId]
) -> Iterator[IncidentMoment]:
    """When each role that nobody has acknowledged is offered to the next of ``people`` who was not silent before.

    When all were asked, the last who can is asked again and again, after ``within`` that doubles up to ``at_most``.
    """
    busy = {holder.person for holder in incident.roles}
    silent = {person for holder in incident.roles for person in holder.before}
    for holder in incident.roles:
        if holder.acknowledged_at is not None:
            continue
        possible = [person for person in people if person == holder.person or person not in busy]
        fresh = [person for person in possible if person != holder.person and person not in silent]
        offer = (*fresh[:1], *possible[-1:], holder.person)[0]
        again = min(holder.before.count(holder.person), 16)
        yield IncidentMoment(
            at=holder.at + min(within * 2**again, max(within, at_most)),
            kind=IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED,
            subject=holder.role,
            holder=holder.person,
            offer=offer,
            to=(offer,),
        )


def pass_on(incident: Incident, moment: IncidentMoment, now: datetime) -> RoleHolder | None:
    """Moves a role to who it is offered to; None when the roles have changed since that was planned."""
    for index, holder in enumerate(incident.roles):
        others = [other.person for other in incident.roles if other is not holder]
        if (holder.role, holder.person) == (moment.subject, moment.holder) and holder.acknowledged_at is None:
            if moment.offer is None or moment.offer in others:
                return None
            again = " again" if moment.offer == holder.person else ""
            text = f"{holder.role.value} not acknowledged by {holder.person}: {moment.offer} is asked{again}"
            incident.past_role(holder)
            incident.roles[index] = RoleHolder(
                role=holder.role, person=moment.offer, at=now, before=(*holder.before, holder.person)[-LINKS:]
            )
            incident.note(now, EntryKind.ESCALATION, text)
            return incident.roles[index]
    return None
