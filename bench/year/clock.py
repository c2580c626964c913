"""One common time: Python's clock is moved, and whatever a client starts or speaks to has that time, too.

Each workflow has a clock of its own in the engine. It skips no time of one whose children run: an incident with open
action items stands still until somebody speaks to it or the last of them ends.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from temporalio.api.common.v1 import TimeSkippingConfig as RawConfig
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowHandle,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

ONE_AT_A_TIME = TimeSkippingConfig(enabled=False, disable_propagation=True)
BEHIND = timedelta(seconds=90)
"""A clock that is behind by less is right enough."""
PATIENCE = 120
"""Seconds for time to pass in one workflow, on a busy machine."""
ASK_AGAIN, AT_MOST = 0.01, 0.1
"""Seconds until it is asked again whether something is under way; each time twice as many."""
RUNNING = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING


class StandsStill(Exception):
    """Time does not pass in a workflow; the message says in which."""


class CommonTime:
    """Of this process; ``ahead`` of the real one."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self._travel: time_machine.Traveller | None = None

    @contextmanager
    def moved(self, ahead: timedelta) -> Iterator[None]:
        """Until the context is left."""
        with time_machine.travel(datetime.now(UTC) + ahead, tick=True) as self._travel:
            self.ahead = ahead
            yield

    def move(self, ahead: timedelta) -> None:
        """Never back."""
        assert self._travel is not None
        if ahead > self.ahead:
            self._travel.shift(ahead - self.ahead)
            self.ahead = ahead

    def of(self, described: DescribeWorkflowExecutionResponse) -> datetime:
        """The workflow's own time."""
        extended = described.workflow_extended_info
        if extended.HasField("time_skipping_info"):
            return extended.time_skipping_info.current_time.ToDatetime(tzinfo=UTC)
        return datetime.now(UTC) - self.ahead


def waits() -> Iterator[float]:
    """How long to wait until it is asked again, without end."""
    seconds = ASK_AGAIN
    while True:
        yield seconds
        seconds = min(2 * seconds, AT_MOST)


def busy(described: DescribeWorkflowExecutionResponse) -> bool:
    """Something of it is under way."""
    return described.HasField("pending_workflow_task") or bool(described.pending_activities)


def runs(described: DescribeWorkflowExecutionResponse) -> bool:
    """It has not ended."""
    return described.workflow_execution_info.status == RUNNING


class InStep(Interceptor):
    """For clients: who is started or spoken to has the common time then. It counts queries, which no history has."""

    def __init__(self, time: CommonTime, plain: Client) -> None:
        self.time = time
        self.queries = 0
        self._plain = plain
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002
        return _InStep(next, self)

    async def catch_up(self, workflow_id: str, allowed: timedelta = BEHIND) -> None:
        """If it runs, its time can be skipped, and it is behind by more than that. Raises StandsStill."""
        handle = self._plain.get_workflow_handle(workflow_id)
        async with self._turns[workflow_id]:
            try:
                async with asyncio.timeout(PATIENCE):
                    while (behind := await self._behind(handle)) is not None and behind > allowed:
                        with suppress(RuntimeError):  # another process moved it meanwhile
                            await TimeSkipper(self._plain, config=ONE_AT_A_TIME).fast_forward(handle, behind)
            except TimeoutError:
                raise StandsStill(f"Time does not pass in {workflow_id}; see what it waits for.") from None

    async def _behind(self, handle: WorkflowHandle[Any, Any]) -> timedelta | None:
        """By how much, once nothing of it is under way: what comes in while its time is skipped may be skipped, too."""
        for seconds in waits():
            try:
                described = (await handle.describe()).raw_description
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return None
                raise
            if not runs(described) or described.pending_children:
                return None
            if not busy(described):
                return datetime.now(UTC) - self.time.of(described)
            await asyncio.sleep(seconds)
        raise AssertionError("it waits for ever")

    def begins_now(self, config: RawConfig) -> None:
        """Of a workflow that waits as long before it starts as the common time is ahead."""
        config.enabled, config.disable_propagation = True, True
        config.fast_forward_config.id = str(uuid4())
        config.fast_forward_config.duration.FromTimedelta(self.time.ahead)


class _InStep(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, steps: InStep) -> None:
        super().__init__(following)
        self._steps = steps

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        await self._steps.catch_up(input.id)
        input.start_delay = self._steps.time.ahead
        input.request_eager_start = False
        input.time_skipping_config = RawConfig()
        self._steps.begins_now(input.time_skipping_config)
        handle = await super().start_workflow(input)
        await first_task(handle)
        return handle

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002
        await self._steps.catch_up(input.id)
        await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> Any:  # noqa: A002
        await self._steps.catch_up(input.id)
        return await super().start_workflow_update(input)

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:  # noqa: A002
        self._steps.queries += 1
        return await super().query_workflow(input)

    async def start_update_with_start_workflow(self, input: StartWorkflowUpdateWithStartInput) -> Any:  # noqa: A002
        """Whoever is meant runs, but for a planning that is approved before its time."""
        await self._steps.catch_up(input.start_workflow_input.id)
        return await super().start_update_with_start_workflow(input)


async def first_task(handle: WorkflowHandle[Any, Any]) -> None:
    """Until its time has come."""
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.HasField("workflow_task_scheduled_event_attributes"):
            return
