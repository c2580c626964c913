"""Which choice a mail asks its reader to make: that of its one button; the others stand below it."""

from collections.abc import Mapping
from types import MappingProxyType

from followthrough.domain.answered.choices import (
    ACCEPT,
    ACKNOWLEDGE,
    APPROVE_EXTENSION,
    APPROVE_POSTMORTEM,
    EXTEND,
    FINISH,
    HOLDS,
    REASSIGN,
    REOPEN,
    UNBLOCK,
    WAIVE,
    Choice,
    choices,
)
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.values import PersonId

ASKED_FOR: Mapping[NoticeKind, tuple[Choice, ...]] = MappingProxyType(
    {
        NoticeKind.INCIDENT_DECLARED: (ACKNOWLEDGE,),
        NoticeKind.ROLE_ASSIGNED: (ACKNOWLEDGE,),
        NoticeKind.ROLE_NOT_ACKNOWLEDGED: (ACKNOWLEDGE,),
        NoticeKind.ROLE_HANDED_OVER: (ACKNOWLEDGE,),
        NoticeKind.INCIDENT_REOPENED: (ACKNOWLEDGE,),
        NoticeKind.POSTMORTEM_TO_REVIEW: (APPROVE_POSTMORTEM,),
        NoticeKind.ITEM_PROPOSED: (ACCEPT,),
        NoticeKind.ITEM_REMINDER: (ACCEPT, FINISH),
        NoticeKind.ITEM_ESCALATION: (APPROVE_EXTENSION, ACCEPT, FINISH, EXTEND),
        NoticeKind.ITEM_OWNER_WANTED: (REASSIGN,),
        NoticeKind.ITEM_BLOCKED: (UNBLOCK,),
        NoticeKind.ITEM_WAIVER_ENDS: (REOPEN, WAIVE),
        NoticeKind.ITEM_TO_VERIFY: (HOLDS,),
        NoticeKind.ITEM_EXTENSION_WANTED: (APPROVE_EXTENSION,),
        NoticeKind.ITEM_ASKED_AGAIN: (ACCEPT, REASSIGN),
        NoticeKind.ITEM_UNBLOCKED: (FINISH, ACCEPT, REASSIGN),
        NoticeKind.ITEM_REPEATED: (ACCEPT, FINISH, EXTEND),
        NoticeKind.UNDELIVERED: (),
        NoticeKind.TICKET_CONFLICT: (ACCEPT, FINISH, REASSIGN),
    }
)
"""The first that is open to the reader is the button's. Other kinds ask for none that a link in a mail makes."""


def offered_in_mail(kind: NoticeKind, record: ActionItem | Incident, reader: PersonId) -> list[Choice]:
    """All that the reader may decide by it, that of the button first; nothing in a mail that asks for nothing."""
    if kind not in ASKED_FOR:
        return []
    offered = choices(record, reader)
    first = next((choice for choice in ASKED_FOR[kind] if choice in offered), None)
    return [first, *(choice for choice in offered if choice is not first)] if first else offered
