"""Which notices there are."""

from dataclasses import dataclass
from enum import StrEnum

from followthrough.domain.replayed.incident.incident import Audience
from followthrough.domain.replayed.values import PersonId


class NoticeKind(StrEnum):
    """Which mail; the template of the same name renders it."""

    INCIDENT_DECLARED = "incident-declared"
    ROLE_ASSIGNED = "role-assigned"
    ROLE_NOT_ACKNOWLEDGED = "role-not-acknowledged"
    STAKEHOLDER_UPDATE = "stakeholder-update"
    UPDATE_DUE = "update-due"
    UPDATE_MISSED = "update-missed"
    POSTMORTEM_ASSIGNED = "postmortem-assigned"
    POSTMORTEM_TO_REVIEW = "postmortem-to-review"
    POSTMORTEM_REVIEWED = "postmortem-reviewed"
    POSTMORTEM_REMINDER = "postmortem-reminder"
    POSTMORTEM_ESCALATION = "postmortem-escalation"
    POSTMORTEM_PUBLISHED = "postmortem-published"
    ROLE_HANDED_OVER = "role-handed-over"
    INCIDENT_MERGED = "incident-merged"
    INCIDENT_REOPENED = "incident-reopened"
    INCIDENT_CLOSED = "incident-closed"
    INCIDENT_REPEATS = "incident-repeats"
    DRILL_REPORT = "drill-report"
    ITEM_PROPOSED = "item-proposed"
    ITEM_REMINDER = "item-reminder"
    ITEM_ESCALATION = "item-escalation"
    ITEM_OWNER_WANTED = "item-owner-wanted"
    ITEM_TO_PLAN = "item-to-plan"
    ITEM_BLOCKED = "item-blocked"
    ITEM_WAIVER_ENDS = "item-waiver-ends"
    ITEM_TO_VERIFY = "item-to-verify"
    ITEM_ENDED = "item-ended"
    ITEM_REPEATED = "item-repeated"
    ITEM_REPEAT_TAKEN_BACK = "item-repeat-taken-back"
    ITEM_EXTENSION_WANTED = "item-extension-wanted"
    ITEM_EXTENSION_DECIDED = "item-extension-decided"
    ITEM_TOOK_IN = "item-took-in"
    ITEM_UNBLOCKED = "item-unblocked"
    ITEM_ASKED_AGAIN = "item-asked-again"
    TICKET_REFUSED = "ticket-refused"
    UNDELIVERED = "undelivered"
    TICKET_CONFLICT = "ticket-conflict"


@dataclass(frozen=True)
class ToTell:
    """A mail that is to be asked for, to people and an audience; ``level`` is an escalation's."""

    kind: NoticeKind
    to: tuple[PersonId, ...]
    text: str = ""
    level: int = 0
    audience: Audience | None = None


GATHERED = frozenset(
    {
        NoticeKind.POSTMORTEM_ASSIGNED,
        NoticeKind.POSTMORTEM_TO_REVIEW,
        NoticeKind.POSTMORTEM_REVIEWED,
        NoticeKind.POSTMORTEM_REMINDER,
        NoticeKind.POSTMORTEM_PUBLISHED,
        NoticeKind.INCIDENT_CLOSED,
        NoticeKind.DRILL_REPORT,
        NoticeKind.ITEM_PROPOSED,
        NoticeKind.ITEM_REMINDER,
        NoticeKind.ITEM_TO_PLAN,
        NoticeKind.ITEM_BLOCKED,
        NoticeKind.ITEM_WAIVER_ENDS,
        NoticeKind.ITEM_TO_VERIFY,
        NoticeKind.ITEM_ENDED,
        NoticeKind.ITEM_REPEAT_TAKEN_BACK,
        NoticeKind.ITEM_EXTENSION_WANTED,
        NoticeKind.ITEM_EXTENSION_DECIDED,
        NoticeKind.ITEM_TOOK_IN,
        NoticeKind.ITEM_UNBLOCKED,
        NoticeKind.ITEM_ASKED_AGAIN,
        NoticeKind.TICKET_REFUSED,
        NoticeKind.TICKET_CONFLICT,
    }
)
"""What can wait for the daily mail unless the organisation file says otherwise; a new kind waits for nothing."""


class DigestKind(StrEnum):
    """Mails about how things stand; people can unsubscribe from each."""

    MONTHLY = "digest"
    WEEKLY = "weekly-digest"
    SPRINT = "sprint-digest"
