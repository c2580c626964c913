"""What is kept of a mail that waits for a person's daily one."""

from pydantic import AwareDatetime

from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.values import Message, PersonId


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
