"""What the one button of a mail says and does: it leads to the form of what is asked for, not only to a page."""

from typing import NamedTuple
from urllib.parse import urlencode

from followthrough.domain.answered.choices import ACKNOWLEDGE
from followthrough.domain.answered.incident.choices import (
    ASSIGN_POSTMORTEM,
    LINK_REPEAT,
    PUBLISH_POSTMORTEM,
    PUBLISH_WITHOUT_ITEMS,
    UNLINK_REPEAT,
    UPDATE,
)
from followthrough.domain.answered.mail.asked import offered_in_mail
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.incident import Incident, IncidentStatus
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.postmortem.postmortem import ReviewState
from followthrough.domain.replayed.values import PersonId
from followthrough.links import Link, Links
from workflows.messages.mail import Notice

SHORT = {ACKNOWLEDGE.name: "I take it"}
"""What a button says where that is enough."""


class Step(NamedTuple):
    """A link, and what it says."""

    label: str
    url: str


def steps(notice: Notice, public_url: str, links: Links, reader: PersonId | None) -> list[Step]:
    """That of the button first, then what else the reader may choose; the page of its record where nothing is asked."""
    record = notice.record
    page = f"{public_url}/{page_of(record.id)}"
    if isinstance(record, Incident) and (found := _of_incident(notice, record, page, links, reader)):
        return [found]
    if notice.item is not None and notice.kind is NoticeKind.ITEM_TO_PLAN:
        return [Step("Plan it", f"{public_url}/planning/{notice.item.team}")]
    offered = offered_in_mail(notice.kind, record, reader) if reader else []
    if offered and reader:
        signed = [(choice, Link.in_mail(notice.key, choice.name, reader, record.id)) for choice in offered]
        return [
            Step(SHORT.get(choice.name, choice.label), f"{public_url}/act/{links.sign(link)}")
            for choice, link in signed
        ]
    what = "incident" if isinstance(record, Incident) else "action item"
    return [Step(f"Open {what} {record.id}", page)]


def _of_incident(notice: Notice, incident: Incident, page: str, links: Links, reader: PersonId | None) -> Step | None:
    """Where the form is a page of its own, or one for who is signed in."""
    match notice.kind:
        case NoticeKind.UPDATE_DUE | NoticeKind.UPDATE_MISSED:
            return _update(notice, incident, page, links, reader)
        case NoticeKind.POSTMORTEM_PUBLISHED:
            return Step("Read the postmortem", f"{page}/postmortem")
        case NoticeKind.INCIDENT_REPEATS:
            return _repeat(incident, page)
        case (
            NoticeKind.POSTMORTEM_ASSIGNED
            | NoticeKind.POSTMORTEM_REMINDER
            | NoticeKind.POSTMORTEM_REVIEWED
            | NoticeKind.POSTMORTEM_ESCALATION
        ) if incident.status is IncidentStatus.RESOLVED:
            return _postmortem(notice, incident, page, reader)
    return None


def _update(notice: Notice, incident: Incident, page: str, links: Links, reader: PersonId | None) -> Step:
    """With the draft for the audience that waits for one."""
    wanted = urlencode({"audience": notice.text})
    if reader is None:
        return Step(UPDATE.label, f"{page}/{UPDATE.name}?{wanted}")
    token = links.sign(Link.in_mail(notice.key, UPDATE.name, reader, incident.id))
    public_url = page.removesuffix(f"/{page_of(incident.id)}")
    return Step(UPDATE.label, f"{public_url}/act/{token}/update?{wanted}")


def _repeat(incident: Incident, page: str) -> Step | None:
    """To accept what is proposed, or else to take back what was linked."""
    if incident.proposed_repeats:
        of = incident.proposed_repeats[0].incident_id
        return Step(f"It happened before: {of}", f"{page}/do/{LINK_REPEAT.name}?{urlencode({'of': of})}")
    if incident.repeats:
        of = incident.repeats[-1].incident_id
        return Step(f"It only looks like {of}", f"{page}/do/{UNLINK_REPEAT.name}?{urlencode({'of': of})}")
    return None


def _postmortem(notice: Notice, incident: Incident, page: str, reader: PersonId | None) -> Step:
    state = incident.postmortem.state if incident.postmortem else None
    if state is ReviewState.APPROVED:
        choice = PUBLISH_POSTMORTEM if incident.items else PUBLISH_WITHOUT_ITEMS
        return Step(choice.label, f"{page}/do/{choice.name}")
    if state is ReviewState.WAITING:
        return Step("Read the postmortem", f"{page}/postmortem")
    if notice.kind is NoticeKind.POSTMORTEM_ESCALATION and reader not in (None, incident.postmortem_owner):
        return Step(ASSIGN_POSTMORTEM.label, f"{page}/do/{ASSIGN_POSTMORTEM.name}")
    return Step("Write the postmortem", f"{page}/postmortem/edit")
