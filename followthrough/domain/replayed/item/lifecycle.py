"""What can become of an action item besides being done: it is split, merged, blocked, or reopened.

Where another action item has a say, ``apply`` puts the item under way, the other is asked, and an ``end_`` function
takes the answer. ``refusal`` is its sentence, or None when it agrees.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from followthrough.domain.replayed.ids import ItemId, item_id
from followthrough.domain.replayed.item.action_item import (
    WORKED_ON,
    ActionItem,
    BeforeDuplicate,
    Block,
    ItemStatus,
    Kind,
    Priority,
)
from followthrough.domain.replayed.limits import LINKS, UNDONE
from followthrough.domain.replayed.text import Label, Reason, Title
from followthrough.domain.replayed.times import Time
from followthrough.domain.replayed.values import EntryKind, Message, PersonId, Refusal, Request, Severity


class Part(Request):
    """A part of an action item; kind and priority stay the same unless they are given."""

    title: Title
    owner: PersonId
    kind: Kind | None = None
    priority: Priority | None = None


class SplitItem(Request):
    """It is more than one person's work, or more than one thing."""

    command: Literal["split"] = "split"
    by: PersonId
    parts: tuple[Part, ...] = Field(min_length=2, max_length=20)
    missing: tuple[Label, ...] = Field(
        (), max_length=100, description="What keeps parts from being checkable; the API fills it in"
    )
    hints: tuple[Label, ...] = Field((), max_length=100, description="What could not be checked; the API fills it in")

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal once it is done; ``end_split`` ends it when its parts exist."""
        item.require(*WORKED_ON, to="split")
        first = len(item.split_into) + 1
        item.split_into += [item_id(item.id, number) for number in range(first, first + len(self.parts))]
        item.under_way = "split"
        for sentence in self.missing:
            item.note(now, EntryKind.ACTION_ITEM, f"A part is taken, although it misses: {sentence}")
        for sentence in self.hints:
            item.note(now, EntryKind.ACTION_ITEM, f"About a part: {sentence}")
        item.note(now, EntryKind.ACTION_ITEM, f"To be split into {len(self.parts)} parts", self.by)

    def parts_of(self, item: ActionItem, now: datetime) -> list[ActionItem]:
        """The new action items, after ``apply``; they are due when the whole was, so that splitting gains no time."""
        ids = item.split_into[-len(self.parts) :]
        return [self._part(part, part_id, item, now) for part_id, part in zip(ids, self.parts, strict=True)]

    def _part(self, part: Part, part_id: str, item: ActionItem, now: datetime) -> ActionItem:
        return ActionItem(
            id=part_id,
            incident_id=item.incident_id,
            title=part.title,
            kind=part.kind or item.kind,
            priority=part.priority or item.priority,
            severity=item.severity,
            service=item.service,
            team=item.team,
            owner=part.owner,
            owner_since=now,
            proposed_by=self.by,
            proposed_at=item.proposed_at,
            asked_at=item.asked_at,
            declared_at=item.declared_at,
            resolved_at=item.resolved_at,
            published_at=item.published_at,
            drill=item.drill,
            private=item.private,
            due=item.planned.due,
            extensions=item.extensions,
            repeats=list(item.repeats),
            repeat_effects=list(item.repeat_effects),
            split_from=item.id,
        )


def end_split(item: ActionItem, parts: list[ActionItem], refusal: str | None, now: datetime) -> None:
    """Ends the whole, whose parts are followed from now on, unless its incident has no room for them."""
    item.under_way = None
    if refusal is not None:
        item.split_into = item.split_into[: -len(parts)]
        item.note(now, EntryKind.ACTION_ITEM, f"Not split: {refusal}")
        return
    item.settle(now, ItemStatus.SPLIT)
    item.note(now, EntryKind.ACTION_ITEM, f"Split into {', '.join(f'{part.id} for {part.owner}' for part in parts)}")


class MergeItem(Request):
    """It is the same as another action item, which goes on for both."""

    command: Literal["merge"] = "merge"
    by: PersonId
    into: ItemId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal once it is done; the other is asked after this."""
        item.require(*WORKED_ON, to="merged into another")
        if self.into == item.id:
            raise Refusal(f"Action item {item.id} can't be merged into itself; name the one that goes on.")
        item.under_way = f"merged into {self.into}"
        item.note(now, EntryKind.ACTION_ITEM, f"To be merged into {self.into}", self.by)


class Duplicate(Message):
    """What an action item that is merged hands to the one that goes on for both."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    drill: bool
    due_at: AwareDatetime
    priority: Priority
    severity: Severity
    repeats: tuple[str, ...]
    question: str = ""


def take_in(item: ActionItem, other: Duplicate, now: datetime) -> None:
    """Goes on for its duplicate, too: with the earlier deadline, the higher priority and the worse severity.

    Raises Refusal when this item can't.
    """
    item.require(*WORKED_ON, to=f"the one that goes on for {other.id}")
    if item.drill != other.drill:
        raise Refusal(f"One of {item.id} and {other.id} belongs to a drill; merge it with one that does, too.")
    if len(item.duplicates) >= LINKS:
        raise Refusal(f"Action item {item.id} goes on for {LINKS} duplicates already; merge into another one.")
    due = min(item.planned.due, other.due_at)
    before = BeforeDuplicate(
        id=other.id,
        due=item.due,
        due_since=due,
        priority=item.priority,
        severity=item.severity,
        repeats=tuple(item.repeats),
    )
    item.before_duplicates = [*item.before_duplicates, before][-UNDONE:]
    item.duplicates.append(other.id)
    item.due = due
    item.priority = min(item.priority, other.priority, key=list(Priority).index)
    item.severity = min(item.severity, other.severity)
    item.repeats = list(dict.fromkeys([*item.repeats, *other.repeats]))[-LINKS:]
    text = f"Goes on for its duplicate {other.id}, too: due {due:%Y-%m-%d}, {item.priority} priority"
    item.note(now, EntryKind.ACTION_ITEM, text)


def give_back(item: ActionItem, other: Duplicate, now: datetime) -> None:
    """Undoes ``take_in``: its duplicate goes on by itself. What was changed since stays."""
    before = next((one for one in item.before_duplicates if one.id == other.id), None)
    if before is None:
        return
    item.duplicates.remove(other.id)
    item.repeats = [repeat for repeat in item.repeats if repeat in before.repeats or repeat not in other.repeats]
    if before is item.before_duplicates[-1]:
        if item.due == before.due_since:
            item.due = before.due
        if item.priority is other.priority:
            item.priority = before.priority
        if item.severity is other.severity:
            item.severity = before.severity
    item.before_duplicates.remove(before)
    item.note(now, EntryKind.ACTION_ITEM, f"Does not go on for {other.id} after all, which waited for an answer")


def end_merge(item: ActionItem, into: str, refusal: str | None, now: datetime) -> None:
    """What comes of a merge once the other item has answered."""
    item.under_way = None
    if refusal is not None:
        item.note(now, EntryKind.ACTION_ITEM, f"Not merged into {into}: {refusal}")
        return
    item.duplicate_of = into
    item.settle(now, ItemStatus.MERGED)
    item.note(now, EntryKind.ACTION_ITEM, f"Merged into {into}, which goes on for both")


class BlockItem(Request):
    """It has to wait: for another action item, or until a date."""

    command: Literal["block"] = "block"
    by: PersonId
    reason: Reason
    on: ItemId | None = Field(None, description="Another action item")
    until: Time | None = Field(None, description="Left out, it is as long as the policy allows")

    @model_validator(mode="after")
    def _says_for_what(self) -> "BlockItem":
        if self.on is None and self.until is None:
            raise ValueError("say what it waits for: another action item, or a date")
        return self

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal beyond the policy's limit unless an approver says so; another item is asked after this."""
        item.require(*WORKED_ON, to="blocked")
        if item.block is not None:
            raise Refusal(f"Action item {item.id} is blocked already ({item.block.reason}); unblock it first.")
        if self.on == item.id:
            raise Refusal(f"Action item {item.id} can't wait for itself.")
        days = item.planned.policy.max_block_days
        since = item.blocked_at if item.blocked_at and self.by not in item.approvers else now
        latest = since + timedelta(days=days)
        until = self.until or latest
        item.require_near(until, now)
        if until > latest or latest <= now:
            item.require_approver(self.by, to=f"block for more than {days} days")
        if until <= now:
            raise Refusal(f"{until:%Y-%m-%d} has passed; action item {item.id} can wait until a day to come.")
        item.blocked_at = item.blocked_at or now
        item.block = Block(reason=self.reason, on=self.on, until=until, by=self.by, at=now)
        item.under_way = f"blocked on {self.on}" if self.on else None
        waits = f"on {self.on}, until {until:%Y-%m-%d} at most" if self.on else f"until {until:%Y-%m-%d}"
        item.note(now, EntryKind.ACTION_ITEM, f"Blocked {waits}: {self.reason}", self.by)


def hold_up(item: ActionItem, path: tuple[str, ...], now: datetime) -> str | None:
    """Another action item waits for this one from now on, unless one that this one waits for objects, too.

    ``path`` leads from the one that waits to this item. Gives the item that this one waits for, to be asked next.
    Raises Refusal when this item is settled or the path is a circle.
    """
    waiting, direct = path[0], len(path) == 1
    if item.settled and direct:
        raise Refusal(f"Action item {item.id} is {item.outcome}; nothing has to wait for it.")
    if len(path) > LINKS or len(item.blocks) >= LINKS:
        raise Refusal(f"Too many wait for action item {item.id} already; block on something else, or until a date.")
    waits_for = item.block.on if item.block else None
    if waits_for in path:
        raise Refusal(f"Action items {', '.join((*path, item.id))} would wait for each other; block on something else.")
    if direct and waiting not in item.blocks:
        item.blocks.append(waiting)
        item.note(now, EntryKind.ACTION_ITEM, f"{waiting} waits for this one")
    return waits_for


def end_block(item: ActionItem, refusal: str | None, now: datetime) -> None:
    """What comes of a block once the other item has answered."""
    item.under_way = None
    if refusal is not None:
        item.block = None
        item.note(now, EntryKind.ACTION_ITEM, f"Not blocked: {refusal}")


def release(item: ActionItem, waited: str, now: datetime) -> None:
    """The other action item does not wait for this one any more."""
    if waited in item.blocks:
        item.blocks.remove(waited)
        item.note(now, EntryKind.ACTION_ITEM, f"{waited} does not wait for this one any more")


class Unblock(Request):
    """It does not have to wait any more."""

    command: Literal["unblock"] = "unblock"
    by: PersonId

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal when it is not blocked."""
        item.require(*WORKED_ON, to="unblocked")
        if item.block is None:
            raise Refusal(f"Action item {item.id} is not blocked.")
        unblock(item, "Unblocked", now, self.by)


def unblock(item: ActionItem, because: str, now: datetime, by: PersonId | None = None) -> None:
    """Goes on; its owner has time from now to say how."""
    item.block = None
    item.working_since = now if item.status is ItemStatus.ACCEPTED else item.working_since
    item.note(now, EntryKind.ACTION_ITEM, because, by)


class ReopenItem(Request):
    """The evidence was wrong, the incident came again, or the reason for the waiver is gone."""

    command: Literal["reopen"] = "reopen"
    by: PersonId
    reason: Reason

    def apply(self, item: ActionItem, now: datetime) -> None:
        """Raises Refusal unless it is closed or waived. Its evidence stays, marked as not holding."""
        item.require(ItemStatus.CLOSED, ItemStatus.WAIVED, to="reopened")
        if item.status is ItemStatus.CLOSED and item.evidence:
            item.refute(self.reason)
        item.ask_again(now, f"Reopened: {self.reason}", self.by)
