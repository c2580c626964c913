"""What workers hear in one task and replays in two, or the other way round, comes to the same.

The SDK leaves two gaps. While a query is answered, a local activity's answer may be overtaken by what the next task
brings; and a worker that takes over hears the last task, if it led to nothing, together with the next.
"""

import asyncio
import sys
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import NondeterminismError

from followthrough.converter import data_converter
from tests.end_to_end.processes import process
from tests.faults import letters
from tests.faults.letters import Told
from tests.replay.replayer import replayer
from tests.waiting import eventually
from workflows.turns import InTurn

SOON = timedelta(seconds=20)
ASKED, ANSWER = threading.Event(), threading.Event()


@activity.defn
async def plan() -> None:
    pass


@activity.defn
async def write() -> None:
    pass


@activity.defn
async def tell() -> None:
    pass


@workflow.defn
class Planned:
    """Plans what changed, writes it unless it changed again, and tells somebody of each change."""

    def __init__(self) -> None:
        self.version = self.written = 0

    @workflow.run
    async def run(self) -> None:
        while self.version < 2 or self.written < self.version or not workflow.all_handlers_finished():
            await workflow.wait_condition(lambda: self.written < self.version or self.version == 2)
            if self.written == self.version:
                await workflow.wait_condition(workflow.all_handlers_finished)
                continue
            version = self.version
            await workflow.execute_local_activity(plan, start_to_close_timeout=SOON)
            if version == self.version:
                await workflow.execute_local_activity(write, start_to_close_timeout=SOON)
                self.written = version

    @workflow.signal
    def begin(self) -> None:
        self.version += 1

    @workflow.update
    async def change(self) -> None:
        self.version += 1
        await workflow.execute_activity(tell, start_to_close_timeout=SOON)

    @workflow.query
    def state(self) -> int:
        """Takes its time the first time, as one on a busy machine does."""
        ASKED.set()
        ANSWER.wait(1.5)
        return self.version


def worker(client: Client, queue: str, interceptors: list[Interceptor], cached: int) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[Planned],
        activities=[plan, write, tell],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=interceptors,
        max_cached_workflows=cached,
    )


async def played(client: Client, interceptors: list[Interceptor]) -> WorkflowHandle[Planned, None]:
    """An update comes while a query is answered that came with the signal's task."""
    ASKED.clear()
    ANSWER.clear()
    queue = uuid4().hex
    async with worker(client, queue, interceptors, cached=0):
        handle = await client.start_workflow(Planned.run, id=queue, task_queue=queue)
        while (await handle.describe()).history_length < 4:  # noqa: ASYNC110 - nothing here could signal
            await asyncio.sleep(0.05)
    await handle.signal(Planned.begin)
    asked = asyncio.create_task(handle.query(Planned.state))
    await asyncio.sleep(0.5)
    async with worker(client, queue, interceptors, cached=10):
        await asyncio.to_thread(ASKED.wait, 20)
        changed = asyncio.create_task(handle.execute_update(Planned.change))
        await asyncio.sleep(0.5)
        ANSWER.set()
        await asyncio.gather(asked, changed, handle.result())
    return handle


async def replay(handle: WorkflowHandle[Planned, None], interceptors: list[Interceptor]) -> None:
    """With turns or without."""
    replays = Replayer(
        workflows=[Planned],
        data_converter=data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=interceptors,
    )
    await replays.replay_workflow(await handle.fetch_history())


async def test_what_comes_while_a_query_is_answered_does_not_overtake_a_local_activity(temporal: Client) -> None:
    handle = await played(temporal, [InTurn()])
    await replay(handle, [InTurn()])


async def test_without_turns_such_a_history_does_not_replay(temporal: Client) -> None:
    """When this fails, the SDK has mended it."""
    handle = await played(temporal, [])
    with pytest.raises(NondeterminismError):
        await replay(handle, [])


async def taken_over(client: Client, folder: Path, *, batched: bool) -> WorkflowHandle[Told, None]:
    """A worker hears that a letter was sent, and is killed; the next one takes over with an update."""
    queue = uuid4().hex
    address = client.service_client.config.target_host
    command = sys.executable, "-m", "tests.faults.letters", address, queue, "batched" if batched else "as it is"
    async with process(*command, log=folder / "worker.log") as first:
        handle = await client.start_workflow(Told.run, str(folder / "sent"), id=queue, task_queue=queue)
        await handle.execute_update(Told.change)
        await handle.signal(Told.greet)
        await eventually(lambda: has_heard_of(handle, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED))
        (folder / "sent").touch()
        await eventually(lambda: has_heard_of(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED))
        first.kill()
        await first.wait()
    changed = asyncio.create_task(handle.execute_update(Told.change))
    await eventually(lambda: has_waited(handle))
    async with letters.worker(client, queue, batched=batched):
        await asyncio.gather(changed, handle.result())
    return handle


async def has_heard_of(handle: WorkflowHandle[Told, None], what: EventType.ValueType) -> bool:
    events = [event.event_type for event in (await handle.fetch_history()).events]
    return what in events and events[-1] == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def has_waited(handle: WorkflowHandle[Told, None]) -> bool:
    """In vain for the worker that was killed."""
    events = [event.event_type for event in (await handle.fetch_history()).events]
    return EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT in events


async def test_a_worker_that_takes_over_with_an_update_acts_as_a_replay_does(temporal: Client, tmp_path: Path) -> None:
    handle = await taken_over(temporal, tmp_path, batched=True)
    await replayer(workflows=[Told]).replay_workflow(await handle.fetch_history())


async def test_without_one_batch_such_a_history_does_not_replay(temporal: Client, tmp_path: Path) -> None:
    """When this fails, the SDK has mended it."""
    handle = await taken_over(temporal, tmp_path, batched=False)
    with pytest.raises(NondeterminismError):
        await replayer(workflows=[Told]).replay_workflow(await handle.fetch_history())
