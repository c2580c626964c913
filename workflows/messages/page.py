"""Asks for a page."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.incident.paging import ToPage
from followthrough.domain.replayed.values import Message


class SendPage(Message):
    """Tell the pager, as of ``at``; what it was told before may be told again."""

    page: ToPage
    incident: Incident
    at: AwareDatetime
