"""What incidents and action items share: an alarm, a read model that is up to date, mails in order."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow

from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.mail.notice_kinds import ToTell
from followthrough.domain.replayed.values import Fence
from workflows.background import Background
from workflows.messages.mail import QueuedNotice
from workflows.messages.schedule import PlansTaken
from workflows.parts.mails import Mails
from workflows.search_attributes import names_here, now_of
from workflows.turns import turn

SOON = timedelta(milliseconds=1)
"""A timer for what is late already: whether one is started must not hang on a time that a replay does not have."""

RecordT = TypeVar("RecordT", bound=Incident | ActionItem)


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


class Entity(Generic[RecordT]):
    """A record that is planned, written to the read model, and told about by mail; its workflow holds it.

    ``plan`` has it planned as of then, and what comes of it written to the read model. ``take`` takes one of those
    plans in, as it was taken in for what was written.
    """

    def __init__(
        self,
        record: RecordT,
        outgoing: list[QueuedNotice],
        plan: Callable[[datetime, Fence], Awaitable[PlansTaken[Any]]],
        take: Callable[[RecordT, Any, datetime], list[ToTell]],
    ) -> None:
        self.record = record
        self.background = Background()
        self.mails = Mails(record, outgoing, self.background)
        self._plan, self._take = plan, take
        self._alarm = Alarm()
        self._written = -1
        self._written_at = Fence()

    async def settle(self) -> None:
        """Passes the moments that have come, brings what others see up to date, and sets the alarm for the next moment.

        A plan of a record that changed meanwhile is worth nothing: what was written of it gives way to the next.
        """
        at: datetime | None = None
        while not self.record.ended or self.record.version != self._written:
            version, info = self.record.version, workflow.info()
            fence = Fence(run_id=info.run_id, history_length=info.get_current_history_length())
            planned = await self._plan(workflow.now(), fence)
            if self.record.version != version:
                continue
            for plan in planned.plans:
                self.mails.tell(*self._take(self.record, plan, planned.at))
            if self.record.version == planned.version:
                self.record.wrote(self.record.entries, same_task=self._written_at == fence)
                self._written, self._written_at = planned.version, fence
                at = self.record.upcoming.at if self.record.upcoming else None
                if at is None or at > planned.at:
                    break
        if not self.record.ended:
            self._alarm.set(at)
        current = workflow.info().typed_search_attributes
        wanted = now_of(self.record, names=names_here())
        if changed := [update for update in wanted if current.get(update.key) != update.value]:
            workflow.upsert_search_attributes(changed)

    @property
    def unsettled(self) -> bool:
        """Something was changed, or the next moment has come."""
        return self.record.version > self._written or self._alarm.rang

    async def next_change(self, or_when: Callable[[], bool]) -> None:
        """Waits for a command, a signal, or the next moment that matters, and settles what it brought."""
        self.background.attend()
        await self.background.wait(lambda: self.unsettled or or_when())
        await self.settle()

    def may_continue_as_new(self) -> bool:
        """The history has grown long, and nothing is in flight that a new run would do twice."""
        return (
            workflow.info().is_continue_as_new_suggested()
            and workflow.all_handlers_finished()
            and not self.mails.under_way
        )

    async def wind_down(self, settled: Callable[[], bool]) -> None:
        """Waits until nothing is half-done: ``settled``, mails, handlers, and what the last of them changed.

        Gives up when the record goes on after all.
        """
        while self.record.ended:
            self.background.attend()
            await self.background.wait(
                lambda: (
                    self.record.version > self._written
                    or (settled() and not self.mails.waiting and workflow.all_handlers_finished())
                )
            )
            if self.record.version == self._written:
                return
            await self.settle()

    async def written(self, version: int) -> None:
        """Waits until the read model shows this version."""
        await workflow.wait_condition(lambda: self._written >= version)
