"""What a ticket tracker does for action items. ``jira_tracker`` and ``local_tracker`` are two of them."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from followthrough.domain.action_item import ActionItem, Sprint, Ticket
from followthrough.domain.ticket_text import Document, ticket_description
from followthrough.domain.values import Message
from followthrough.organisation import Organisation, Team


class TicketState(StrEnum):
    """A tracker's own status, reduced to Jira's three categories, or gone."""

    TO_DO = "to do"
    IN_PROGRESS = "in progress"
    DONE = "done"
    GONE = "gone"


class TicketStatus(Message):
    """What the tracker says of a ticket; ``assignee`` is its own id for a person."""

    ticket: Ticket
    state: TicketState
    status: str = ""
    assignee: str | None = None
    due: date | None = None


class Tracker(Protocol):
    """Each call but ``create`` is safe to repeat.

    Raises TrackerUnavailable when trying again later helps, TrackerRefused when it doesn't.
    """

    @property
    def index_lag(self) -> timedelta:
        """How long ``find`` may miss a ticket after it was created."""

    def find(self, item_id: str) -> Ticket | None:
        """The ticket of an action item, however it was created; the oldest when there are several."""

    def create(self, item: ActionItem) -> Ticket:
        """A new ticket; the caller has made sure that there is none."""

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """Makes the ticket lead to its action item."""

    def update(self, ticket: Ticket, item: ActionItem) -> None:
        """Owner and deadline follow the action item; a closed or waived item's ticket is closed with a comment."""

    def status(self, ticket: Ticket) -> TicketStatus:
        """Status, assignee and due date; ``GONE`` when it was deleted or can't be seen."""

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """The team's first sprint that has not started, as of ``at`` where the tracker has no clock of its own.

        None when there is none, and for teams that work without sprints.
        """

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """Moves the ticket into the sprint."""


class TrackerUnavailable(Exception):
    """Outage, rate limit, timeout: the outcome is unknown or the call was not taken.

    ``retry_after`` is how long the tracker asks to be left alone.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TrackerRefused(Exception):
    """The tracker said no, in words for a person."""


def team_of(organisation: Organisation, team: str) -> Team:
    """Raises TrackerRefused when the organisation file no longer has the team."""
    if team not in organisation.teams:
        raise TrackerRefused(f"Team {team} is not in the organisation file; add it, so that its tickets have a place.")
    return organisation.teams[team]


def due_day(item: ActionItem, organisation: Organisation) -> date | None:
    """The day of an action item's deadline where its team is."""
    zone = ZoneInfo(team_of(organisation, item.team).time_zone)
    return item.plan.due.astimezone(zone).date() if item.plan else None


def describe(item: ActionItem, organisation: Organisation, public_url: str) -> Document:
    """What the item's ticket says; raises TrackerRefused when the team is unknown."""
    owner = organisation.people.get(item.owner)
    return ticket_description(item, owner.name if owner else item.owner, due_day(item, organisation), public_url)
