"""The answer to whoever made an incident begin."""

from pydantic import BaseModel

from followthrough.settings import Settings


class Accepted(BaseModel):
    """The incident that an alert belongs to, and its page."""

    incident: str
    url: str


def incident_page(incident_id: str, settings: Settings) -> str:
    """Its address."""
    return f"{settings.resolved_public_url}/incidents/{incident_id}"
