"""What people did in an incident, or were asked to do, as it is counted."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from followthrough.domain.replayed.incident.incident import Incident, IncidentMomentKind, Role
from followthrough.domain.replayed.values import PersonId


class What(StrEnum):
    """Asked is to take a role; led was as Incident Commander or Comms Lead, resolved as Resolver; thanked, others."""

    ASKED = "asked"
    LED = "led"
    RESOLVED = "resolved"
    THANKED = "thanked"


class Part(NamedTuple):
    """Of one person, once for each time."""

    what: What
    person: PersonId
    at: datetime


OF_ROLES = {Role.INCIDENT_COMMANDER: What.LED, Role.COMMS_LEAD: What.LED, Role.RESOLVER: What.RESOLVED}


def parts(incident: Incident) -> Iterator[Part]:
    """Also who handed over led or resolved, but not who never acknowledged."""
    for holder in (*incident.past_roles, *incident.roles):
        yield Part(What.ASKED, holder.person, holder.at)
    for moment in incident.moments:
        if moment.kind is IncidentMomentKind.ROLE_NOT_ACKNOWLEDGED:
            yield from (Part(What.ASKED, person, moment.at) for person in moment.to)
    earlier = [holder for holder in incident.past_roles if holder.acknowledged_at]
    for holder in (*earlier, *incident.roles):
        yield Part(OF_ROLES[holder.role], holder.person, holder.at)
    for kudos in incident.kudos:
        yield Part(What.THANKED, kudos.by, kudos.at)
