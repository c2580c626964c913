"""What ``doctor`` says of PagerDuty: whether routing keys are there. Asking with one would page somebody."""

from collections.abc import Iterator

from followthrough import doctor_directory
from followthrough.findings import Finding, FindingState
from followthrough.organisation_file import OrganisationError
from followthrough.routing_keys import NoRoutingKey, routing_key
from followthrough.settings import Settings


def pagers(settings: Settings) -> Iterator[Finding]:
    """One finding for each key that is named, or one that none is."""
    places: dict[str, list[str]] = {}
    try:
        organisation = doctor_directory.in_effect(settings)
    except OrganisationError:
        organisation = None
    for sections in (organisation.services, organisation.teams) if organisation else ():
        for entry in sections.values():
            if entry.pagerduty_key is not None:
                places.setdefault(entry.pagerduty_key, []).append(entry.name)
    url = settings.pagerduty_events_url
    if settings.pagerduty_routing_key is not None:
        yield Finding("PagerDuty", FindingState.OK, f"Roles that nobody acknowledges page through {url}.")
    elif not places:
        yield Finding(
            "PagerDuty",
            FindingState.MISSING,
            "Roles that nobody acknowledges are told by mail alone, which wakes nobody.",
            "To page, set FOLLOWTHROUGH_PAGERDUTY_ROUTING_KEY, or pagerduty_key of services or teams.",
        )
    for place, whose in places.items():
        subject = f"pages of {', '.join(whose)}"
        try:
            routing_key(place, None)
            yield Finding(subject, FindingState.OK, f"Their routing key is in {place}.")
        except NoRoutingKey as error:
            yield Finding(
                subject,
                FindingState.WRONG,
                str(error).partition(";")[0] + " for this process.",
                "Until workers have it there, their roles page nobody, and the timeline says so.",
            )
