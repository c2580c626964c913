"""What people tell an action item about its ticket."""

from datetime import datetime
from typing import Literal

from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.text import Label
from followthrough.domain.replayed.ticket.ticket import TicketState
from followthrough.domain.replayed.values import PersonId, Refusal, Request


class Adopt(Request):
    """A ticket that is there already is this item's."""

    command: Literal["adopt"] = "adopt"
    by: PersonId
    ticket: Label
    """Its key or its address."""

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Only says whether it may be, for the tracker has to agree.

        Raises Refusal for an item that is settled, or has a ticket that was not deleted.
        """
        deleted = item.ticket_seen is not None and item.ticket_seen.state is TicketState.GONE
        if item.ticket is not None and not deleted:
            raise Refusal(f"Action item {item.id} has ticket {item.ticket.key} already.")
        if item.settled:
            raise Refusal(f"Action item {item.id} is {item.status.value}; only one that is open can adopt a ticket.")
