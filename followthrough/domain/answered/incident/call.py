"""Where those who respond to an incident talk."""

from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.incident.incident import Incident


def call_of(incident: Incident, organisation: Organisation) -> str | None:
    """The call that it was declared with, or else that of its service; None when there is neither."""
    service = organisation.services.get(incident.service)
    of_service = str(service.call) if service and service.call else None
    return incident.call or of_service
