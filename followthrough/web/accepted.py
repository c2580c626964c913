"""Short answers: the incident that began, or what is said instead."""

from followthrough.settings import Settings
from followthrough.web.shapes.shape import Shape


class Accepted(Shape):
    """The incident that an alert belongs to, and its page."""

    incident: str
    """Its id."""
    url: str
    """Of its page."""


class Said(Shape):
    """What came of it, or will, in a sentence."""

    message: str
    """For people; it may change its words."""


def incident_page(incident_id: str, settings: Settings) -> str:
    """Its address."""
    return f"{settings.resolved_public_url}/incidents/{incident_id}"
