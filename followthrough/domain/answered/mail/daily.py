"""What waits for a person's daily mail, whether it still matters, and in which order it is told."""

from collections.abc import Iterable
from datetime import datetime

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.waiting import WaitingMail

ASKS = {
    NoticeKind.ITEM_PROPOSED,
    NoticeKind.ITEM_REMINDER,
    NoticeKind.ITEM_TO_PLAN,
    NoticeKind.ITEM_TO_VERIFY,
    NoticeKind.ITEM_WAIVER_ENDS,
    NoticeKind.ITEM_ASKED_AGAIN,
}
"""Kinds that ask for something until the action item has another status or owner."""
ASKS_FOR_POSTMORTEM = {
    NoticeKind.POSTMORTEM_ASSIGNED,
    NoticeKind.POSTMORTEM_REMINDER,
    NoticeKind.POSTMORTEM_TO_REVIEW,
    NoticeKind.POSTMORTEM_REVIEWED,
}
"""Kinds that ask for something until the postmortem is in another state."""
NEWS = {
    NoticeKind.ITEM_ENDED,
    NoticeKind.ITEM_TOOK_IN,
    NoticeKind.ITEM_REPEAT_TAKEN_BACK,
    NoticeKind.ITEM_EXTENSION_DECIDED,
    NoticeKind.INCIDENT_CLOSED,
    NoticeKind.POSTMORTEM_PUBLISHED,
    NoticeKind.DRILL_REPORT,
}
"""Kinds that ask for nothing."""


def deadline_of(record: ActionItem | Incident) -> datetime | None:
    """What comes next: an action item's deadline, or that of an incident's postmortem."""
    if isinstance(record, ActionItem):
        return record.deadline
    return record.plan.postmortem_due if record.plan else None


def overtaken(mail: WaitingMail, record: ActionItem | Incident) -> bool:
    """Whether what the mail asks for is done or not wanted any more."""
    if isinstance(record, Incident):
        return mail.kind in ASKS_FOR_POSTMORTEM and _postmortem_went_on(mail, record)
    match mail.kind:
        case NoticeKind.ITEM_EXTENSION_WANTED:
            return record.extension_wanted is None
        case NoticeKind.ITEM_BLOCKED:
            return record.block is None
        case NoticeKind.TICKET_REFUSED | NoticeKind.TICKET_CONFLICT | NoticeKind.ITEM_UNBLOCKED:
            return record.settled
        case NoticeKind.ITEM_TO_PLAN if record.sprint is not None:
            return True
        case NoticeKind.ITEM_WAIVER_ENDS if record.waiver is not None and record.waiver.at > mail.at:
            return True
        case NoticeKind.ITEM_REMINDER if record.block is not None or _has_more_time(mail, record):
            return True
    return mail.kind in ASKS and (record.status, record.owner) != (mail.status, mail.owner)


def said_discreetly(mail: WaitingMail) -> WaitingMail:
    """Of what became private since it was written, to somebody who is not on it."""
    return mail.model_copy(update={"subject": f"About a private incident: {mail.kind.replace('-', ' ')}"})


def _has_more_time(mail: WaitingMail, item: ActionItem) -> bool:
    return mail.deadline is not None and item.deadline is not None and item.deadline > mail.deadline


def _postmortem_went_on(mail: WaitingMail, incident: Incident) -> bool:
    """Since the mail its text was handed in, reviewed or published, or it is nobody's to write any more."""
    if incident.ended or incident.published_at is not None:
        return True
    postmortem = incident.postmortem
    handed_in = postmortem is not None and postmortem.at > mail.at
    reviewed = postmortem is not None and postmortem.review is not None and postmortem.review.at > mail.at
    return handed_in or reviewed


def most_urgent_first(mails: Iterable[WaitingMail]) -> list[WaitingMail]:
    """What asks for something before what doesn't, by deadline, and then as it came."""

    def urgency(mail: WaitingMail) -> tuple[bool, bool, datetime]:
        due = None if mail.kind in NEWS else mail.deadline
        return mail.kind in NEWS, due is None, due or mail.at

    return sorted(mails, key=urgency)
