"""What becomes of an action item when it is planned.

It runs inside workflows, and in the activity that writes what comes of it: both have to come to the same.
"""

from datetime import datetime

from followthrough.domain.replayed.item.action_item import ActionItem, ItemPlan, Moment, MomentKind
from followthrough.domain.replayed.item.lifecycle import unblock
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.values import EntryKind

NOTICES = {
    MomentKind.REMIND_TO_ACCEPT: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_BEFORE_DEADLINE: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_AT_DEADLINE: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_AFTER_DEADLINE: NoticeKind.ITEM_REMINDER,
    MomentKind.REMIND_TO_PLAN: NoticeKind.ITEM_TO_PLAN,
    MomentKind.ESCALATE: NoticeKind.ITEM_ESCALATION,
    MomentKind.OWNER_WANTED: NoticeKind.ITEM_OWNER_WANTED,
    MomentKind.REVIEW_BLOCK: NoticeKind.ITEM_BLOCKED,
    MomentKind.WAIVER_EXPIRES_SOON: NoticeKind.ITEM_WAIVER_ENDS,
    MomentKind.REMIND_TO_VERIFY: NoticeKind.ITEM_TO_VERIFY,
}


def take(item: ActionItem, plan: ItemPlan, now: datetime) -> list[ToTell]:
    """Takes a plan in and passes its moment, if that has come. An item that this changed is to be planned again."""
    before = item.plan
    item.plan = plan
    if before is not None and before.due.date() != plan.due.date() and item.due is None:
        item.note(now, EntryKind.ACTION_ITEM, f"Due {plan.due:%Y-%m-%d} now, by the policies")
    return [] if plan.next is None or plan.next.at > now else pass_moment(item, plan.next, now)


def go_on(item: ActionItem, because: str, now: datetime) -> ToTell:
    """It is not blocked any more, and its owner hears of it."""
    unblock(item, because, now)
    return ToTell(NoticeKind.ITEM_UNBLOCKED, (item.owner,), because)


def pass_moment(item: ActionItem, moment: Moment, now: datetime) -> list[ToTell]:
    """It has come: gives who hears of it."""
    item.passed(moment)
    if moment.kind is MomentKind.DRILL_OVER:
        item.waive(now, "The drill is over", None)
        return []
    if moment.kind is MomentKind.WAIVER_EXPIRES and item.waiver is not None:
        item.ask_again(now, f"The waiver has expired: {item.waiver.reason}")
        return []
    if moment.kind is MomentKind.REVIEW_BLOCK and item.block is not None and item.block.until <= now:
        return [go_on(item, f"The time to wait is over: {item.block.reason}", now)]
    text, kind = f"{moment.kind.value.capitalize()}:", EntryKind.REMINDER
    if moment.kind is MomentKind.OWNER_WANTED:
        text = f"Owner wanted ({moment.because}), level {moment.level}:"
    elif moment.kind is MomentKind.ESCALATE:
        text, kind = f"Escalated, level {moment.level}, to", EntryKind.ESCALATION
    item.note(now, kind, f"{text} {', '.join(moment.to)}")
    return [ToTell(NOTICES[moment.kind], moment.to, moment.because, moment.level)]
