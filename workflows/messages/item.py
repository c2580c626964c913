"""What goes into an action item and comes out, and what it and others tell each other."""

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.incident.incident import ItemSummary
from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.lifecycle import ReopenItem
from followthrough.domain.replayed.proof import Proof
from followthrough.domain.replayed.ticket.sync import TicketFacts
from followthrough.domain.replayed.values import Message, State
from workflows.messages.mail import QueuedNotice


class ItemProgress(State):
    """An action item workflow's input: at its start, when it continues as new, and when it is reopened after its end.

    ``announced`` says that those who have to know were told that the item is settled.
    """

    item: ActionItem
    reopen: ReopenItem | None = None
    reopen_id: str | None = None
    """Of that command."""
    proof: Proof | None = None
    """Of whoever reopened it."""
    announced: bool = False
    tells_incident: bool = False
    """The run of its incident that started it is over, and does not hear from the engine that it has ended."""
    goes_on: str = ""
    """Why, when its last run ended badly: what the timeline says."""
    outgoing: list[QueuedNotice] = Field(default_factory=list)
    ticket_shows: TicketFacts | None = None


class ItemEnded(Message):
    """An action item tells its incident what became of it."""

    item_id: str
    at: AwareDatetime
    status: ItemStatus


class ItemSplit(Message):
    """An action item asks its incident whether these parts may go on instead of it."""

    item_id: str
    parts: tuple[ItemSummary, ...]
    question: str = ""


class ItemAskedAgain(Message):
    """An action item that was closed or waived tells its incident that it is open again."""

    item_id: str
    because: str


class ItemEdited(Message):
    """An action item tells its incident what it is called now."""

    item_id: str
    title: str


class BlockAsked(Message):
    """An action item asks another to tell it when it has ended.

    ``path`` leads from the one that asks through those that wait for each other, so that a circle is seen.
    """

    path: tuple[str, ...]
    question: str = ""


class Answer(Message):
    """The action item or incident that was asked agrees, or says in a sentence why it can't.

    ``incident_id`` is the incident that answers, ``question`` what it was asked.
    """

    refusal: str | None
    incident_id: str | None = None
    question: str = ""


class BlockOver(Message):
    """The action item that another one waits for is settled."""

    on: str
    because: str
