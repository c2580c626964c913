"""An action item, as the API shows it."""

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from followthrough.domain.replayed.item.action_item import (
    EvidenceKind,
    ItemStatus,
    Kind,
    MomentKind,
    Priority,
)
from followthrough.domain.replayed.ticket.ticket import TicketState
from followthrough.domain.replayed.values import PersonId, Severity
from followthrough.web.shapes.shape import Around, Entry, Shape


class ShownReminder(Shape):
    """A time at which something happens without anybody's doing, or happened."""

    at: AwareDatetime
    kind: MomentKind
    level: int
    """Of escalation, from 1; 0 where nobody is escalated to."""
    to: list[PersonId]
    """Who is told."""


class ShownPolicy(Shape):
    """What the organisation file allows for it."""

    approvers: list[PersonId]
    verified_by_other: bool
    max_extensions: int
    max_extension_days: int
    max_waiver_days: int | None
    """None when a waiver may be for good."""
    max_block_days: int


class ShownItemPlan(Shape):
    """Deadlines, and what comes next."""

    accept_by: AwareDatetime
    due: AwareDatetime
    next: ShownReminder | None
    """What comes next, unless somebody acts."""
    unplanned: bool
    """It should be in a sprint of its team by now."""
    policy: ShownPolicy


class ShownEvidence(Shape):
    """What shows that it is done."""

    url: Annotated[str, BeforeValidator(str)]
    kind: EvidenceKind | None
    note: str
    by: PersonId
    at: AwareDatetime
    refuted: str | None
    """Why it does not hold, once somebody found so."""


class ShownWaiver(Shape):
    """A conscious decision not to do it."""

    reason: str
    by: PersonId | None
    """None when it belonged to a drill that is over."""
    at: AwareDatetime
    until: AwareDatetime | None
    """When it is asked again; None for good."""


class ShownBlock(Shape):
    """What it waits for."""

    reason: str
    on: str | None
    """An action item, if it is one."""
    until: AwareDatetime
    by: PersonId
    at: AwareDatetime


class ShownExtension(Shape):
    """More time than its owner may take; an approver decides."""

    until: AwareDatetime
    reason: str
    by: PersonId
    at: AwareDatetime


class ShownOwnerWanted(Shape):
    """Why its team's lead has to find another owner."""

    because: str
    since: AwareDatetime


class ShownComment(Shape):
    """What somebody said about it, or the beginning of that."""

    by: PersonId
    at: AwareDatetime
    text: str


class ShownTicket(Shape):
    """Its ticket in the tracker."""

    key: str
    url: str


class ShownTicketReport(Shape):
    """What its ticket was last known to say."""

    state: TicketState
    status: str
    """As the tracker names it."""
    assignee: PersonId | None
    """None where that is nobody whom the organisation file has."""


class ShownSprint(Shape):
    """The sprint that it is planned in."""

    id: int
    name: str
    end: AwareDatetime | None


class ShownItem(Shape):
    """An action item. All times are aware; what is None has not happened, or is not known."""

    id: str = Field(examples=["inc-7f3a9c21d0b84e5fa612.1"])
    version: int
    """Grows with every change."""
    incident_id: str = Field(examples=["inc-7f3a9c21d0b84e5fa612"])
    title: str = Field(examples=["Page when the queue is deeper than 1,000 for 5 minutes"])
    description: str
    kind: Kind
    priority: Priority
    severity: Severity
    """Of its incident."""
    service: str
    team: str
    owner: PersonId
    proposed_by: PersonId
    proposed_at: AwareDatetime
    drill: bool
    private: bool
    """As its incident is."""
    status: ItemStatus
    owner_since: AwareDatetime | None
    """None while the first owner has it."""
    accepted_at: AwareDatetime | None
    done_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    """When it was settled; None again once it is asked again."""
    asked_at: AwareDatetime | None
    """When it was last asked again, after a waiver or its end; deadlines count from then."""
    asked_because: str
    plan: ShownItemPlan | None
    """None in the moment before there is one."""
    due: AwareDatetime | None
    """Set by an extension; until then the deadline is that of the plan."""
    comments: list[ShownComment]
    """The last ones."""
    ticket: ShownTicket | None
    ticket_adopted: bool
    """Somebody else wrote it, so what it says stays theirs."""
    ticket_seen: ShownTicketReport | None
    ticket_conflict: str
    """The last time the ticket and the item differed, and what came of it."""
    sprint: ShownSprint | None
    evidence: list[ShownEvidence]
    waiver: ShownWaiver | None
    extensions: int
    """How often it was given more time."""
    extension_wanted: ShownExtension | None
    block: ShownBlock | None
    blocks: list[str]
    """Action items that wait for this one."""
    owner_wanted: ShownOwnerWanted | None
    """While the owner declined, left, is away or did not accept; until somebody accepts."""
    repeats: list[str]
    """Later incidents that repeated its own while it was open or waived."""
    estimate: float | None
    """In the unit of its team's sprint capacity."""
    moved_on: int
    """How many sprints it was planned in that ended without it being done."""
    duplicate_of: str | None
    duplicates: list[str]
    """Action items that were merged into this one."""
    split_from: str | None
    split_into: list[str]
    reminders: list[ShownReminder]
    """What came without anybody's doing, so far."""


class ItemNow(ShownItem, Around):
    """An action item, what comes next, and what who asks may do."""


class ItemDetail(ItemNow):
    """An action item with what happened to it, oldest first."""

    timeline: list[Entry]
    time_zone: str
    """Where its team is: a day ends there."""


class ItemLine(Shape):
    """An action item in a list."""

    id: str
    version: int
    incident_id: str
    title: str
    kind: Kind
    priority: Priority
    severity: Severity
    service: str
    team: str
    owner: PersonId
    status: ItemStatus
    drill: bool
    late: bool
    """The time to do it has passed, or somebody was asked to find an owner."""
    owner_wanted: ShownOwnerWanted | None
    due: AwareDatetime | None
    """Its deadline: by the plan, or what was set before there is one."""
    next_at: AwareDatetime | None
    next_kind: MomentKind | None
    ticket: str | None
    """Its key."""
    ended_at: AwareDatetime | None
    updated_at: AwareDatetime | None
    """When it was written last, also where nothing changed that is shown here."""
