"""What is said about mails: those that wait for a daily one, and those that did not reach anybody."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field

from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.incident.incident import Audience, Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind
from followthrough.domain.replayed.mail.shown import Shown
from followthrough.domain.replayed.mail.waiting import WaitingMail
from followthrough.domain.replayed.text import MachineNote
from followthrough.domain.replayed.times import MachineTime
from followthrough.domain.replayed.values import Message, PersonId, State


class PutInInbox(Message):
    """A mail waits for the daily mail of ``due``, which by the inbox's own clock is ``wait`` from now."""

    mail: WaitingMail
    due: AwareDatetime
    wait: timedelta


class InInbox(Message):
    """A mail, and when the inbox's clock says that it is ``due``."""

    mail: WaitingMail
    due: AwareDatetime
    rings_at: AwareDatetime


class InboxProgress(State):
    """An inbox workflow's input: at its start, and when it continues as new."""

    waiting: list[InInbox] = Field(default_factory=list)


class DailyMail(Message):
    """Send a person what waited, at ``at`` by the clock of what it is about."""

    key: str
    person: PersonId
    mails: tuple[WaitingMail, ...]
    at: AwareDatetime


class MailProblem(Message):
    """The mail with this key did not arrive.

    ``address`` is set when it will take no other either.
    """

    key: str
    reason: MachineNote
    at: MachineTime
    address: str | None = None


class Asked(Message):
    """The activity that makes a mail, and what it is asked."""

    activity: str
    argument: dict[str, Any]


class MissedMail(Message):
    """A mail that did not reach a person, or a plain address when ``person`` is None."""

    key: str
    kind: str
    subject: str
    person: PersonId | None
    reason: MachineNote
    record_id: str | None
    """The incident or action item that it was about; None for a digest."""


class QueuedNotice(Message):
    """Mails that wait to be sent, in few words: what they are about is looked at when they are.

    ``to`` are people of the organisation file or plain addresses, ``audience`` adds those who
    subscribed to the service's updates.
    """

    key: str
    kind: NoticeKind
    to: tuple[str, ...] = ()
    audience: Audience | None = None
    at: AwareDatetime
    text: str = ""
    level: int = 0
    undelivered: MissedMail | None = None
    """It is for who is next above, which is known when it is sent."""
    shown: Shown = Shown()

    def about(self, record: Incident | ActionItem, now: datetime) -> "Notice":
        """What is sent now."""
        return Notice(
            key=self.key,
            kind=self.kind,
            to=self.to,
            audience=self.audience,
            at=self.at,
            text=self.text,
            level=self.level,
            undelivered=self.undelivered,
            shown=self.shown,
            waited=now - self.at,
            incident=record if isinstance(record, Incident) else None,
            item=record if isinstance(record, ActionItem) else None,
        )


class Notice(QueuedNotice):
    """Mails to send, one to each person and one to all plain addresses, however often it is asked for.

    Exactly one of ``incident`` and ``item`` is what it is about, with what is ``shown`` as it was; an item's mails
    belong to its incident's thread.
    """

    waited: timedelta = timedelta(0)
    """Since it was asked for."""
    incident: Incident | None = None
    item: ActionItem | None = None
    drill: DrillReport | None = None

    def mail_key(self, reader: PersonId | None) -> str:
        """Makes the mail to this person one mail; None stands for all plain addresses together."""
        return f"{self.key}/{reader}" if reader else self.key

    @property
    def record(self) -> Incident | ActionItem:
        """What it is about. Raises ValueError when that is nothing."""
        record = self.item or self.incident
        if record is None:
            raise ValueError(f"Notice {self.key} is about neither an incident nor an action item.")
        return record

    @property
    def incident_id(self) -> str:
        """The incident whose thread it belongs to."""
        return self.item.incident_id if self.item else self.record.id


class TellTroubles(Message):
    """Tell the administrators of what there is, as of ``at``."""

    at: AwareDatetime
