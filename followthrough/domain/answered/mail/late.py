"""Mails that could not be sent for a while: which of them ask for what is over, or was asked for again since."""

from datetime import datetime, timedelta

from followthrough.domain.answered.incident.updates import last_update
from followthrough.domain.answered.mail.daily import overtaken
from followthrough.domain.replayed.incident.incident import ONGOING, Audience, Incident, IncidentMomentKind, RoleHolder
from followthrough.domain.replayed.item.action_item import ActionItem, MomentKind
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.shown import TO_HOLDERS
from followthrough.domain.replayed.mail.waiting import WaitingMail

LATE = timedelta(hours=1)
"""From then on a mail says that it is late, and nobody gets one that asks for nothing any more."""

UPDATES = {
    NoticeKind.UPDATE_DUE: IncidentMomentKind.UPDATE_DUE,
    NoticeKind.UPDATE_MISSED: IncidentMomentKind.UPDATE_MISSED,
}


def outlived(
    mail: WaitingMail,
    to: tuple[str, ...],
    text: str,
    holder: RoleHolder | None,
    record: ActionItem | Incident,
) -> bool:
    """Whether ``mail`` asks ``to`` for nothing any more, or a newer one of its kind asks them the same.

    ``holder`` is who was to take a role, ``text`` the audience of an update, ``record`` what the mail is about, now.
    """
    if overtaken(mail, record):
        return True
    if isinstance(record, ActionItem):
        return _item_went_on(mail, to, record)
    if mail.kind in TO_HOLDERS:
        return record.status not in ONGOING or (holder is not None and not _waits(holder, record))
    if (due := UPDATES.get(mail.kind)) is not None:
        return _told_since(Audience(text), mail.at, due, record)
    if mail.kind is NoticeKind.POSTMORTEM_ESCALATION:
        again = (past for past in record.moments if past.kind is IncidentMomentKind.POSTMORTEM_OVERDUE)
        over = record.ended or record.published_at is not None
        return over or any(past.at > mail.at and set(to) <= set(past.to) for past in again)
    return False


def _waits(holder: RoleHolder, incident: Incident) -> bool:
    """Whether the person was asked last, and did not answer."""
    asked = (holder.role, holder.person, holder.at)
    return any((one.role, one.person, one.at) == asked and one.acknowledged_at is None for one in incident.roles)


def _told_since(audience: Audience, asked_at: datetime, due: IncidentMomentKind, incident: Incident) -> bool:
    """Or it was asked for again, or the update that is owed is another one: that it is over."""
    last = last_update(incident, audience)
    if last is not None and last.at > asked_at:
        return True
    if incident.status not in ONGOING and (incident.resolved_since is None or asked_at < incident.resolved_since):
        return True
    return any(past.kind is due and past.subject == audience and past.at > asked_at for past in incident.moments)


def _item_went_on(mail: WaitingMail, to: tuple[str, ...], item: ActionItem) -> bool:
    match mail.kind:
        case NoticeKind.ITEM_ESCALATION:
            kind = MomentKind.ESCALATE
            over = (item.status, item.owner) != (mail.status, mail.owner) or (
                item.deadline is not None and item.deadline > mail.at
            )
        case NoticeKind.ITEM_OWNER_WANTED:
            kind, over = MomentKind.OWNER_WANTED, item.settled or item.owner_wanted is None
        case _:
            return False
    again = (past for past in item.reminders if past.kind is kind and past.at > mail.at)
    return over or any(set(to) <= set(past.to) for past in again)
