"""Commands by which people of the organisation follow one incident's updates, or stop to."""

from datetime import datetime
from typing import Literal

from followthrough.domain.replayed.incident.incident import ONGOING, Audience, Incident, IncidentStatus, Subscription
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request


class Subscribe(Request):
    """Somebody wants the updates for an audience."""

    command: Literal["subscribe"] = "subscribe"
    by: PersonId
    audience: Audience = Audience.INTERNAL

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when they have them, or no update can come any more."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, to="subscribed to")
        wanted = Subscription(person=self.by, audience=self.audience)
        if wanted in incident.subscriptions:
            raise Refusal(f"{self.by} already gets the updates to {self.audience} of incident {incident.id}.")
        incident.subscriptions.append(wanted)
        incident.unsubscribed = [person for person in incident.unsubscribed if person != self.by]
        incident.note(now, EntryKind.SUBSCRIPTION, f"Gets the updates to {self.audience}", self.by)


class Unsubscribe(Request):
    """Somebody wants no more updates of this incident, also where the service's subscribers name their address."""

    command: Literal["unsubscribe"] = "unsubscribe"
    by: PersonId

    def apply(self, incident: Incident, now: datetime) -> None:
        """Raises Refusal when they did so before, or no update can come any more."""
        incident.require(*ONGOING, IncidentStatus.RESOLVED, IncidentStatus.PUBLISHED, to="unsubscribed from")
        if self.by in incident.unsubscribed:
            raise Refusal(f"{self.by} gets no updates of incident {incident.id} any more.")
        incident.subscriptions = [wanted for wanted in incident.subscriptions if wanted.person != self.by]
        incident.unsubscribed.append(self.by)
        incident.note(now, EntryKind.SUBSCRIPTION, "Gets no more updates", self.by)
