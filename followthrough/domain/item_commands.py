"""What people tell an action item.

A command's ``apply`` either changes the item or raises ``Refusal`` and leaves it as it was.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, HttpUrl

from followthrough.domain.action_item import ActionItem, Evidence, ItemStatus
from followthrough.domain.values import EntryKind, Message, PersonId, Refusal


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
