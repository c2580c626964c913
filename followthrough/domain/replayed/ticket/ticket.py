"""A ticket in the tracker, and what it was last known to say."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from followthrough.domain.replayed.text import Link, MachineLine
from followthrough.domain.replayed.times import MachineTime
from followthrough.domain.replayed.values import Message, PersonId


class Ticket(Message):
    """A ticket in the tracker."""

    key: str
    url: str


class TicketState(StrEnum):
    """A tracker's own status, reduced to Jira's three categories, or why it can't be read.

    Jira says the same of a deleted ticket and of one that may not be seen. HIDDEN is one whose whole
    project can't be seen; GONE is any other: deleted, or restricted or moved to where it can't be seen.
    """

    TO_DO = "to do"
    IN_PROGRESS = "in progress"
    DONE = "done"
    GONE = "gone"
    HIDDEN = "hidden"


class TicketReport(Message):
    """What a ticket says, with the policies for it. People are None where the organisation file has no such person."""

    ticket: Ticket
    state: TicketState
    status: MachineLine = ""
    """As the tracker names it."""
    account: MachineLine | None = None
    """The assignee as the tracker names them; None when it is assigned to nobody."""
    assignee: PersonId | None = None
    assignee_kept: bool = True
    """Still whom Followthrough assigned it to."""
    due: date | None = None
    due_kept: bool = True
    """Still the day that Followthrough wrote."""
    deadline: MachineTime | None = None
    """``due`` as a deadline of its team."""
    moved_by: PersonId | None = None
    """Who last changed the status; the two below are who last changed the assignee and the due date."""
    assigned_by: PersonId | None = None
    rescheduled_by: PersonId | None = None
    evidence: Link | None = None
    abandoned: bool = False
    """Closed without being done, as Won't Do."""
    lead: PersonId
    """Of the item's team."""
    project_lead: PersonId | None = None
    """Of the team whose project the ticket is in, when that is another."""
    reopen_without_evidence: bool = False
    updated: AwareDatetime | None = None
