"""What workflows ask of the activities that read tickets."""

from pydantic import AwareDatetime

from followthrough.domain.action_item import ActionItem, Ticket
from followthrough.domain.values import Message
from workflows.messages import TicketFacts


class LookAtTicket(Message):
    """Read the ticket of an action item, which shows ``shows`` unless somebody else changed it."""

    item: ActionItem
    shows: TicketFacts | None
    at: AwareDatetime


class TicketComment(Message):
    """Say something on a ticket."""

    ticket: Ticket
    text: str


class SweepRequest(Message):
    """Find the tickets that changed since then, and with ``check_all`` those that nobody can read any more, too."""

    since: AwareDatetime
    check_all: bool


class TicketNews(Message):
    """Action items whose tickets say something new."""

    items: tuple[str, ...]
    """Ids of those that have not ended."""
    reopened: tuple[ActionItem, ...]
    """Those that were closed, and whose tickets were reopened."""


class Swept(Message):
    """What a sweep hands to the next one."""

    begun: AwareDatetime
    checked_all: AwareDatetime
