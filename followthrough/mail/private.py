"""What a mail about something private may use that is for somebody who is not on it."""

from typing import TypedDict

from followthrough.domain.answered.mail.daily import deadline_of
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.answered.wording import when
from followthrough.domain.replayed.ids import page_of
from followthrough.domain.replayed.incident.incident import Incident, Role
from followthrough.domain.replayed.text import one_line
from followthrough.domain.replayed.values import PersonId
from followthrough.mail.context import AsIs
from workflows.messages.mail import Notice


class AboutPrivate(TypedDict):
    """Nothing that was written about it."""

    what: str
    """Of which kind the mail is, in words."""
    deadline: str
    level: int
    whom: str
    """Whom to ask; empty where nobody is known."""
    missed: str
    """Whom a mail about it did not reach; empty for other mails."""
    url: AsIs


def about_private(notice: Notice, organisation: Organisation, public_url: str, reader: PersonId | None) -> AboutPrivate:
    """With the time where the reader is."""
    record, missed = notice.record, notice.undelivered
    what = (missed.kind if missed else notice.kind).replace("-", " ")
    if isinstance(record, Incident):
        whom = record.postmortem_owner or record.holder(Role.INCIDENT_COMMANDER)
    else:
        whom = record.owner
    return {
        "what": what,
        "deadline": when(deadline_of(record), organisation.time_zone_of(reader)),
        "level": notice.level,
        "whom": one_line(organisation.name_of(whom)) if whom else "",
        "missed": one_line(organisation.name_of(missed.person or "a subscriber")) if missed else "",
        "url": AsIs(f"{public_url}/{page_of(record.id)}"),
    }
