"""What workers hear in one task and replays in two, or the other way round, comes to the same.

The SDK leaves two gaps. While a query is answered, a local activity's answer may be overtaken by what the next task
brings; and a worker that takes over hears the last task, if it led to nothing, together with the next.
"""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.workflow import NondeterminismError

from followthrough.converter import data_converter
from followthrough.replaying import replayer
from tests.end_to_end.processes import process
from tests.faults import letters
from tests.faults.letters import Told
from tests.waiting import eventually
from workflows.runner import InOrderRunner
from workflows.turns import InTurn

SOON = timedelta(seconds=20)
ASKED, ANSWER, POSTED = threading.Event(), threading.Event(), threading.Event()


@activity.defn
async def plan() -> None:
    pass


@activity.defn
async def write() -> None:
    pass


@activity.defn
async def tell() -> None:
    pass


@activity.defn
def post() -> None:
    """Takes as long as the test wants."""
    POSTED.wait(30)


class Asked:
    """Whoever asks how it is waits as on a busy machine."""

    @workflow.query
    def state(self) -> None:
        ASKED.set()
        ANSWER.wait(1.5)


@workflow.defn
class Posted(Asked):
    """Posts, which leads to another letter, and plans meanwhile, which by and by leads to something written."""

    def __init__(self) -> None:
        self.begun = self.planned = self.drawn = False

    @workflow.run
    async def run(self) -> None:
        under_way = [asyncio.create_task(task) for task in (self._post(), self._draw(), self._write())]
        await workflow.wait_condition(lambda: self.begun)
        await workflow.execute_local_activity(plan, start_to_close_timeout=SOON)
        self.planned = True
        await asyncio.gather(*under_way)

    async def _post(self) -> None:
        elsewhere = f"{workflow.info().task_queue}-post"
        await workflow.execute_activity(post, task_queue=elsewhere, start_to_close_timeout=SOON)
        await workflow.execute_activity(tell, start_to_close_timeout=SOON)

    async def _draw(self) -> None:
        await workflow.wait_condition(lambda: self.planned)
        self.drawn = True

    async def _write(self) -> None:
        await workflow.wait_condition(lambda: self.drawn)
        await workflow.execute_local_activity(write, start_to_close_timeout=SOON)

    @workflow.signal
    def begin(self) -> None:
        self.begun = True


@workflow.defn
class Rested(Asked):
    """Rests once it has planned; somebody may look in meanwhile."""

    def __init__(self) -> None:
        self.begun = self.looked_in = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.begun)
        await workflow.execute_local_activity(plan, start_to_close_timeout=SOON)
        await workflow.sleep(timedelta(seconds=1))
        await workflow.wait_condition(lambda: self.looked_in)

    @workflow.signal
    def begin(self) -> None:
        self.begun = True

    @workflow.update
    async def change(self) -> None:
        self.looked_in = True


@workflow.defn
class Planned(Asked):
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


KINDS = [Planned, Posted, Rested]
Kind = type[Planned | Posted | Rested]
Comes = Callable[[WorkflowHandle[Any, Any]], Awaitable[None]]
In = tuple[WorkflowRunner, list[Interceptor]]

IN_ORDER: In = InOrderRunner(), [InTurn()]
AS_THE_SDK_HAS_IT: In = UnsandboxedWorkflowRunner(), []


def worker(client: Client, queue: str, order: In, cached: int) -> Worker:
    runner, interceptors = order
    return Worker(
        client,
        task_queue=queue,
        workflows=KINDS,
        activities=[plan, write, tell],
        workflow_runner=runner,
        interceptors=interceptors,
        max_cached_workflows=cached,
    )


async def played(client: Client, kind: Kind, order: In, comes: Comes) -> WorkflowHistory:
    """Something comes while a query is answered that came with the signal's task."""
    for event in (ASKED, ANSWER, POSTED):
        event.clear()
    queue = uuid4().hex
    with ThreadPoolExecutor(1) as threads:
        posting = Worker(client, task_queue=f"{queue}-post", activities=[post], activity_executor=threads)
        async with posting:
            async with worker(client, queue, order, cached=0):
                handle = await client.start_workflow(kind.__name__, id=queue, task_queue=queue)
                await eventually(lambda: has(handle, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED))
            await handle.signal("begin")
            asked = asyncio.create_task(handle.query("state"))
            await asyncio.sleep(0.5)
            async with worker(client, queue, order, cached=10):
                await asyncio.to_thread(ASKED.wait, 20)
                coming = asyncio.ensure_future(comes(handle))
                await asyncio.sleep(0.5)
                ANSWER.set()
                await asyncio.gather(asked, coming, handle.result())
    return await handle.fetch_history()


async def change(handle: WorkflowHandle[Any, Any]) -> None:
    await handle.execute_update("change")


async def is_posted(_handle: WorkflowHandle[Any, Any]) -> None:
    POSTED.set()


async def replay(history: WorkflowHistory, order: In) -> None:
    runner, interceptors = order
    replays = Replayer(
        workflows=KINDS, data_converter=data_converter, workflow_runner=runner, interceptors=interceptors
    )
    await replays.replay_workflow(history)


WHILE_ASKED = pytest.mark.parametrize(("kind", "comes"), [(Planned, change), (Rested, change), (Posted, is_posted)])
"""Updates, and the answer of an activity."""


@WHILE_ASKED
async def test_what_comes_while_a_query_is_answered_does_not_overtake_a_local_activity(
    temporal: Client, kind: Kind, comes: Comes
) -> None:
    await replay(await played(temporal, kind, IN_ORDER, comes), IN_ORDER)


@WHILE_ASKED
async def test_as_the_sdk_has_it_such_a_history_does_not_replay(temporal: Client, kind: Kind, comes: Comes) -> None:
    """When this fails, the SDK has mended it."""
    history = await played(temporal, kind, AS_THE_SDK_HAS_IT, comes)
    with pytest.raises(NondeterminismError):
        await replay(history, AS_THE_SDK_HAS_IT)


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
    await eventually(lambda: has(handle, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT))
    async with letters.worker(client, queue, batched=batched):
        await asyncio.gather(changed, handle.result())
    return handle


async def has_heard_of(handle: WorkflowHandle[Told, None], what: EventType.ValueType) -> bool:
    events = [event.event_type for event in (await handle.fetch_history()).events]
    return what in events and events[-1] == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def has(handle: WorkflowHandle[Any, Any], what: EventType.ValueType) -> bool:
    return what in [event.event_type for event in (await handle.fetch_history()).events]


async def test_a_worker_that_takes_over_with_an_update_acts_as_a_replay_does(temporal: Client, tmp_path: Path) -> None:
    handle = await taken_over(temporal, tmp_path, batched=True)
    await replayer(workflows=[Told]).replay_workflow(await handle.fetch_history())


async def test_without_one_batch_such_a_history_does_not_replay(temporal: Client, tmp_path: Path) -> None:
    """When this fails, the SDK has mended it."""
    handle = await taken_over(temporal, tmp_path, batched=False)
    with pytest.raises(NondeterminismError):
        await replayer(workflows=[Told]).replay_workflow(await handle.fetch_history())
