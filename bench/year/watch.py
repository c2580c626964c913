"""When workflows rest, what each of them waits for next, and what it came to when it ended."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from bench.costs import FAST_FORWARD, actions
from bench.quiet import TELLS, TOLD
from bench.year.clock import StandsStill, busy, runs, waits
from bench.year.keep import Kept, Run

AT_ONCE = 8
RESTS_WITHIN = 300
"""Seconds, on a busy machine."""


class Watch:
    """Of all workflows that were ever touched; ``due`` is when each of them that runs wakes next, if it can."""

    def __init__(self, client: Client, kept: Kept) -> None:
        self.due: dict[str, datetime | None] = {}
        self._client, self._kept = client, kept
        self._rested: dict[str, tuple[str, int]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def all_running(self) -> list[str]:
        """By the engine's own list."""
        return [one.id async for one in self._client.list_workflows("ExecutionStatus = 'Running'")]

    async def rest(self, workflow_ids: Iterable[str]) -> None:
        """Returns once none of them has anything to do, and notes what they wait for. Raises StandsStill."""
        await asyncio.gather(*map(self._rest, set(workflow_ids)))

    async def _rest(self, workflow_id: str) -> None:
        async with self._turns:
            try:
                async with asyncio.timeout(RESTS_WITHIN):
                    for seconds in waits():
                        if await self._looked_at(workflow_id):
                            break
                        await asyncio.sleep(seconds)
            except TimeoutError:
                raise StandsStill(f"{workflow_id} does not come to rest; see what it waits for.") from None

    async def _looked_at(self, workflow_id: str) -> bool:
        """Whether it rests."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            described = (await handle.describe()).raw_description
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            self.due.pop(workflow_id, None)
            return True
        if runs(described) and busy(described):
            return False
        run_id = described.workflow_execution_info.execution.run_id
        if not runs(described):
            self.due.pop(workflow_id, None)
            await self.measure(workflow_id, run_id)
            return True
        if described.pending_children:
            self.due[workflow_id] = None
            return True
        seen = run_id, described.workflow_execution_info.history_length
        if self._rested.get(workflow_id) == seen and workflow_id in self.due:
            return True
        history = await self._client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        tells = sum(event.event_type == TELLS for event in history.events)
        if tells > sum(event.event_type in TOLD for event in history.events):
            return False
        self.due[workflow_id] = _wakes(history)
        self._rested[workflow_id] = seen
        return True

    async def measure(self, workflow_id: str, run_id: str) -> None:
        """This run, and those before it that are not measured yet."""
        while run_id and not self._kept.has_ended(run_id):
            handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
            history = await handle.fetch_history()
            self._kept.measured(_measured(history))
            run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id


def _wakes(history: WorkflowHistory) -> datetime | None:
    """When the first of its timers rings."""
    timers: dict[int, datetime] = {}
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                timers[event.event_id] = event.event_time.ToDatetime(tzinfo=UTC) + wait
            case EventType.EVENT_TYPE_TIMER_FIRED:
                timers.pop(event.timer_fired_event_attributes.started_event_id, None)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return min(timers.values(), default=None)


ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: (
        WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
    ),
}


def _measured(history: WorkflowHistory) -> Run:
    events: list[HistoryEvent] = [event for event in history.events if event.event_type not in FAST_FORWARD]
    started: Any = events[0].workflow_execution_started_event_attributes
    status = ENDS.get(events[-1].event_type, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING)
    sizes = [event.ByteSize() for event in events]
    return Run(
        run_id=started.original_execution_run_id,
        workflow_id=started.workflow_id,
        kind=started.workflow_type.name,
        status=WorkflowExecutionStatus.Name(status).removeprefix("WORKFLOW_EXECUTION_STATUS_"),
        events=len(events),
        bytes=sum(sizes),
        actions=actions(history),
        largest=max(sizes),
    )
