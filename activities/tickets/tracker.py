"""What a ticket tracker does for action items. ``jira`` and ``local.py`` are two of them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from activities.vendors import VendorRefused
from followthrough.domain.answered.organisation.organisation import Organisation, Team
from followthrough.domain.answered.ticket.text import Document, ticket_description
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.text import MachineLine
from followthrough.domain.replayed.ticket.ticket import Ticket
from followthrough.domain.replayed.ticket.ticket import TicketState as TicketState
from followthrough.domain.replayed.values import Message, PersonId


class TicketStatus(Message):
    """What the tracker says of a ticket as it is now.

    ``ticket`` has the key of today, which changes when somebody moves it to another project. ``item_id``
    is None when its label was taken away. ``assignee`` is the tracker's own id for a person.
    """

    ticket: Ticket
    state: TicketState
    status: MachineLine = ""
    item_id: str | None = None
    project: str = ""
    assignee: MachineLine | None = None
    due: date | None = None
    resolution: MachineLine | None = None
    """In Jira's words, for example Done or Won't Do."""
    updated: AwareDatetime | None = None


class TicketHistory(Message):
    """Who last changed a ticket's status, assignee and due date, by the tracker's own ids; None when nobody did."""

    moved_by: str | None = None
    assigned_by: str | None = None
    rescheduled_by: str | None = None
    evidence: str | None = None
    """The link that shows that it is done."""


class SprintState(StrEnum):
    """Where a sprint is; GONE when it was deleted or can't be seen."""

    FUTURE = "future"
    ACTIVE = "active"
    CLOSED = "closed"
    GONE = "gone"


class Tracker(Protocol):
    """Each call but ``create`` is safe to repeat.

    Raises VendorUnavailable when trying again later helps, VendorRefused when it doesn't.
    """

    @property
    def index_lag(self) -> timedelta:
        """How long ``find`` may miss a ticket after it was created."""

    def find(self, item_id: str) -> Ticket | None:
        """The ticket of an action item, however it was created; the oldest when there are several."""

    def check(self, team: str) -> None:
        """Raises VendorRefused, in one sentence, when the team's tickets could not be created."""

    def create(self, item: ActionItem) -> Ticket:
        """A new ticket; the caller has made sure that there is none, and that the team can have one."""

    def link_back(self, ticket: Ticket, item: ActionItem) -> None:
        """Makes the ticket lead to its action item."""

    def update(self, found: TicketStatus, item: ActionItem, *, words: bool = False) -> None:
        """Owner and deadline follow the action item; the ticket of one that is settled is closed with a comment.

        With ``words``, its summary, description and priority are written anew.
        """

    def reopen(self, found: TicketStatus, item: ActionItem) -> None:
        """Opens a ticket that is closed, with a comment that says why its action item is open again."""

    def status(self, ticket: Ticket) -> TicketStatus:
        """The ticket as it is at this moment, read past any index."""

    def history(self, ticket: Ticket) -> TicketHistory:
        """Who changed the ticket, and what shows that it is done."""

    def account_of(self, person: PersonId) -> str | None:
        """The tracker's own id for a person; None when the tracker does not know them."""

    def statuses(self, tickets: Sequence[Ticket]) -> list[TicketStatus]:
        """One for each of ``tickets``, in their order, asked for in batches."""

    def changed_since(self, since: datetime) -> Iterator[TicketStatus]:
        """Every ticket of an action item that changed since then, page by page.

        It reaches back further by the index lag and a minute, so some come twice; whoever asks again
        gives the moment at which the last complete answer was begun. Deleted tickets are not among them.
        """

    def adopt(self, key_or_url: str, item: ActionItem) -> Ticket:
        """Makes a ticket that is there already the action item's: found by ``find``, leading back to it.

        Raises VendorRefused when there is no such ticket, it belongs to another item, or may not be edited.
        """

    def comment(self, ticket: Ticket, text: str) -> None:
        """Says something on the ticket, once: not again when the same words are its last comment."""

    def next_sprint(self, team: str, at: datetime) -> Sprint | None:
        """The team's first sprint that has not started, as of ``at`` where the tracker has no clock of its own.

        None when there is none, and for teams that work without sprints.
        """

    def sprint_state(self, sprint: Sprint, at: datetime) -> SprintState:
        """Where the sprint is, as of ``at`` where the tracker has no clock of its own."""

    def add_to_sprint(self, sprint: Sprint, ticket: Ticket) -> None:
        """Moves the ticket into the sprint."""

    def plan_sprint(self, sprint: Sprint, tickets: Sequence[Ticket]) -> None:
        """Moves the tickets into the sprint, in one request up to 50, and ranks them first there, in their order.

        Raises VendorRefused when the sprint is closed or gone.
        """

    def rank_first(self, team: str, tickets: Sequence[Ticket]) -> None:
        """Ranks the tickets first on the board of a team that works without sprints, in their order."""


def team_of(organisation: Organisation, team: str) -> Team:
    """Raises VendorRefused when the organisation file no longer has the team."""
    if team not in organisation.teams:
        raise VendorRefused(f"Team {team} is not in the organisation file; add it, so that its tickets have a place.")
    return organisation.teams[team]


def due_day(item: ActionItem, organisation: Organisation) -> date | None:
    """The day of an action item's deadline where its team is."""
    zone = ZoneInfo(team_of(organisation, item.team).time_zone)
    return item.due_at.astimezone(zone).date() if item.due_at else None


def describe(item: ActionItem, organisation: Organisation, public_url: str) -> Document:
    """What the item's ticket says; raises VendorRefused when the team is unknown."""
    owner = organisation.people.get(item.owner)
    return ticket_description(item, owner.name if owner else item.owner, due_day(item, organisation), public_url)
