"""An action item: what it knows. ``commands.py`` has what people tell it."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.limits import EVIDENCE, PASSED
from followthrough.domain.replayed.names import EvidenceKind as EvidenceKind
from followthrough.domain.replayed.names import ItemStatus as ItemStatus
from followthrough.domain.replayed.names import Kind as Kind
from followthrough.domain.replayed.names import Priority as Priority
from followthrough.domain.replayed.sprint.sprint import Sprint
from followthrough.domain.replayed.text import REASON, TITLE, Line, Link, cut
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport
from followthrough.domain.replayed.times import FAR_AWAY, YEAR, MachineTime
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Record, Refusal, Severity

WORKED_ON = (ItemStatus.PROPOSED, ItemStatus.ACCEPTED)
"""Its owner still has something to do."""
OPEN = (*WORKED_ON, ItemStatus.DONE)
"""Somebody still owes something."""


class MomentKind(StrEnum):
    """Why an item wakes up."""

    REMIND_TO_ACCEPT = "remind to accept"
    REMIND_BEFORE_DEADLINE = "remind before the deadline"
    REMIND_AT_DEADLINE = "remind at the deadline"
    REMIND_AFTER_DEADLINE = "remind after the deadline"
    REMIND_TO_PLAN = "remind to plan"
    ESCALATE = "escalate"
    REMIND_TO_VERIFY = "remind to verify"
    OWNER_WANTED = "owner wanted"
    REVIEW_BLOCK = "review the block"
    WAIVER_EXPIRES_SOON = "waiver expires soon"
    WAIVER_EXPIRES = "waiver expires"
    DRILL_OVER = "drill over"


class Moment(Message):
    """The next time something must happen, and who is told; ``level`` counts escalations from 1."""

    at: MachineTime
    kind: MomentKind
    level: int = 0
    to: tuple[PersonId, ...] = ()
    because: str = ""
    """Why an owner is wanted."""


class ItemPolicy(Message):
    """What the organisation file allows for this item, as it was read when the item was last planned."""

    approvers: tuple[PersonId, ...]
    verified_by_other: bool
    max_extensions: int
    max_extension_days: int
    max_waiver_days: int | None = None
    """None when a waiver may be for good."""
    max_block_days: int = 30
    planned_on_acceptance: bool = False


class ItemPlan(Message):
    """Deadlines and the next moment, worked out from the organisation file."""

    policy: ItemPolicy
    accept_by: MachineTime
    due: MachineTime
    next: Moment | None
    unplanned: bool = False
    """It is accepted, but the time has passed by which it had to be in a sprint of its team."""


class Evidence(Message):
    """What shows that the item is done."""

    url: Link
    kind: EvidenceKind | None = None
    note: str = ""
    by: PersonId
    at: AwareDatetime
    refuted: str | None = None
    """Why it does not hold, once somebody found so."""


class Waiver(Message):
    """A conscious decision not to do the item."""

    reason: str
    by: PersonId | None
    """None when it belonged to a drill that is over."""
    at: AwareDatetime
    until: MachineTime | None = None
    """When it is asked again; None for good."""


class RepeatEffect(Message):
    """What a repeat did to an action item, so that it can be taken back."""

    incident_id: str
    priority: Priority
    """Before; ``raised`` is after."""
    raised: Priority
    waiver: Waiver | None = None
    """The one that it undid by asking again ``asked_at``."""
    asked_at: AwareDatetime | None = None


class Block(Message):
    """What the item waits for: a date, or another action item and for it until a date at most."""

    reason: str
    on: str | None = None
    """Id of an action item."""
    until: MachineTime
    by: PersonId
    at: AwareDatetime


class Comment(Message):
    """What somebody said about it."""

    by: PersonId
    at: AwareDatetime
    text: str


class ExtensionWanted(Message):
    """More time than its owner may take; an approver decides."""

    until: MachineTime
    reason: str
    by: PersonId
    at: AwareDatetime


class OwnerWanted(Message):
    """Why the team's lead has to find another owner."""

    because: str
    since: AwareDatetime


class BeforeDuplicate(Message):
    """What an action item was like before it went on for a duplicate, too; for when that is withdrawn."""

    id: str
    due: MachineTime | None
    due_since: MachineTime
    priority: Priority
    severity: Severity
    repeats: tuple[str, ...]


class ActionItem(Record):
    """Everything known about one action item. All times are aware, in UTC."""

    incident_id: str
    title: Line
    description: str = ""
    """More than its title says, if somebody wrote that."""
    kind: Kind
    priority: Priority
    severity: Severity
    service: str
    team: str
    owner: PersonId
    proposed_by: PersonId
    proposed_at: AwareDatetime
    drill: bool = False
    private: bool = False
    """As its incident is."""
    status: ItemStatus = ItemStatus.PROPOSED
    owner_since: AwareDatetime | None = None
    """Set by a reassignment; until then since ``proposed_at``."""
    accepted_at: AwareDatetime | None = None
    working_since: AwareDatetime | None = None
    """When the owner last accepted, was given more time, or showed evidence that did not hold."""
    done_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    """When it was settled; None again once it is asked again."""
    asked_at: AwareDatetime | None = None
    """When it was last asked again, after a waiver or its end; deadlines count from then."""
    asked_because: str = ""
    plan: ItemPlan | None = None
    due: MachineTime | None = None
    """Set by an extension; until then the deadline is the policy's."""
    latest_due: MachineTime | None = None
    """Not later than this, although its owner filed it otherwise since."""
    edited: int = 0
    """How often it was; its ticket follows."""
    comments: list[Comment] = Field(default_factory=list)
    """The beginnings of the last."""
    ticket: Ticket | None = None
    ticket_adopted: bool = False
    """Somebody else wrote it, so what it says stays theirs."""
    ticket_seen: TicketReport | None = None
    """What the ticket was last known to say."""
    ticket_conflict: str = ""
    """The last time the ticket and the item differed, and what came of it."""
    sprint: Sprint | None = None
    planned_at: AwareDatetime | None = None
    """When it first got into a sprint, or was ranked on its team's board."""
    evidence: list[Evidence] = Field(default_factory=list)
    waiver: Waiver | None = None
    extensions: int = 0
    extension_wanted: ExtensionWanted | None = None
    block: Block | None = None
    blocked_at: AwareDatetime | None = None
    """When it was first blocked; the policy's limit counts from then."""
    blocks: list[str] = Field(default_factory=list)
    """Action items that wait for this one."""
    owner_wanted: OwnerWanted | None = None
    """Set while the owner declined, left, is away or did not accept; until somebody accepts."""
    declared_at: AwareDatetime | None = None
    """When its incident was. The two below are known when a rule counts from them, or it was proposed after them."""
    resolved_at: AwareDatetime | None = None
    published_at: AwareDatetime | None = None
    repeats: list[str] = Field(default_factory=list)
    """Later incidents that repeated its own while it was open or waived."""
    repeat_effects: list[RepeatEffect] = Field(default_factory=list)
    """Of those repeats, in their order."""
    estimate: float | None = None
    """In the unit of its team's sprint capacity."""
    moved_on: int = 0
    """How many sprints it was planned in that ended without it being done."""
    under_way: str | None = None
    """What other workflows are being asked for it, such as ``merged into inc-7f3a9c21d0.2``; no commands meanwhile."""
    duplicate_of: str | None = None
    duplicates: list[str] = Field(default_factory=list)
    """Action items that were merged into this one."""
    before_duplicates: list[BeforeDuplicate] = Field(default_factory=list)
    """What the last of them changed."""
    split_from: str | None = None
    split_into: list[str] = Field(default_factory=list)
    reminders: list[Moment] = Field(default_factory=list)
    """Moments that have passed, so that none comes twice."""

    @property
    def settled(self) -> bool:
        """Nobody owes anything, at least until a waiver expires."""
        return self.status not in OPEN

    @property
    def outcome(self) -> str:
        """Its status, and where it goes on once it was merged or split."""
        where = {ItemStatus.MERGED: self.duplicate_of, ItemStatus.SPLIT: ", ".join(self.split_into)}
        return f"{self.status} into {where[self.status]}" if self.status in where else self.status.value

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it unless somebody reopens it."""
        expires = self.status is ItemStatus.WAIVED and self.waiver is not None and self.waiver.until is not None
        return self.settled and not expires

    @property
    def upcoming(self) -> Moment | None:
        """The next moment; none once the item has ended."""
        return self.plan.next if self.plan and not self.ended else None

    @property
    def escalation_level(self) -> int:
        """The highest level that was told; 0 when nobody was."""
        return max((moment.level for moment in self.reminders), default=0)

    @property
    def planned(self) -> ItemPlan:
        """Its plan. Raises Refusal in the moment before it has one."""
        if self.plan is None:
            raise Refusal(f"Action item {self.id} has no deadline yet; try again in a moment.")
        return self.plan

    @property
    def due_at(self) -> datetime | None:
        """Its deadline, also for pages, mails, tickets and lists: by the plan, or what was set before there is one."""
        return self.plan.due if self.plan else self.due

    def late(self, at: datetime) -> bool:
        """Its owner still had something to do then, and the time for it had passed, or another owner was asked for.

        One that was fast-forwarded escalates by its own clock, whatever ``at`` is. ``store.queries`` says it in SQL.
        """
        if self.status not in WORKED_ON:
            finished = self.done_at or self.ended_at
            return finished is not None and finished > at and self.due_at is not None and self.due_at < at
        next_kind = self.upcoming.kind if self.upcoming else None
        return (
            (self.due_at is not None and self.due_at < at)
            or next_kind is MomentKind.ESCALATE
            or (next_kind is MomentKind.OWNER_WANTED and self.escalation_level > 0)
        )

    @property
    def deadline(self) -> datetime | None:
        """The one that comes next: until it is accepted, that is the time to accept it by, unless it is due earlier."""
        if self.plan and self.status is ItemStatus.PROPOSED:
            return min(self.plan.accept_by, self.plan.due)
        return self.due_at

    @property
    def approvers(self) -> tuple[PersonId, ...]:
        """Who may decide beyond the limits; nobody before the item is planned."""
        return self.plan.policy.approvers if self.plan else ()

    def passed(self, moment: Moment) -> None:
        """Records a moment that has come, and with the first that says so, that an owner is wanted."""
        self.reminders = [*self.reminders, moment.model_copy(update={"because": ""})][-PASSED:]
        if moment.kind is MomentKind.OWNER_WANTED and self.owner_wanted is None:
            self.owner_wanted = OwnerWanted(because=moment.because, since=moment.at)

    def require(self, *statuses: ItemStatus, to: str) -> None:
        """Raises Refusal unless the item is in one of ``statuses`` and other workflows are not being asked for it."""
        if self.under_way is not None:
            raise Refusal(f"Action item {self.id} is being {self.under_way}; try again in a moment.")
        if self.status not in statuses:
            allowed = " or ".join(status.value for status in statuses)
            raise Refusal(f"Action item {self.id} is {self.status.value}; only one that is {allowed} can be {to}.")

    def require_approver(self, person: PersonId, to: str) -> None:
        """Raises Refusal for anybody else."""
        if person not in self.approvers:
            ask = " or ".join(self.approvers) or "an approver"
            raise Refusal(f"{person} can't {to} action item {self.id}; ask {ask}.")

    def require_near(self, until: datetime, now: datetime, limit: timedelta = FAR_AWAY) -> None:
        """Raises Refusal for a day that nobody would come back on."""
        if until - now > limit:
            raise Refusal(
                f"{until:%Y-%m-%d} is more than {limit // YEAR} years away; name an earlier day for {self.id}."
            )

    def settle(self, now: datetime, status: ItemStatus) -> None:
        """Nobody owes anything any more; what was asked for meanwhile is moot."""
        self.status = status
        self.ended_at = self.ended_at or now
        self.block = self.extension_wanted = self.owner_wanted = None

    def show(self, evidence: Evidence) -> None:
        """Adds what shows that it is done; of what was refuted before, the beginnings stay."""
        past = [one.model_copy(update={"note": cut(one.note, TITLE)}) for one in self.evidence]
        self.evidence = [*past, evidence][-EVIDENCE:]

    def refute(self, why: str) -> None:
        """The last evidence does not hold."""
        self.evidence[-1] = self.evidence[-1].model_copy(update={"refuted": cut(why, REASON)})

    def send_back(self, now: datetime, why: str, by: PersonId | None) -> None:
        """Its evidence does not hold, so its owner goes on."""
        self.status = ItemStatus.ACCEPTED
        self.done_at = None
        self.working_since = now
        self.refute(why)
        self.note(now, EntryKind.ACTION_ITEM, f"Evidence does not hold. {why}".strip(), by)

    def waive(self, now: datetime, reason: str, by: PersonId | None, until: datetime | None = None) -> None:
        """It will not be done, until ``until`` or for good."""
        self.settle(now, ItemStatus.WAIVED)
        self.waiver = Waiver(reason=reason, by=by, at=now, until=until)
        expiry = f" until {until:%Y-%m-%d}" if until else ""
        self.note(now, EntryKind.DECISION, f"Waived{expiry}: {reason}", by)

    def ask_again(self, now: datetime, because: str, by: PersonId | None = None) -> None:
        """Back to its owner, with deadlines that count from now."""
        self.status = ItemStatus.PROPOSED
        self.asked_at, self.asked_because = now, because
        self.owner_since = self.accepted_at = self.working_since = self.done_at = self.ended_at = None
        self.due = self.latest_due = self.sprint = self.planned_at = self.waiver = self.blocked_at = None
        self.blocks = []
        self.note(now, EntryKind.ACTION_ITEM, because, by)
