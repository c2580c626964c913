"""What a ticket tracker does for action items. ``jira_tracker`` and ``local_tracker`` are two of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from followthrough.domain.action_item import ActionItem, Sprint, Ticket
from followthrough.domain.values import Message


class TicketState(StrEnum):
    """A tracker's own status, reduced to Jira's three categories, or gone."""

    TO_DO = "to do"
    IN_PROGRESS = "in progress"
    DONE = "done"
    GONE = "gone"


class TicketStatus(Message):
    """What the tracker says of a ticket."""

    ticket: Ticket
    state: TicketState
    status: str
    assignee: str | None
    due: date | None


class Tracker(Protocol):
    """Each call is safe to repeat.

    Raises TrackerUnavailable when trying again later helps, TrackerRefused when it doesn't.
    """

    def find(self, item_id: str) -> Ticket | None:
        """The ticket of an action item, however it was created."""

    def create(self, item: ActionItem) -> Ticket:
        """A new ticket; the caller has made sure that there is none."""

    def update(self, ticket: Ticket, item: ActionItem) -> None:
        """Owner and deadline follow the action item; a closed or waived item's ticket is closed with a comment."""

    def status(self, ticket: Ticket) -> TicketStatus:
        """Status, assignee and due date; ``GONE`` when it was deleted or can't be seen."""

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """The first sprint of the team's board that starts after ``at``; None when there is none (Kanban)."""

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """Moves the ticket into the sprint."""


class TrackerUnavailable(Exception):
    """Outage, rate limit, timeout: the outcome is unknown or the call was not taken."""


class TrackerRefused(Exception):
    """The tracker said no, in words for a person."""
