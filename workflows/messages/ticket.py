"""What workflows ask of the activities that keep tickets, and what these answer."""

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.ticket.sync import TicketFacts
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport
from followthrough.domain.replayed.values import Message


class FollowTicket(Message):
    """Bring the ticket of an action item up to date; it shows ``shows`` unless somebody else changed it."""

    item: ActionItem
    shows: TicketFacts | None
    at: AwareDatetime


class TicketFollowed(Message):
    """What a ticket says: after it was ``written``, or else as it was found, which the action item has to take in."""

    report: TicketReport
    written: bool
    not_allowed: dict[str, str] = Field(default_factory=dict)
    """By the command that would come of it, why who changed the ticket may not."""


class TicketMade(Message):
    """What an action item's ticket says, and the sprint that it was put into, or why that was refused."""

    report: TicketReport
    sprint: Sprint | None = None
    refusal: str = ""


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


class Adoption(Message):
    """Make a ticket that is there already, named by its key or address, an action item's."""

    ticket: str
    item: ActionItem
