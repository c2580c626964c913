"""What is said about mails: those that wait for a daily one, and those that did not reach anybody."""

from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime, Field

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


class Undelivered(Message):
    """A mail that did not reach a person, or a plain address when ``person`` is None."""

    key: str
    kind: str
    subject: str
    person: PersonId | None
    reason: MachineNote
    record_id: str | None
    """The incident or action item that it was about; None for a digest."""
