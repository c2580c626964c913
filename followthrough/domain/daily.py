"""What waits for a person's daily mail, whether it still matters, and in which order it is told."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime

from followthrough.domain.action_item import ActionItem
from followthrough.domain.incident import Incident
from followthrough.domain.notice_kinds import NoticeKind
from followthrough.domain.values import Message, PersonId

ASKS = {
    NoticeKind.ITEM_PROPOSED,
    NoticeKind.ITEM_REMINDER,
    NoticeKind.ITEM_TO_PLAN,
    NoticeKind.ITEM_TO_VERIFY,
    NoticeKind.ITEM_WAIVER_ENDS,
}
"""Kinds that ask for something until the action item has another status or owner."""
NEWS = {
    NoticeKind.ITEM_ENDED,
    NoticeKind.INCIDENT_CLOSED,
    NoticeKind.POSTMORTEM_PUBLISHED,
    NoticeKind.DRILL_REPORT,
}
"""Kinds that ask for nothing."""


class WaitingMail(Message):
    """Enough of a mail to tell of it in one line."""

    key: str
    kind: NoticeKind
    subject: str
    incident_id: str
    item_id: str | None
    status: str
    """Of the incident or action item when the mail was written; so is ``owner``, that of an action item."""
    owner: PersonId | None
    deadline: AwareDatetime | None
    at: AwareDatetime


def deadline_of(record: ActionItem | Incident) -> datetime | None:
    """What comes next: an action item's deadline, or that of an incident's postmortem."""
    if isinstance(record, ActionItem):
        return record.deadline
    return record.plan.postmortem_due if record.plan else None


def overtaken(mail: WaitingMail, item: ActionItem) -> bool:
    """Whether what the mail asks for is done or not wanted any more."""
    match mail.kind:
        case NoticeKind.ITEM_EXTENSION_WANTED:
            return item.extension_wanted is None
        case NoticeKind.ITEM_BLOCKED:
            return item.block is None
        case NoticeKind.TICKET_REFUSED:
            return item.settled
    return mail.kind in ASKS and (item.status, item.owner) != (mail.status, mail.owner)


def most_urgent_first(mails: Iterable[WaitingMail]) -> list[WaitingMail]:
    """What asks for something before what doesn't, by deadline, and then as it came."""

    def urgency(mail: WaitingMail) -> tuple[bool, bool, datetime]:
        return mail.kind in NEWS, mail.deadline is None, mail.deadline or mail.at

    return sorted(mails, key=urgency)
