"""Who gets a stakeholder update, before it is sent; how mails are addressed is in ``activities/mails/email.py``."""

from typing import NamedTuple

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Audience, Incident, IncidentMomentKind
from followthrough.domain.replayed.values import PersonId


class Readers(NamedTuple):
    """People who subscribed to the incident, and addresses that the service's subscribers name."""

    people: tuple[PersonId, ...]
    addresses: tuple[str, ...]


def readers(incident: Incident, audience: Audience, organisation: Organisation) -> Readers:
    """Each once; nobody who unsubscribed, and of a drill no customer. ``organisation`` is without those who left."""
    wanted = dict.fromkeys(one.person for one in incident.subscriptions if one.audience is audience)
    people = tuple(person for person in wanted if person in organisation.people)
    service = organisation.services.get(incident.service)
    in_drill = incident.drill and audience is Audience.CUSTOMERS
    subscribed = service.subscribers.get(audience, ()) if service and not in_drill else ()
    left_out = [*people, *(person for person in incident.unsubscribed if person in organisation.people)]
    known = {organisation.people[person].email.lower() for person in left_out}
    once = {address.lower(): address for address in subscribed}
    return Readers(people, tuple(address for lower, address in once.items() if lower not in known))


def likely_audience(incident: Incident, organisation: Organisation) -> Audience:
    """The one that is owed an update next, or else the first that the severity has."""
    upcoming = incident.upcoming
    if upcoming and upcoming.kind in (IncidentMomentKind.UPDATE_DUE, IncidentMomentKind.UPDATE_MISSED):
        return Audience(upcoming.subject)
    return next(iter(organisation.severities[incident.severity].updates), Audience.INTERNAL)
