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
    """What happens."""
    level: int
    """Of escalation, from 1; 0 where nobody is escalated to."""
    to: list[PersonId]
    """Who is told."""


class ShownPolicy(Shape):
    """What the organisation file allows for it."""

    approvers: list[PersonId]
    """Who may waive it and give it more time, the first to be asked first."""
    verified_by_other: bool
    """Whether somebody other than the owner has to look at the evidence."""
    max_extensions: int
    """How often its owner may give it more time."""
    max_extension_days: int
    """How many days at once."""
    max_waiver_days: int | None
    """Null when a waiver may be for good."""
    max_block_days: int
    """How many days it may wait for something."""


class ShownItemPlan(Shape):
    """Deadlines, and what comes next."""

    accept_by: AwareDatetime
    """By when its owner has to accept it."""
    due: AwareDatetime
    """By when it has to be done; an extension sets another time."""
    next: ShownReminder | None
    """What comes next, unless somebody acts; null where nothing does."""
    unplanned: bool
    """It should be in a sprint of its team by now."""
    policy: ShownPolicy
    """What it was planned by."""


class ShownEvidence(Shape):
    """What shows that it is done."""

    url: Annotated[str, BeforeValidator(str)]
    """Where to look."""
    kind: EvidenceKind | None
    """Null where nobody said."""
    note: str
    """What to know about it; may be empty."""
    by: PersonId
    """Who shows it."""
    at: AwareDatetime
    """When it was shown."""
    refuted: str | None
    """Why it does not hold; null unless somebody found so."""


class ShownWaiver(Shape):
    """A conscious decision not to do it."""

    reason: str
    """Why it will not be done."""
    by: PersonId | None
    """Null when it belonged to a drill that is over."""
    at: AwareDatetime
    """When that was decided."""
    until: AwareDatetime | None
    """When it is asked again; null for good."""


class ShownBlock(Shape):
    """What it waits for."""

    reason: str
    """Why it has to wait."""
    on: str | None
    """An action item; null where it is none."""
    until: AwareDatetime
    """When that is looked at again."""
    by: PersonId
    """Who said so."""
    at: AwareDatetime
    """When that was said."""


class ShownExtension(Shape):
    """More time than its owner may take; an approver decides."""

    until: AwareDatetime
    """The time that is asked for."""
    reason: str
    """Why it takes longer."""
    by: PersonId
    """Who asks for it."""
    at: AwareDatetime
    """When it was asked for."""


class ShownOwnerWanted(Shape):
    """Why its team's lead has to find another owner."""

    because: str
    """In a sentence."""
    since: AwareDatetime
    """Since when."""


class ShownComment(Shape):
    """What somebody said about it, or the beginning of that."""

    by: PersonId
    """Who said it."""
    at: AwareDatetime
    """When it was said."""
    text: str


class ShownTicket(Shape):
    """Its ticket in the tracker."""

    key: str
    """As `PAY-412`."""
    url: str
    """Of its page."""


class ShownTicketReport(Shape):
    """What its ticket was last known to say."""

    state: TicketState
    """Reduced to what all trackers have, or why it can't be read."""
    status: str
    """As the tracker names it."""
    assignee: PersonId | None
    """Null where that is nobody whom the organisation file has."""


class ShownSprint(Shape):
    """The sprint that it is planned in."""

    id: int
    """The tracker's number of it."""
    name: str
    """As the tracker calls it."""
    end: AwareDatetime | None
    """When the tracker says that it ends; null where it says nothing."""


class ShownItem(Shape):
    """An action item. All times are aware; what is null has not happened, or is not known."""

    id: str = Field(examples=["inc-7f3a9c21d0b84e5fa612.1"])
    version: int
    """Grows with every change."""
    incident_id: str = Field(examples=["inc-7f3a9c21d0b84e5fa612"])
    title: str = Field(examples=["Page when the queue is deeper than 1,000 for 5 minutes"])
    description: str
    """More than the title; may be empty."""
    kind: Kind
    priority: Priority
    severity: Severity
    """Of its incident."""
    service: str
    team: str
    owner: PersonId
    proposed_by: PersonId
    """Who proposed it."""
    proposed_at: AwareDatetime
    """When it was proposed."""
    drill: bool
    private: bool
    """As its incident is."""
    status: ItemStatus
    """Where it is."""
    owner_since: AwareDatetime | None
    """Null while the first owner has it."""
    accepted_at: AwareDatetime | None
    """When its owner accepted it; null until then."""
    done_at: AwareDatetime | None
    """When its owner said that it is done; null until then."""
    ended_at: AwareDatetime | None
    """When it was settled; null again once it is asked again."""
    asked_at: AwareDatetime | None
    """When it was last asked again, after a waiver or its end; deadlines count from then; null where it was not."""
    asked_because: str
    """Why it was asked again; empty where it was not."""
    plan: ShownItemPlan | None
    """Null in the moment before there is one."""
    due: AwareDatetime | None
    """Set by an extension; null until then, when the deadline is that of the plan."""
    comments: list[ShownComment]
    """The last ones."""
    ticket: ShownTicket | None
    """Null while it has none."""
    ticket_adopted: bool
    """Somebody else wrote it, so what it says stays theirs."""
    ticket_seen: ShownTicketReport | None
    """What its ticket says; null until it was read."""
    ticket_conflict: str
    """The last time the ticket and the item differed, and what came of it; empty where they never did."""
    sprint: ShownSprint | None
    """Null while it is in none."""
    evidence: list[ShownEvidence]
    """All that was shown, also what did not hold."""
    waiver: ShownWaiver | None
    """Null unless it is waived."""
    extensions: int
    """How often it was given more time."""
    extension_wanted: ShownExtension | None
    """Null unless its owner asked for more time and nobody has decided yet."""
    block: ShownBlock | None
    """Null unless it has to wait."""
    blocks: list[str]
    """Action items that wait for this one."""
    owner_wanted: ShownOwnerWanted | None
    """While the owner declined, left, is away or did not accept, until somebody accepts; else null."""
    repeats: list[str]
    """Later incidents that repeated its own while it was open or waived."""
    estimate: float | None
    """In the unit of its team's sprint capacity; null until somebody says so."""
    moved_on: int
    """How many sprints it was planned in that ended without it being done."""
    duplicate_of: str | None
    """The action item that goes on for it; null where there is none."""
    duplicates: list[str]
    """Action items that were merged into this one."""
    split_from: str | None
    """The action item that it was a part of; null where there is none."""
    split_into: list[str]
    """Action items that were a part of this one."""
    reminders: list[ShownReminder]
    """What came without anybody's doing, so far."""


class ItemNow(ShownItem, Around):
    """An action item, what comes next, and what who asks may do."""


class ItemDetail(ItemNow):
    """An action item with what happened to it, oldest first."""

    timeline: list[Entry]
    """What happened, the oldest first."""
    time_zone: str
    """Where its team is: a day ends there."""


class ItemLine(Shape):
    """An action item in a list."""

    id: str
    version: int
    """Grows with every change."""
    incident_id: str
    title: str
    kind: Kind
    priority: Priority
    severity: Severity
    service: str
    team: str
    owner: PersonId
    status: ItemStatus
    """Where it is."""
    drill: bool
    late: bool
    """The time to do it has passed, or somebody was asked to find an owner."""
    owner_wanted: ShownOwnerWanted | None
    """Null while its owner is the one to do it."""
    due: AwareDatetime | None
    """Its deadline: by the plan, or what was set before there is one; null where there is neither."""
    next_at: AwareDatetime | None
    """When something happens next without anybody's doing; null where nothing does."""
    next_kind: MomentKind | None
    """What that is; null where nothing is to come."""
    ticket: str | None
    """Its key; null while it has none."""
    ended_at: AwareDatetime | None
    """When it was settled; null while it is open."""
    updated_at: AwareDatetime | None
    """When it was written last, also where nothing changed that is shown here; null where that is not known."""
