"""What was said while a workflow did not run."""

from followthrough.domain.replayed.values import Message
from workflows.messages.incident import IncidentNews
from workflows.messages.item import BlockOver, ItemAskedAgain, ItemEnded


class MissedByIncident(Message):
    """What its action items said while an incident's workflow did not run."""

    ended: tuple[ItemEnded, ...]
    asked_again: tuple[ItemAskedAgain, ...]


class MissedByItem(Message):
    """What others said while an action item's workflow did not run; ``incident_id`` is what it belongs to now."""

    over: BlockOver | None
    news: IncidentNews | None
    incident_id: str | None
