"""Who has a role of an incident, and who gets it; nobody ever holds two."""

from datetime import datetime

from followthrough.domain.replayed.incident.incident import Incident, IncidentMoment, Role, RoleHolder
from followthrough.domain.replayed.limits import LINKS
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal


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
