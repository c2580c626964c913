"""What an action item refuses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import HttpUrl

from followthrough.domain.replayed.item.action_item import ActionItem, Block, Evidence, ExtensionWanted, ItemStatus
from followthrough.domain.replayed.item.commands import (
    Accept,
    ApproveExtension,
    Decline,
    Extend,
    Reassign,
    RefuseExtension,
    Verify,
    Waive,
)
from followthrough.domain.replayed.item.editing import Edit
from followthrough.domain.replayed.item.lifecycle import BlockItem, Duplicate, MergeItem, Unblock, hold_up
from followthrough.domain.replayed.item.lifecycle import take_in as take_in_item
from followthrough.domain.replayed.limits import LINKS
from followthrough.domain.replayed.ticket.commands import Adopt
from followthrough.domain.replayed.ticket.ticket import Ticket, TicketReport, TicketState
from followthrough.domain.replayed.times import FAR_AWAY, LONGEST_WAIVER
from tests.domain.refusals.row import DAY, INCIDENT, SECOND, WHY, Row
from tests.records import NOW, item

ITEM, OTHER_ITEM = f"{INCIDENT}.1", f"{INCIDENT}.2"
IS = f"Action item {ITEM}"
EVIDENCE = HttpUrl("https://example.com/changes/1")
TICKET = Ticket(key="PAY-3", url="https://jira.example.com/browse/PAY-3")


def allowing(**policy: Any) -> ActionItem:
    """An item with another policy than usual."""
    record = item()
    changed = record.planned.policy.model_copy(update=policy)
    record.plan = record.planned.model_copy(update={"policy": changed})
    return record


def done(*, shown_by: str = "ana", **changes: Any) -> ActionItem:
    return item(status=ItemStatus.DONE, evidence=[Evidence(url=EVIDENCE, by=shown_by, at=NOW)], **changes)


def blocked(until: datetime = NOW + DAY, on: str | None = None, **changes: Any) -> ActionItem:
    return item(block=Block(reason=WHY, on=on, until=until, by="ana", at=NOW), **changes)


def asked_for_time() -> ActionItem:
    return item(extension_wanted=ExtensionWanted(until=NOW + 60 * DAY, reason=WHY, by="ana", at=NOW))


def extend(by: str, until: datetime) -> Extend:
    return Extend(by=by, until=until, reason=WHY)


def block(by: str = "ana", **waits: Any) -> BlockItem:
    return BlockItem(by=by, reason=WHY, **waits)


def go_on_for(**changes: Any) -> Callable[[ActionItem], object]:
    other = Duplicate.model_validate(item(2, **changes))
    return lambda record: take_in_item(record, other, NOW)


def wait_for(*path: str) -> Callable[[ActionItem], object]:
    return lambda record: hold_up(record, path, NOW)


ITEMS = [
    Row(
        item(plan=None),
        extend("ana", NOW + 12 * DAY),
        f"{IS} has no deadline yet; try again in a moment.",
        but=item(),
    ),
    Row(
        item(under_way="split"),
        Decline(by="ana", reason=WHY),
        f"{IS} is being split; try again in a moment.",
        but=item(),
    ),
    Row(
        done(),
        Decline(by="ana", reason=WHY),
        f"{IS} is done; only one that is proposed or accepted can be declined.",
        but=item(),
    ),
    Row(
        allowing(approvers=("carla", "ben")),
        Waive(by="ana", reason=WHY),
        f"ana can't waive action item {ITEM}; ask carla or ben.",
        but=Waive(by="ben", reason=WHY),
    ),
    Row(
        item(plan=None),
        Waive(by="ana", reason=WHY),
        f"ana can't waive action item {ITEM}; ask an approver.",
        but=allowing(approvers=("ana",)),
    ),
    Row(
        item(),
        extend("carla", NOW + FAR_AWAY + SECOND),
        f"2029-03-04 is more than 3 years away; name an earlier day for {ITEM}.",
        but=extend("carla", NOW + FAR_AWAY),
    ),
    Row(
        item(),
        Waive(by="carla", reason=WHY, until=NOW + LONGEST_WAIVER + SECOND),
        f"2036-03-09 is more than 10 years away; name an earlier day for {ITEM}.",
        but=Waive(by="carla", reason=WHY, until=NOW + LONGEST_WAIVER),
    ),
    Row(
        item(status=ItemStatus.PROPOSED),
        Accept(by="ben"),
        f"{IS} belongs to ana; only its owner can accept it.",
        but=Accept(by="ana"),
    ),
    Row(
        item(),
        Decline(by="ben", reason=WHY),
        f"{IS} belongs to ana; only its owner can decline it.",
        but=Decline(by="ana", reason=WHY),
    ),
    Row(
        item(),
        Reassign(by="ben", to="ana", reason=WHY),
        f"{IS} already belongs to ana.",
        but=Reassign(by="ben", to="carla", reason=WHY),
    ),
    Row(
        item(due_in_days=10),
        extend("ana", NOW + 10 * DAY),
        f"{IS} is due 2026-03-12; an extension has to end later than that and than today.",
        but=extend("ana", NOW + 10 * DAY + SECOND),
    ),
    Row(
        item(due_in_days=-2),
        extend("ana", NOW),
        f"{IS} is due 2026-02-28; an extension has to end later than that and than today.",
        but=extend("ana", NOW + SECOND),
    ),
    Row(
        item(extensions=2),
        extend("ben", NOW + 11 * DAY),
        f"{IS} was extended 2 times; beyond 2 times or 14 days needs an approver: ask carla.",
        but=item(extensions=1),
    ),
    Row(
        item(due_in_days=10),
        extend("ben", NOW + 25 * DAY),
        f"{IS} was extended 0 times; beyond 2 times or 14 days needs an approver: ask carla.",
        but=extend("ben", NOW + 25 * DAY - SECOND),
    ),
    Row(
        allowing(approvers=("carla", "dora")),
        extend("ben", NOW + 25 * DAY),
        f"{IS} was extended 0 times; beyond 2 times or 14 days needs an approver: ask carla or dora.",
        but=extend("dora", NOW + 25 * DAY),
    ),
    Row(
        item(),
        ApproveExtension(by="carla"),
        f"Nobody waits for an extension of action item {ITEM}.",
        but=asked_for_time(),
    ),
    Row(
        asked_for_time(),
        RefuseExtension(by="ana", reason=WHY),
        f"ana can't decide on the extension of action item {ITEM}; ask carla.",
        but=RefuseExtension(by="carla", reason=WHY),
    ),
    Row(
        done(),
        Verify(by="ana"),
        f"{IS} needs somebody other than ana to verify it.",
        but=Verify(by="ben"),
    ),
    Row(
        done(shown_by="ben"),
        Verify(by="ben", holds=False, note=WHY),
        f"{IS} needs somebody other than ben to verify it.",
        but=Verify(by="carla", holds=False, note=WHY),
    ),
    Row(
        item(),
        Waive(by="carla", reason=WHY, until=NOW),
        f"A waiver of action item {ITEM} has to end on a day to come.",
        but=Waive(by="carla", reason=WHY, until=NOW + SECOND),
    ),
    Row(
        allowing(max_waiver_days=180),
        Waive(by="carla", reason=WHY, until=NOW + 180 * DAY + SECOND),
        f"A waiver of action item {ITEM} has to end on a day to come and at most 180 days away.",
        but=Waive(by="carla", reason=WHY, until=NOW + 180 * DAY),
    ),
    Row(
        item(),
        MergeItem(by="ana", into=ITEM),
        f"{IS} can't be merged into itself; name the one that goes on.",
        but=MergeItem(by="ana", into=OTHER_ITEM),
    ),
    Row(
        item(),
        go_on_for(drill=True),
        f"One of {ITEM} and {OTHER_ITEM} belongs to a drill; merge it with one that does, too.",
        but=item(drill=True),
    ),
    Row(
        item(duplicates=[OTHER_ITEM] * LINKS),
        go_on_for(),
        f"{IS} goes on for 50 duplicates already; merge into another one.",
        but=item(duplicates=[OTHER_ITEM] * (LINKS - 1)),
    ),
    Row(
        blocked(),
        block(until=NOW + DAY),
        f"{IS} is blocked already ({WHY}); unblock it first.",
        but=item(),
    ),
    Row(
        item(),
        block(on=ITEM),
        f"{IS} can't wait for itself.",
        but=block(on=OTHER_ITEM),
    ),
    Row(
        item(),
        block(until=NOW),
        f"2026-03-02 has passed; action item {ITEM} can wait until a day to come.",
        but=block(until=NOW + SECOND),
    ),
    Row(
        item(),
        block(until=NOW + 30 * DAY + SECOND),
        f"ana can't block for more than 30 days action item {ITEM}; ask carla.",
        but=block(until=NOW + 30 * DAY),
    ),
    Row(
        item(blocked_at=NOW - 30 * DAY),
        block(until=NOW + DAY),
        f"ana can't block for more than 30 days action item {ITEM}; ask carla.",
        but=block(by="carla", until=NOW + 30 * DAY),
    ),
    Row(
        item(),
        block(by="carla", until=NOW + FAR_AWAY + SECOND),
        f"2029-03-04 is more than 3 years away; name an earlier day for {ITEM}.",
        but=block(by="carla", until=NOW + FAR_AWAY),
    ),
    Row(
        item(status=ItemStatus.SPLIT, split_into=[f"{ITEM}.1", f"{ITEM}.2"]),
        wait_for(OTHER_ITEM),
        f"{IS} is split into {ITEM}.1, {ITEM}.2; nothing has to wait for it.",
        but=item(),
    ),
    Row(
        item(status=ItemStatus.CLOSED),
        wait_for(OTHER_ITEM),
        f"{IS} is closed; nothing has to wait for it.",
        but=wait_for(OTHER_ITEM, f"{INCIDENT}.3"),
    ),
    Row(
        item(),
        wait_for(*[OTHER_ITEM] * (LINKS + 1)),
        f"Too many wait for action item {ITEM} already; block on something else, or until a date.",
        but=wait_for(*[OTHER_ITEM] * LINKS),
    ),
    Row(
        item(blocks=[f"{INCIDENT}.3"] * LINKS),
        wait_for(OTHER_ITEM),
        f"Too many wait for action item {ITEM} already; block on something else, or until a date.",
        but=item(blocks=[f"{INCIDENT}.3"] * (LINKS - 1)),
    ),
    Row(
        blocked(on=f"{INCIDENT}.3"),
        wait_for(OTHER_ITEM, f"{INCIDENT}.3"),
        f"Action items {OTHER_ITEM}, {INCIDENT}.3, {ITEM} would wait for each other; block on something else.",
        but=blocked(on=f"{INCIDENT}.4"),
    ),
    Row(
        item(),
        Unblock(by="ana"),
        f"{IS} is not blocked.",
        but=blocked(),
    ),
    Row(
        item(ticket=TICKET),
        Adopt(by="ana", ticket="PAY-4"),
        f"{IS} has ticket PAY-3 already.",
        but=item(ticket=TICKET, ticket_seen=TicketReport(ticket=TICKET, state=TicketState.GONE, lead="carla")),
    ),
    Row(
        item(status=ItemStatus.CLOSED),
        Adopt(by="ana", ticket="PAY-4"),
        f"{IS} is closed; only one that is open can adopt a ticket.",
        but=done(),
    ),
    Row(
        item(),
        Edit(by="ana", title=item().title, kind=item().kind),
        f"{IS} is like that already; say what is to be changed.",
        but=Edit(by="ana", title=item().title, description="See the runbook"),
    ),
]
