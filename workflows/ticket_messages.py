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


class SweepPlace(Message):
    """How far a sweep is."""

    changed: AwareDatetime | None = None
    """Tickets that changed after this have been told of; the latest come first."""
    checked: str = ""
    """Up to this id every open action item has been checked."""

    def is_ahead(self, updated: AwareDatetime | None) -> bool:
        """Whether a ticket that changed then is still to be told of."""
        return self.changed is None or updated is None or updated <= self.changed


class Swept(Message):
    """What a sweep hands to the next one."""

    begun: AwareDatetime
    checked_all: AwareDatetime
