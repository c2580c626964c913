"""Who hears of what happens to an action item. ``moments.py`` has who hears when a moment has come.

It runs inside workflows.
"""

from followthrough.domain.replayed.item.action_item import ActionItem, ItemStatus
from followthrough.domain.replayed.item.commands import ApproveExtension, Extend, Finish, ItemCommand, RefuseExtension
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell


def of_proposal(item: ActionItem) -> ToTell:
    """Its owner, who has to accept it."""
    return ToTell(NoticeKind.ITEM_PROPOSED, (item.owner,))


def of_command(command: ItemCommand, before: ActionItem, item: ActionItem) -> list[ToTell]:
    """A new owner, and whoever has to decide next or waited for a decision.

    ``before`` is the item as it was before the command, ``item`` as it is once everybody can see it.
    """
    told = [of_proposal(item)] if item.owner != before.owner else []
    match command:
        case Finish() if item.status is ItemStatus.DONE:
            told.append(ToTell(NoticeKind.ITEM_TO_VERIFY, item.approvers))
        case Extend() if item.extension_wanted:
            told.append(ToTell(NoticeKind.ITEM_EXTENSION_WANTED, item.approvers))
        case RefuseExtension(reason=reason):
            told.append(ToTell(NoticeKind.ITEM_EXTENSION_DECIDED, (before.owner,), reason))
        case Extend(by=by) | ApproveExtension(by=by) if before.extension_wanted and by != before.owner:
            told.append(ToTell(NoticeKind.ITEM_EXTENSION_DECIDED, (before.owner,)))
    return told


def of_outcome(item: ActionItem) -> ToTell:
    """That it is settled, or asked again, of which approvers hear, too."""
    if item.settled:
        return ToTell(NoticeKind.ITEM_ENDED, (item.owner,))
    to = tuple(dict.fromkeys((item.owner, *item.approvers)))
    return ToTell(NoticeKind.ITEM_ASKED_AGAIN, to, item.asked_because)


def of_duplicate(item: ActionItem, other: str) -> ToTell:
    """That it goes on for another one, too."""
    return ToTell(NoticeKind.ITEM_TOOK_IN, (item.owner,), other)


def of_repeat(item: ActionItem, incident_id: str) -> ToTell:
    """That what it was to prevent happened again."""
    return ToTell(NoticeKind.ITEM_REPEATED, (item.owner,), incident_id)


def of_repeat_taken_back(item: ActionItem, incident_id: str) -> ToTell:
    """That it did not happen again after all."""
    return ToTell(NoticeKind.ITEM_REPEAT_TAKEN_BACK, (item.owner,), incident_id)


def of_refused_ticket(item: ActionItem, sentence: str) -> ToTell:
    """That the tracker does not take its ticket."""
    return ToTell(NoticeKind.TICKET_REFUSED, (item.owner,), sentence)
