"""Asks for a page in Confluence."""

from followthrough.domain.replayed.values import Message


class WritePage(Message):
    """Bring the page of an incident's postmortem to what that says."""

    incident_id: str
