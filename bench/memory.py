"""A worker's memory for each open action item, against an idle workflow with one timer."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import psutil
from temporalio.client import Client

from bench.life import COMMANDER, OWNER
from bench.report import Row, Size, ratio
from bench.stage import at_rest, say, stage, worker_process
from bench.steps import BARE_QUEUE
from bench.trivial import IdleWorkflow
from followthrough.domain.action_item import ActionItem, Kind, Priority
from followthrough.domain.values import Severity
from workflows.action_item import ActionItemWorkflow
from workflows.messages import TASK_QUEUE, ItemProgress

OPEN = {Size.SMALLEST: 40, Size.QUICK: 1_000, Size.FULL: 10_000}
STEPS = 4
AT_ONCE = 20
Start = Callable[[Client], Awaitable[None]]
WHY = "an open item keeps its record, its plan, and two background tasks that wait; an idle workflow keeps one."


async def memory(size: Size) -> list[Row]:
    """Two fresh workers grow in turns; what counts is by how much, not from where."""
    number = OPEN[size]
    async with (
        stage() as found,
        worker_process("followthrough", found, cached=number) as followthrough,
        worker_process("bare", found, cached=number) as bare,
    ):
        processes = {_propose: followthrough, _start_idle: bare}
        grown: dict[Start, list[list[float]]] = {start: [] for start in processes}
        for step in range(STEPS):
            say(f"{step * number // STEPS} of {number} workflows are open in each worker.")
            for start, process in processes.items():
                before = await _resident(process)
                await _many(start, found.client, number // STEPS)
                grown[start].append([await _resident(process) - before])
    measured = ratio(grown[_propose][1:], grown[_start_idle][1:])
    return [Row("worker's memory per open item", f"{number} open", ratio=measured, target=2, why=WHY)]


async def _resident(process: psutil.Process) -> int:
    await at_rest(process)
    process.send_signal(signal.SIGUSR1)
    await at_rest(process)
    return int(process.memory_info().rss)


async def _many(start: Start, client: Client, number: int) -> None:
    left = iter(range(number))

    async def some() -> None:
        for _ in left:
            await start(client)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def _propose(client: Client) -> None:
    item = ActionItem(
        id=f"inc-{uuid4()}.1",
        incident_id=f"inc-{uuid4()}",
        title="Add a test for the refund path",
        kind=Kind.PREVENT,
        priority=Priority.MEDIUM,
        severity=Severity.SEV2,
        service="checkout",
        team="payments",
        owner=OWNER,
        proposed_by=COMMANDER,
        proposed_at=datetime.now(UTC),
    )
    await client.start_workflow(ActionItemWorkflow.run, ItemProgress(item=item), id=item.id, task_queue=TASK_QUEUE)


async def _start_idle(client: Client) -> None:
    await client.start_workflow(IdleWorkflow.run, id=str(uuid4()), task_queue=BARE_QUEUE)
