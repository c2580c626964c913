"""The mails about a record, one after the other."""

from pydantic_core import to_json
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.mails.email import Email
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.limits import UNREACHED
from followthrough.domain.replayed.mail.notice_kinds import NoticeKind, ToTell
from followthrough.domain.replayed.mail.shown import as_shown, shown_of
from followthrough.domain.replayed.values import EntryKind
from workflows.background import Background, Errand
from workflows.calls import MAIL, reason, unsent
from workflows.messages.mail import MissedMail, QueuedNotice

QUEUE = 60_000
"""Bytes of mails that may wait before a newer one replaces an older one of its kind; about 150 reminders."""


class Mails(Errand):
    """Those that wait are sent in their order, so that a thread reads in order, however long none can be sent."""

    def __init__(self, record: Incident | ActionItem, waiting: list[QueuedNotice], background: Background) -> None:
        self.waiting = waiting
        self._record = record
        self._background = background
        background.add(self)

    def tell(self, *tells: ToTell, undelivered: MissedMail | None = None) -> None:
        """Asks for mails; of too many that wait, the oldest of its kind gives way."""
        for told in tells:
            self._make_room(told.kind)
            self._record.told += 1
            self.waiting.append(
                QueuedNotice(
                    key=f"{self._record.id}/{self._record.told}/{told.kind}",
                    kind=told.kind,
                    to=told.to,
                    audience=told.audience,
                    at=workflow.now(),
                    text=told.text,
                    level=told.level,
                    undelivered=undelivered,
                    shown=shown_of(self._record, told),
                )
            )
            self._background.attend()

    @property
    def size(self) -> int:
        """Of those that wait, in bytes."""
        return sum(len(to_json(notice)) for notice in self.waiting)

    def undelivered(self, missed: MissedMail) -> None:
        """One did not reach somebody: once a day who is next above them hears of it."""
        person, today = missed.person or "", workflow.now().date()
        text = f"The mail {missed.kind} did not reach {person or 'a subscriber'}: {missed.reason}"
        self._record.note(workflow.now(), EntryKind.NOTE, text)
        if self._record.unreached.get(person) != today:
            self._record.unreached = dict([*self._record.unreached.items(), (person, today)][-UNREACHED:])
            self.tell(ToTell(NoticeKind.UNDELIVERED, ()), undelivered=missed)

    @property
    def wanted(self) -> bool:
        """See ``Errand``."""
        return bool(self.waiting)

    async def run(self) -> None:
        """See ``Errand``."""
        while self.waiting:
            notice = self.waiting[0]
            try:
                letter = notice.about(as_shown(self._record.lean(), notice.shown, notice.audience), workflow.now())
                await workflow.execute_activity_method(Email.send_notice, letter, **MAIL)
            except ActivityError as error:
                text = f"The mail {notice.kind} could not be sent: {reason(error)}"
                self._record.note(workflow.now(), EntryKind.NOTE, text)
                for missed in unsent(error) or self._given_up(notice, error):
                    self.undelivered(missed)
            self.waiting.pop(0)

    def _make_room(self, kind: NoticeKind) -> None:
        alike = [old for old in self.waiting[1:] if old.kind is kind and kind is not NoticeKind.STAKEHOLDER_UPDATE]
        if alike and self.size > QUEUE:
            self.waiting.remove(alike[0])
            text = f"The mail {kind} of {alike[0].at:%Y-%m-%d %H:%M} UTC was not sent: too many wait"
            self._record.note(workflow.now(), EntryKind.NOTE, text)

    def _given_up(self, notice: QueuedNotice, error: ActivityError) -> list[MissedMail]:
        """Those whom a mail does not reach that the activity could not even set aside."""
        if isinstance(error.cause, ApplicationError):
            return []
        return [
            MissedMail(
                key=notice.key,
                kind=notice.kind,
                subject=notice.kind,
                person=person,
                reason=reason(error),
                record_id=self._record.id,
            )
            for person in notice.to
        ]
