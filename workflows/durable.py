"""What incidents and action items share as workflows: an alarm, mails in order, a read model that is up to date."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from pydantic_core import to_json
from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from activities.email import Email
from followthrough.domain.incident import Audience
from followthrough.domain.limits import UNREACHED
from followthrough.domain.notice_kinds import ToTell
from followthrough.domain.room import require_room
from followthrough.domain.shown import Shown
from followthrough.domain.text import REASON, cut
from followthrough.domain.values import EntryKind, Fence, Record, Refusal
from followthrough.queues import Queue
from followthrough.turns import turn
from workflows.background import Background
from workflows.mail_messages import Undelivered
from workflows.messages import Notice, NoticeKind, PlansTaken, QueuedNotice
from workflows.signals import ToRecord, hears

RETRY = RetryPolicy(maximum_interval=timedelta(minutes=10))
"""Without end: an outage of days delays and loses nothing. Errors that never heal are non-retryable."""

RECORDS = ActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=RETRY)
"""For activities that ask the organisation file and the database."""

TRACKER = ActivityConfig(task_queue=Queue.TICKETS, start_to_close_timeout=timedelta(minutes=2), retry_policy=RETRY)
"""For activities that ask the tracker."""

MAIL = ActivityConfig(
    task_queue=Queue.MAILS,
    start_to_close_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(days=20),
    retry_policy=RETRY,
)
"""For activities that send mails. They set a mail aside sooner, after ``set_aside_after``, unless they can't begin."""

LOCAL = LocalActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=RETRY)
"""For local activities, which ask the organisation file and the database."""


ANSWER_WITHIN = timedelta(seconds=30)
"""How long a workflow waits for the answer of another, which may be stuck, while it takes no commands."""

SOON = timedelta(milliseconds=1)
"""A timer for what is late already: whether one is started must not hang on a time that a replay does not have."""

QUEUE = 60_000
"""Bytes of mails that may wait before a newer one replaces an older one of its kind; about 150 reminders."""


class Command(Protocol):
    """A command of the domain."""

    @property
    def command(self) -> str:
        """Its name."""

    def apply(self, record: Any, now: datetime, /) -> None:
        """Changes the record or raises Refusal."""


class Alarm:
    """Rings once at a time; setting the same time again starts no second timer. A task that sleeps would take more."""

    def __init__(self) -> None:
        self.rang = False
        self._at: datetime | None = None
        self._timer: asyncio.TimerHandle | asyncio.Task[None] | None = None

    def set(self, at: datetime | None) -> None:
        """Rings at ``at``, or never."""
        if at == self._at and not self.rang:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at, self._timer, self.rang = at, None, False
        if at is not None:
            wait = max(at - workflow.now(), SOON).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(wait, self._time_is_over)

    def _time_is_over(self) -> None:
        self._timer = asyncio.create_task(self._ring())

    async def _ring(self) -> None:
        await turn()
        self.rang = True


RecordT = TypeVar("RecordT", bound=Record)


class Followed(ToRecord, Generic[RecordT]):
    """A record that is planned, written to the read model, and told about by mail."""

    def __init__(self, record: RecordT, outgoing: list[QueuedNotice]) -> None:
        self.record = record
        self.outgoing = outgoing
        self.background = Background()
        self._alarm = Alarm()
        self._written = -1
        self._written_at = Fence()
        self._begun = False
        self._delivering = False

    @abstractmethod
    async def plan(self, at: datetime, fence: Fence) -> PlansTaken[Any]:
        """Has the record planned as of then, and what comes of it written to the read model."""

    @abstractmethod
    def take(self, plan: Any, at: datetime) -> list[ToTell]:
        """Takes one of those plans in, as it was taken in for what was written."""

    @abstractmethod
    def search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        """What Temporal's list should say of the record."""

    @abstractmethod
    def shown(self, kind: NoticeKind, to: tuple[str, ...], audience: Audience | None) -> Shown:
        """What a mail that is asked for now is to show, whatever changes before it is sent."""

    @abstractmethod
    def letter(self, notice: QueuedNotice) -> Notice:
        """What to send, about the record as it is now."""

    async def settle(self) -> None:
        """Passes the moments that have come, brings what others see up to date, and sets the alarm for the next moment.

        A plan of a record that changed meanwhile is worth nothing: what was written of it gives way to the next.
        """
        at: datetime | None = None
        while not self.record.ended or self.record.version != self._written:
            version, info = self.record.version, workflow.info()
            fence = Fence(run_id=info.run_id, history_length=info.get_current_history_length())
            planned = await self.plan(workflow.now(), fence)
            if self.record.version != version:
                continue
            for plan in planned.plans:
                for told in self.take(plan, planned.at):
                    self.tell(told.kind, told.to, text=told.text, level=told.level)
            if self.record.version == planned.version:
                self.record.wrote(self.record.entries, same_task=self._written_at == fence)
                self._written, self._written_at = planned.version, fence
                at = self.record.upcoming.at if self.record.upcoming else None
                if at is None or at > planned.at:
                    break
        if not self.record.ended:
            self._alarm.set(at)
        current = workflow.info().typed_search_attributes
        if changed := [update for update in self.search_attributes() if current.get(update.key) != update.value]:
            workflow.upsert_search_attributes(changed)

    async def next_change(self) -> None:
        """Waits for a command, a signal, or the next moment that matters, and settles what it brought."""
        self.attend()
        await self.background.wait(
            lambda: self.record.version > self._written or self._alarm.rang or self.may_continue_as_new()
        )
        await self.settle()

    def may_continue_as_new(self) -> bool:
        """The history has grown long, and nothing is in flight that a new run would do twice."""
        return (
            workflow.info().is_continue_as_new_suggested() and workflow.all_handlers_finished() and not self._delivering
        )

    async def wind_down(self, settled: Callable[[], bool]) -> None:
        """Waits until nothing is half-done: ``settled``, mails, handlers, and what the last of them changed.

        Gives up when the record goes on after all.
        """
        while self.record.ended:
            self.attend()
            await self.background.wait(
                lambda: (
                    self.record.version > self._written
                    or (settled() and not self.outgoing and workflow.all_handlers_finished())
                )
            )
            if self.record.version == self._written:
                return
            await self.settle()

    async def written(self, version: int) -> None:
        """Waits until the read model shows this version."""
        await workflow.wait_condition(lambda: self._written >= version)

    def check(self, command: Command) -> None:
        """Raises what the caller of an update sees when the rules do not allow a command."""
        if update_id() in self.record.carried_out:
            return
        try:
            after = self.record.model_copy(deep=True)
            command.apply(after, workflow.now())
            require_room(self.record, after, self.queued, command.command)
        except Refusal as refusal:
            raise ApplicationError(str(refusal), type="Refusal", non_retryable=True) from refusal

    async def once(self, work: Callable[[], Awaitable[int]]) -> int:
        """Carries an update out, or gives the answer again that it had in this run or an earlier one.

        It may have waited since it was checked, and be refused only now.
        """
        match self.record.carried_out.get(update_id()):
            case str(sentence):
                raise ApplicationError(sentence, type="Refusal", non_retryable=True)
            case int(version):
                await self.written(version)
                return version
        self.record.remember(update_id(), self.record.version + 1)
        try:
            version = await work()
        except ApplicationError as error:
            self.record.remember(update_id(), cut(error.message, REASON))
            raise
        except Refusal as refusal:
            self.record.remember(update_id(), cut(str(refusal), REASON))
            raise ApplicationError(str(refusal), type="Refusal", non_retryable=True) from refusal
        self.record.remember(update_id(), version)
        return version

    def fit(self, change: Callable[[RecordT], Any]) -> Any:
        """Makes a change that another workflow asks for. Raises Refusal, and then nothing has changed."""
        after = self.record.model_copy(deep=True)
        change(after)
        require_room(self.record, after, self.queued)
        return change(self.record)

    def tell(
        self,
        kind: NoticeKind,
        to: tuple[str, ...] = (),
        *,
        audience: Audience | None = None,
        text: str = "",
        level: int = 0,
        undelivered: Undelivered | None = None,
    ) -> None:
        """Queues a mail about the record; of too many that wait, the oldest of its kind gives way."""
        self.record.told += 1
        notice = QueuedNotice(
            key=f"{self.record.id}/{self.record.told}/{kind}",
            kind=kind,
            to=to,
            audience=audience,
            at=workflow.now(),
            text=text,
            level=level,
            undelivered=undelivered,
            shown=self.shown(kind, to, audience),
        )
        alike = [old for old in self.outgoing[1:] if old.kind is kind and kind is not NoticeKind.STAKEHOLDER_UPDATE]
        if alike and self.queued > QUEUE:
            self.outgoing.remove(alike[0])
            text = f"The mail {kind} of {alike[0].at:%Y-%m-%d %H:%M} UTC was not sent: too many wait"
            self.record.note(workflow.now(), EntryKind.NOTE, text)
        self.outgoing.append(notice)
        self.attend()

    def begin(self) -> None:
        """From now on the work beside the main thread is done."""
        self._begun = True
        self.attend()

    def attend(self) -> None:
        """Starts what there is to do beside the main thread; it ends by itself, so that a record at rest has no tasks.

        It is called where such work may have come up, and wherever the main thread waits.
        """
        if self._begun and self.outgoing and not self._delivering:
            self._delivering = True
            self.background.start(self._deliver())

    @property
    def queued(self) -> int:
        """The size of the mails that wait, in bytes."""
        return sum(len(to_json(notice)) for notice in self.outgoing)

    @hears
    def undelivered(self, missed: Undelivered) -> None:
        """A mail did not reach somebody: once a day who is next above them hears of it."""
        person, today = missed.person or "", workflow.now().date()
        text = f"The mail {missed.kind} did not reach {person or 'a subscriber'}: {missed.reason}"
        self.record.note(workflow.now(), EntryKind.NOTE, text)
        if self.record.unreached.get(person) != today:
            self.record.unreached = dict([*self.record.unreached.items(), (person, today)][-UNREACHED:])
            self.tell(NoticeKind.UNDELIVERED, undelivered=missed)

    async def _deliver(self) -> None:
        """Sends the mails that wait one after the other, so that a thread reads in order."""
        while self.outgoing:
            notice = self.outgoing[0]
            try:
                await workflow.execute_activity_method(Email.send_notice, self.letter(notice), **MAIL)
            except ActivityError as error:
                text = f"The mail {notice.kind} could not be sent: {reason(error)}"
                self.record.note(workflow.now(), EntryKind.NOTE, text)
                for missed in refused(error) or self._given_up(notice, error):
                    self.undelivered(missed)
            self.outgoing.pop(0)
        self._delivering = False

    def _given_up(self, notice: QueuedNotice, error: ActivityError) -> list[Undelivered]:
        """Those whom a mail does not reach that the activity could not even set aside."""
        if isinstance(error.cause, ApplicationError):
            return []
        mail = {"key": notice.key, "kind": notice.kind, "subject": notice.kind, "reason": reason(error)}
        return [Undelivered.model_validate({**mail, "person": to, "record_id": self.record.id}) for to in notice.to]


def update_id() -> str:
    """That of the update which is being handled."""
    update = workflow.current_update_info()
    return update.id if update else ""


def no_answer(record_id: str) -> str:
    """The refusal in place of an answer."""
    return f"{record_id} did not answer in {ANSWER_WITHIN.seconds} seconds; nothing has changed, so try again later."


def refused(error: ActivityError) -> list[Undelivered]:
    """The mails to people that an activity could not send."""
    details = error.cause.details if isinstance(error.cause, ApplicationError) else ()
    return [Undelivered.model_validate(detail) for detail in details]


def reason(error: ActivityError) -> str:
    """The sentence for people in a failed activity."""
    return cut(error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause), REASON)
