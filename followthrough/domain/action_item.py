"""An action item: what it knows. ``item_commands`` has what people tell it."""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field, HttpUrl

from followthrough.domain.values import EntryKind, Message, PersonId, Record, Refusal, Severity


class Kind(StrEnum):
    """What an action item does about the next incident of this sort."""

    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"
    PROCESS = "process"


class Priority(StrEnum):
    """Drives the deadline together with the incident's severity."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ItemStatus(StrEnum):
    """Where an action item is; CLOSED and WAIVED are its two ends."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DONE = "done"
    CLOSED = "closed"
    WAIVED = "waived"


class MomentKind(StrEnum):
    """Why an item wakes up."""

    REMIND_TO_ACCEPT = "remind to accept"
    REMIND_BEFORE_DEADLINE = "remind before the deadline"
    REMIND_AT_DEADLINE = "remind at the deadline"
    ESCALATE = "escalate"
    REMIND_TO_VERIFY = "remind to verify"
    DRILL_OVER = "drill over"


class Moment(Message):
    """The next time something must happen, and who is told; ``level`` counts escalations from 1."""

    at: AwareDatetime
    kind: MomentKind
    level: int = 0
    to: tuple[PersonId, ...] = ()


class ItemPolicy(Message):
    """What the organisation file allows for this item, as it was read when the item was last planned."""

    approvers: tuple[PersonId, ...]
    verified_by_other: bool
    max_extensions: int
    max_extension_days: int


class ItemPlan(Message):
    """Deadlines and the next moment, worked out from the organisation file."""

    policy: ItemPolicy
    accept_by: AwareDatetime
    due: AwareDatetime
    next: Moment | None


class Ticket(Message):
    """A ticket in the tracker."""

    key: str
    url: str


class Sprint(Message):
    """A sprint of the team's board."""

    id: int
    name: str
    end: AwareDatetime | None = None


class Evidence(Message):
    """What shows that the item is done: a change, a dashboard, a test."""

    url: HttpUrl
    note: str = ""
    by: PersonId
    at: AwareDatetime


class Waiver(Message):
    """A conscious decision not to do the item."""

    reason: str
    by: PersonId | None
    """None when it belonged to a drill that is over."""
    at: AwareDatetime
    until: AwareDatetime | None = None
    """When it is asked again; None for good."""


class Block(Message):
    """What the item waits for: another action item, or a date."""

    reason: str
    on: str | None = None
    """Id of an action item."""
    until: AwareDatetime | None = None
    by: PersonId
    at: AwareDatetime


class OwnerWanted(Message):
    """Why the team's lead has to find another owner."""

    because: str
    since: AwareDatetime


class ActionItem(Record):
    """Everything known about one action item. All times are aware, in UTC."""

    incident_id: str
    title: str
    kind: Kind
    priority: Priority
    severity: Severity
    service: str
    team: str
    owner: PersonId
    proposed_by: PersonId
    proposed_at: AwareDatetime
    drill: bool = False
    status: ItemStatus = ItemStatus.PROPOSED
    owner_since: AwareDatetime | None = None
    """Set by a reassignment; until then since ``proposed_at``."""
    accepted_at: AwareDatetime | None = None
    working_since: AwareDatetime | None = None
    """When the owner last accepted, was given more time, or showed evidence that did not hold."""
    done_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    plan: ItemPlan | None = None
    due: AwareDatetime | None = None
    """Set by an extension; until then the deadline is the policy's."""
    ticket: Ticket | None = None
    sprint: Sprint | None = None
    evidence: list[Evidence] = Field(default_factory=list)
    waiver: Waiver | None = None
    extensions: int = 0
    block: Block | None = None
    blocks: list[str] = Field(default_factory=list)
    """Action items that wait for this one."""
    owner_wanted: OwnerWanted | None = None
    """Set while the owner declined, left, is away or did not accept; until somebody accepts."""
    declared_at: AwareDatetime | None = None
    """When its incident was; so are the two below."""
    resolved_at: AwareDatetime | None = None
    published_at: AwareDatetime | None = None
    repeats: list[str] = Field(default_factory=list)
    """Later incidents that looked like its own while it was open or waived."""
    estimate: float | None = None
    """In the unit of its team's sprint capacity."""
    moved_on: int = 0
    """How many sprints it was planned in that ended without it being done."""
    duplicate_of: str | None = None
    split_from: str | None = None
    split_into: list[str] = Field(default_factory=list)
    reminders: list[Moment] = Field(default_factory=list)
    """Moments that have passed, so that none comes twice."""

    @property
    def ended(self) -> bool:
        """Closed or waived."""
        return self.status in (ItemStatus.CLOSED, ItemStatus.WAIVED)

    @property
    def upcoming(self) -> Moment | None:
        """The next moment; none once the item has ended."""
        return self.plan.next if self.plan and not self.ended else None

    @property
    def escalation_level(self) -> int:
        """The highest level that was told; 0 when nobody was."""
        return max((moment.level for moment in self.reminders), default=0)

    def require(self, *statuses: ItemStatus, to: str) -> None:
        """Raises Refusal unless the item is in one of ``statuses``."""
        if self.status not in statuses:
            allowed = " or ".join(status.value for status in statuses)
            raise Refusal(f"Action item {self.id} is {self.status.value}; only one that is {allowed} can be {to}.")

    def waive(self, now: datetime, reason: str, by: PersonId | None) -> None:
        """Ends it without being done."""
        self.status = ItemStatus.WAIVED
        self.waiver = Waiver(reason=reason, by=by, at=now)
        self.ended_at = now
        self.note(now, EntryKind.DECISION, f"Waived: {reason}", by)
