"""Who can be asked for a role of an incident, and who after them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.organisation.policies import PageWhen, RolePolicies, SeverityPolicy
from followthrough.domain.answered.organisation.rota import on_call
from followthrough.domain.replayed.incident.incident import (
    ONGOING,
    Incident,
    IncidentMoment,
    IncidentMomentKind,
    Role,
)
from followthrough.domain.replayed.values import PersonId


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


def to_page(incident: Incident, when: PageWhen) -> tuple[PersonId, ...]:
    """Whose role a pager is told of; of a drill it is not."""
    if incident.drill or incident.status not in ONGOING:
        return ()
    passed = {
        (moment.subject, moment.holder, moment.offer)
        for moment in incident.moments
        if moment.kind is IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED
    }
    return tuple(
        holder.person
        for holder in incident.roles
        if holder.acknowledged_at is None
        and (
            when is PageWhen.ASKED
            or any((holder.role, before, holder.person) in passed for before in holder.before[-1:])
        )
    )
