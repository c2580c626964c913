"""Short answers: the incident that began, or what is said instead."""

from pydantic import BaseModel

from followthrough.settings import Settings


class Accepted(BaseModel):
    """The incident that an alert belongs to, and its page."""

    incident: str
    url: str


class Said(BaseModel):
    """What came of it, or will, in a sentence."""

    message: str


def incident_page(incident_id: str, settings: Settings) -> str:
    """Its address."""
    return f"{settings.resolved_public_url}/incidents/{incident_id}"
