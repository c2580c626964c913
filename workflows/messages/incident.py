"""What goes into an incident and comes out, and what others tell it."""

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.incident import Alert, Incident
from followthrough.domain.replayed.incident.lifecycle import Reopen
from followthrough.domain.replayed.proof import Proof
from followthrough.domain.replayed.values import Message, State
from workflows.messages.mail import QueuedNotice


class IncidentProgress(State):
    """An incident workflow's input: at its start, when it continues as new, and when it is reopened after its end."""

    incident: Incident
    alert: Alert | None = None
    reopen: Reopen | None = None
    reopen_id: str | None = None
    """Of that command."""
    proof: Proof | None = None
    """Of whoever declared or reopened it."""
    goes_on: str = ""
    """Why, when its last run ended badly: what the timeline says."""
    outgoing: list[QueuedNotice] = Field(default_factory=list)


class AlertReceipt(Message):
    """Answer to a delivered alert; when ``joined`` is False, the incident it was ``merged_into`` may take it.

    Without one, a new incident has to be started for it.
    """

    incident_id: str
    joined: bool
    merged_into: str | None = None


class MergeAnswer(Message):
    """The incident that was asked to continue another says that it does, or in a sentence why it can't."""

    into: str
    refusal: str | None
    question: str = ""


class IncidentNews(Message):
    """What action items have to know of their incident.

    When it was resolved and its postmortem published, if deadlines count from that; and whether it is private, if it
    ever was.
    """

    resolved_at: AwareDatetime | None
    published_at: AwareDatetime | None
    private: bool | None = None
