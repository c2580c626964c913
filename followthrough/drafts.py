"""Drafts of stakeholder updates, filled with what is known of an incident."""

import logging
from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime

from followthrough.domain.answered.access.privacy import discreet
from followthrough.domain.answered.incident.updates import last_update
from followthrough.domain.answered.organisation.organisation import Organisation, Templates
from followthrough.domain.answered.wording import span, when
from followthrough.domain.replayed.incident.incident import Audience, Incident, Role, UpdateStage
from followthrough.domain.replayed.values import Message
from followthrough.update_templates import SHIPPED, fill, known_to, template_name

logger = logging.getLogger(__name__)


class Draft(Message):
    """A stakeholder update that nobody has sent yet; ``next_update`` is the promise that its mail will add."""

    stage: UpdateStage
    audience: Audience
    text: str
    next_update: AwareDatetime | None


def draft(
    incident: Incident,
    stage: UpdateStage,
    audience: Audience,
    organisation: Organisation,
    public_url: str,
    now: datetime,
) -> Draft:
    """From the templates of the team, or else of the organisation, or else those that come along.

    Of a private incident it has only what updates said before, for it goes to people who are not on it.
    """
    cadence = organisation.severities[incident.severity].updates.get(audience)
    next_update = now + cadence if cadence and stage is not UpdateStage.RESOLVED else None
    shown = discreet(incident).model_copy(update={"updates": incident.updates})
    facts = _facts(shown, audience, organisation, public_url, now) | {"next_update": when(next_update)}
    known = {name: " ".join(facts[name].split()) for name in known_to(audience)}
    text = _fill_first(template_name(stage, audience), known, organisation.update_templates_of(incident.team))
    return Draft(stage=stage, audience=audience, text=text, next_update=next_update)


def _fill_first(name: str, facts: dict[str, str], own: Sequence[Templates]) -> str:
    """A template of one's own that fails all the same must not keep an update from being drafted."""
    for templates in own:
        if name in templates.sources:
            try:
                return fill(templates.sources[name], facts)
            except Exception as error:  # whatever an expression in a template can do wrong
                logger.warning("%s/%s could not be filled: %s", templates.folder, name, type(error).__name__)
    return fill(SHIPPED.sources[name], facts)


def _facts(
    incident: Incident, audience: Audience, organisation: Organisation, public_url: str, now: datetime
) -> dict[str, str]:
    service = organisation.services.get(incident.service)
    last, to_customers = last_update(incident, audience), last_update(incident, Audience.CUSTOMERS)

    def names(role: Role) -> str:
        return ", ".join(organisation.name_of(holder.person) for holder in incident.roles if holder.role is role)

    return {
        "title": incident.title,
        "service": service.name if service else incident.service,
        "team": organisation.team(incident.team, incident.service).name,
        "severity": incident.severity,
        "severity_means": organisation.severities[incident.severity].description,
        "status": incident.status,
        "incident_id": incident.id,
        "incident_url": f"{public_url}/incidents/{incident.id}",
        "since": when(incident.declared_at),
        "duration": span((incident.resolved_at or now) - incident.declared_at),
        "mitigated_at": when(incident.mitigated_at),
        "mitigation": incident.mitigation if incident.mitigated_at else "",
        "resolved_at": when(incident.resolved_at),
        "resolution": incident.resolution if incident.resolved_at else "",
        "commander": names(Role.INCIDENT_COMMANDER),
        "comms_lead": names(Role.COMMS_LEAD),
        "resolvers": names(Role.RESOLVER),
        "last_said": last.text if last else "",
        "last_said_at": when(last.at if last else None),
        "customers_last_said": to_customers.text if to_customers else "",
        "customers_last_said_at": when(to_customers.at if to_customers else None),
    }
