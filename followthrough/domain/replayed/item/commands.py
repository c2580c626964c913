"""What people tell an action item.

A command's ``apply`` either changes the item or raises ``Refusal`` and leaves it as it was.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from followthrough.domain.replayed.item.action_item import (
    OPEN,
    WORKED_ON,
    ActionItem,
    Evidence,
    EvidenceKind,
    ExtensionWanted,
    ItemStatus,
    OwnerWanted,
)
from followthrough.domain.replayed.item.editing import AddComment, Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, MergeItem, ReopenItem, SplitItem, Unblock
from followthrough.domain.replayed.sprint.commands import Estimate
from followthrough.domain.replayed.text import Link, Reason, ReasonIfAny
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.times import LONGEST_WAIVER, Time
from followthrough.domain.replayed.values import EntryKind, PersonId, Refusal, Request


class Accept(Request):
    """The owner takes the item on, or says so again while another owner is wanted."""

    command: Literal["accept"] = "accept"
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal unless it is the owner, and the item proposed or another owner wanted."""
        item.require(ItemStatus.PROPOSED, *((ItemStatus.ACCEPTED,) if item.owner_wanted else ()), to="accepted")
        if self.by != item.owner:
            raise Refusal(f"Action item {item.id} belongs to {item.owner}; only its owner can accept it.")
        item.status = ItemStatus.ACCEPTED
        item.accepted_at = item.working_since = now
        item.owner_wanted = None
        item.note(now, EntryKind.ACTION_ITEM, "Accepted", self.by)


class Decline(Request):
    """The owner is not the one to do it; the team's lead has to find somebody else."""

    command: Literal["decline"] = "decline"
    by: PersonId
    reason: Reason

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for anybody but the owner, and once it is done."""
        item.require(*WORKED_ON, to="declined")
        if self.by != item.owner:
            raise Refusal(f"Action item {item.id} belongs to {item.owner}; only its owner can decline it.")
        item.status = ItemStatus.PROPOSED
        item.accepted_at = item.extension_wanted = None
        since = item.owner_wanted.since if item.owner_wanted else now
        item.owner_wanted = OwnerWanted(because=f"{self.by} declined: {self.reason}", since=since)
        item.note(now, EntryKind.ACTION_ITEM, f"Declined: {self.reason}", self.by)


class Reassign(Request):
    """Another person becomes the owner and has to accept it."""

    command: Literal["reassign"] = "reassign"
    by: PersonId
    to: PersonId
    reason: Reason

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal when the item is past being worked on or already belongs to that person."""
        item.require(*WORKED_ON, to="reassigned")
        if self.to == item.owner:
            raise Refusal(f"Action item {item.id} already belongs to {self.to}.")
        item.note(now, EntryKind.ACTION_ITEM, f"Reassigned from {item.owner} to {self.to}: {self.reason}", self.by)
        item.owner = self.to
        item.owner_since = now
        item.status = ItemStatus.PROPOSED
        item.accepted_at = item.extension_wanted = item.owner_wanted = None


class Extend(Request):
    """More time, within what the policy allows; for more than that its owner asks an approver."""

    command: Literal["extend"] = "extend"
    by: PersonId
    until: Time
    reason: Reason

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal beyond the policy's limits for anybody but the owner and approvers."""
        item.require(*WORKED_ON, to="extended")
        policy, due = item.planned.policy, item.planned.due
        item.require_near(self.until, now)
        if self.until <= max(due, now):
            raise Refusal(
                f"Action item {item.id} is due {due:%Y-%m-%d}; an extension has to end later than that and than today."
            )
        within = item.extensions < policy.max_extensions and (self.until - due).days <= policy.max_extension_days
        if not within and self.by not in policy.approvers:
            if self.by != item.owner:
                raise Refusal(
                    f"Action item {item.id} was extended {item.extensions} times; beyond {policy.max_extensions} times "
                    f"or {policy.max_extension_days} days needs an approver: ask {' or '.join(policy.approvers)}."
                )
            item.extension_wanted = ExtensionWanted(until=self.until, reason=self.reason, by=self.by, at=now)
            item.note(now, EntryKind.ACTION_ITEM, f"Asked for time until {self.until:%Y-%m-%d}: {self.reason}", self.by)
            return
        item.extensions += 1
        item.due = self.until
        item.working_since = now
        item.extension_wanted = None
        if item.status is ItemStatus.ACCEPTED:
            item.owner_wanted = None
        item.note(now, EntryKind.ACTION_ITEM, f"Extended to {self.until:%Y-%m-%d}: {self.reason}", self.by)


class ApproveExtension(Request):
    """An approver gives the owner the time that was asked for."""

    command: Literal["approve extension"] = "approve extension"
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for anybody but an approver, and when no extension waits or its time has passed."""
        wanted = _wanted(item, self.by)
        Extend(by=self.by, until=wanted.until, reason=wanted.reason).apply(item, now)


class RefuseExtension(Request):
    """An approver leaves the deadline where it is."""

    command: Literal["refuse extension"] = "refuse extension"
    by: PersonId
    reason: Reason

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for anybody but an approver, and when no extension waits."""
        wanted = _wanted(item, self.by)
        item.extension_wanted = None
        text = f"Not extended to {wanted.until:%Y-%m-%d}: {self.reason}"
        item.note(now, EntryKind.DECISION, text, self.by)


def _wanted(item: ActionItem, approver: PersonId) -> ExtensionWanted:
    item.require_approver(approver, to="decide on the extension of")
    if item.extension_wanted is None:
        raise Refusal(f"Nobody waits for an extension of action item {item.id}.")
    return item.extension_wanted


class Finish(Request):
    """The owner says that it is done, and shows it."""

    command: Literal["done"] = "done"
    by: PersonId
    evidence: Link
    evidence_kind: EvidenceKind | None = None
    note: ReasonIfAny = ""

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal unless the item is accepted."""
        item.require(ItemStatus.ACCEPTED, to="done")
        shown = Evidence(url=self.evidence, kind=self.evidence_kind, note=self.note, by=self.by, at=now)
        item.show(shown)
        item.done_at = now
        item.block = item.extension_wanted = item.owner_wanted = None
        kind = f" ({self.evidence_kind})" if self.evidence_kind else ""
        item.note(now, EntryKind.ACTION_ITEM, f"Done, evidence{kind}: {self.evidence}", self.by)
        if item.plan is not None and item.plan.policy.verified_by_other:
            item.status = ItemStatus.DONE
        else:
            item.settle(now, ItemStatus.CLOSED)


class Verify(Request):
    """Somebody other than the owner looked at the evidence."""

    command: Literal["verify"] = "verify"
    by: PersonId
    holds: bool = True
    note: ReasonIfAny = ""

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for the owner, and unless the item is done."""
        item.require(ItemStatus.DONE, to="verified")
        if self.by in (item.owner, item.evidence[-1].by):
            raise Refusal(f"Action item {item.id} needs somebody other than {self.by} to verify it.")
        if self.holds:
            item.settle(now, ItemStatus.CLOSED)
            item.note(now, EntryKind.ACTION_ITEM, f"Verified. {self.note}".strip(), self.by)
        else:
            item.send_back(now, self.note, self.by)


class Waive(Request):
    """An approver decides, with a reason, that it will not be done; until it is asked again, or renewed by another."""

    command: Literal["waive"] = "waive"
    by: PersonId
    reason: Reason
    until: Time | None = Field(None, description="Left out, it is as long as the policy allows")

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal for anybody but an approver, beyond the policy's limit, and when the item has ended."""
        item.require(*OPEN, *(() if item.ended else (ItemStatus.WAIVED,)), to="waived")
        item.require_approver(self.by, to="waive")
        days = item.planned.policy.max_waiver_days
        latest = now + timedelta(days=days) if days is not None and not item.drill else None
        if self.until is not None and (self.until <= now or (latest is not None and self.until > latest)):
            limit = f" and at most {days} days away" if latest else ""
            raise Refusal(f"A waiver of action item {item.id} has to end on a day to come{limit}.")
        if self.until is not None:
            item.require_near(self.until, now, LONGEST_WAIVER)
        item.waive(now, self.reason, self.by, None if item.drill else self.until or latest)


ItemCommand = Annotated[
    Accept
    | Decline
    | Reassign
    | Extend
    | ApproveExtension
    | RefuseExtension
    | BlockItem
    | Unblock
    | SplitItem
    | MergeItem
    | Finish
    | Verify
    | Waive
    | ReopenItem
    | Edit
    | AddComment
    | Adopt
    | Estimate,
    Field(discriminator="command"),
]
