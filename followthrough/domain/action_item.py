"""An action item: what it knows, and the commands people give it.

A command's ``apply`` either changes the item or raises ``Refusal`` and leaves it as it was.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

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


class Accept(Message):
    """The owner takes the item on."""

    command: Literal["accept"] = "accept"
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal unless the owner accepts a proposed item."""
        item.require(ItemStatus.PROPOSED, to="accepted")
        if self.by != item.owner:
            raise Refusal(f"Action item {item.id} belongs to {item.owner}; only its owner can accept it.")
        item.status = ItemStatus.ACCEPTED
        item.accepted_at = item.working_since = now
        item.note(now, EntryKind.ACTION_ITEM, "Accepted", self.by)


class Reassign(Message):
    """Another person becomes the owner and has to accept it."""

    command: Literal["reassign"] = "reassign"
    by: PersonId
    to: PersonId
    reason: str = Field(min_length=1)

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal when the item is past being worked on or already belongs to that person."""
        item.require(ItemStatus.PROPOSED, ItemStatus.ACCEPTED, to="reassigned")
        if self.to == item.owner:
            raise Refusal(f"Action item {item.id} already belongs to {self.to}.")
        item.note(now, EntryKind.ACTION_ITEM, f"Reassigned from {item.owner} to {self.to}: {self.reason}", self.by)
        item.owner = self.to
        item.owner_since = now
        item.status = ItemStatus.PROPOSED
        item.accepted_at = None


class Extend(Message):
    """More time, within what the policy allows."""

    command: Literal["extend"] = "extend"
    by: PersonId
    until: AwareDatetime
    reason: str = Field(min_length=1)

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal beyond the policy's limits, unless an approver extends."""
        item.require(ItemStatus.PROPOSED, ItemStatus.ACCEPTED, to="extended")
        if item.plan is None:
            raise Refusal(f"Action item {item.id} has no deadline yet; try again in a moment.")
        policy, due = item.plan.policy, item.plan.due
        if self.until <= max(due, now):
            raise Refusal(
                f"Action item {item.id} is due {due:%Y-%m-%d}; an extension has to end later than that and than today."
            )
        if self.by not in policy.approvers:
            if item.extensions >= policy.max_extensions:
                raise Refusal(
                    f"Action item {item.id} was extended {item.extensions} times, the most without an approver; "
                    f"ask {' or '.join(policy.approvers)}."
                )
            if (self.until - due).days > policy.max_extension_days:
                raise Refusal(
                    f"More than {policy.max_extension_days} days needs an approver: "
                    f"ask {' or '.join(policy.approvers)}."
                )
        item.extensions += 1
        item.due = self.until
        item.working_since = now
        item.note(now, EntryKind.ACTION_ITEM, f"Extended to {self.until:%Y-%m-%d}: {self.reason}", self.by)


class Finish(Message):
    """The owner says that it is done, and shows it."""

    command: Literal["done"] = "done"
    by: PersonId
    evidence: HttpUrl
    note: str = ""

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal unless the item is accepted."""
        item.require(ItemStatus.ACCEPTED, to="done")
        item.evidence.append(Evidence(url=self.evidence, note=self.note, by=self.by, at=now))
        item.done_at = now
        item.note(now, EntryKind.ACTION_ITEM, f"Done, evidence: {self.evidence}", self.by)
        if item.plan is not None and item.plan.policy.verified_by_other:
            item.status = ItemStatus.DONE
        else:
            item.status = ItemStatus.CLOSED
            item.ended_at = now


class Verify(Message):
    """Somebody other than the owner looked at the evidence."""

    command: Literal["verify"] = "verify"
    by: PersonId
    holds: bool = True
    note: str = ""

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for the owner, and unless the item is done."""
        item.require(ItemStatus.DONE, to="verified")
        if self.by in (item.owner, item.evidence[-1].by):
            raise Refusal(f"Action item {item.id} needs somebody other than {self.by} to verify it.")
        if self.holds:
            item.status = ItemStatus.CLOSED
            item.ended_at = now
            item.note(now, EntryKind.ACTION_ITEM, f"Verified. {self.note}".strip(), self.by)
        else:
            item.status = ItemStatus.ACCEPTED
            item.done_at = None
            item.working_since = now
            item.note(now, EntryKind.ACTION_ITEM, f"Evidence does not hold. {self.note}".strip(), self.by)


class Waive(Message):
    """An approver decides, with a reason, that it will not be done."""

    command: Literal["waive"] = "waive"
    by: PersonId
    reason: str = Field(min_length=1)

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for anyone but an approver, and when the item has ended."""
        item.require(ItemStatus.PROPOSED, ItemStatus.ACCEPTED, ItemStatus.DONE, to="waived")
        approvers = item.plan.policy.approvers if item.plan else ()
        if self.by not in approvers:
            raise Refusal(
                f"{self.by} can't waive action item {item.id}; ask {' or '.join(approvers) or 'an approver'}."
            )
        item.waive(now, self.reason, self.by)


ItemCommand = Annotated[
    Accept | Reassign | Extend | Finish | Verify | Waive,
    Field(discriminator="command"),
]
