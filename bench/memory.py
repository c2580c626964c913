"""A worker's memory for each open action item, against a bare workflow with the same commands; and for evicted ones."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

import psutil
from temporalio.client import Client

from bench.life import new_item
from bench.quiet import ASK_AGAIN, quiet
from bench.report import Row, Size, ratio
from bench.stage import Stage, say, stage, worker_process
from bench.steps import BARE_QUEUE, SANDBOXED_QUEUE, steps
from bench.trivial import IdleWorkflow, OpenWorkflow
from followthrough.queues import TASK_QUEUE
from workflows.action_item import ActionItemWorkflow
from workflows.messages.item import ItemProgress

OPEN = {Size.SMALLEST: 40, Size.QUICK: 1_000, Size.FULL: 10_000}
STEPS = 4
AT_ONCE = 20
Start = Callable[[Client], Awaitable[str]]
WHY = "an open item keeps its record, its plan and the entries that it wrote last."


async def memory(size: Size) -> list[Row]:
    """Of how much fresh workers grow, not from where."""
    return [*await _open(OPEN[size]), await _evicted(OPEN[size])]


async def _open(number: int) -> list[Row]:
    """Three workers that keep all of theirs, in turns; one has two kinds."""
    async with stage() as found, AsyncExitStack() as workers:

        async def fresh(kind: str) -> psutil.Process:
            return await workers.enter_async_context(worker_process(kind, found, cached=3 * number))

        followthrough, bare = await fresh("followthrough"), await fresh("bare")
        commands = await _commands(found.client)
        sandboxed = await fresh("bare-sandboxed")
        processes: dict[Start, psutil.Process] = {
            _propose: followthrough,
            partial(_start_open, commands, BARE_QUEUE): bare,
            partial(_start_open, commands, SANDBOXED_QUEUE): sandboxed,
            _start_idle: bare,
        }
        grown: dict[Start, list[list[float]]] = {start: [] for start in processes}
        for start in processes:
            await _many(start, found.client, 1)
        for step in range(STEPS):
            say(f"{step * number // STEPS} of {number} workflows of each kind are open.")
            for start, process in processes.items():
                grown[start].append([await _grows(process, found, start, number // STEPS)])
    ours, *bare_ones = (rounds[1:] for rounds in grown.values())
    each = [sum(map(sum, rounds)) / (STEPS - 1) / (number // STEPS) / 1024 for rounds in (ours, *bare_ones)]
    say(f"KiB each: {', '.join(f'{one:.0f}' for one in each)}.")
    same, shared, idle = (ratio(ours, baseline) for baseline in bare_ones)
    measure = f"{number} open"
    return [
        Row("worker's memory per open item", f"{measure}, beside the same commands", ratio=same, target=1.3, why=WHY),
        Row("worker's memory per open item", f"{measure}, beside those in the SDK's sandbox", ratio=shared),
        Row("worker's memory per open item", f"{measure}, beside an idle workflow", ratio=idle),
    ]


async def _evicted(number: int) -> Row:
    """A worker that keeps those of the first step, and evicts one for each that is started after them."""
    each = number // STEPS
    async with stage() as found, worker_process("followthrough", found, cached=each) as process:
        await _many(_propose, found.client, 1)
        kept = await _grows(process, found, _propose, each)
        say(f"{each} action items are open in a worker that keeps no more.")
        grown = [[await _grows(process, found, _propose, each)] for _ in range(STEPS - 1)]
    measured = ratio(grown, [[kept]] * len(grown))
    why = "what the allocator does not give back."
    return Row("worker's memory per evicted item", "beside an open one", ratio=measured, target=0.05, why=why)


async def _grows(process: psutil.Process, found: Stage, start: Start, number: int) -> float:
    before = await _resident(process, found)
    await _many(start, found.client, number)
    return await _resident(process, found) - before


async def _resident(process: psutil.Process, found: Stage) -> int:
    """After its garbage was collected, which it says with a file."""
    collected = found.data_dir / f"{process.pid}.collected"
    process.send_signal(signal.SIGUSR1)
    while not collected.exists():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(ASK_AGAIN)
    collected.unlink()
    return int(process.memory_info().rss)


async def _many(start: Start, client: Client, number: int) -> None:
    """Starts so many, and waits until each of them does, and the inboxes that their mails are put in."""
    for begun in range(0, number, AT_ONCE):
        starts = (start(client) for _ in range(min(AT_ONCE, number - begun)))
        await quiet(client, *await asyncio.gather(*starts))
    inboxes = client.list_workflows("WorkflowType = 'InboxWorkflow' and ExecutionStatus = 'Running'")
    await quiet(client, *[inbox.id async for inbox in inboxes])


async def _commands(client: Client) -> Counter[str]:
    """How many of each an item sends until it waits for somebody to accept it."""
    item = client.get_workflow_handle(await _propose(client))
    await quiet(client, item.id)
    return Counter(step.what for step in steps(await item.fetch_history()))


async def _propose(client: Client) -> str:
    item = new_item()
    await client.start_workflow(ActionItemWorkflow.run, ItemProgress(item=item), id=item.id, task_queue=TASK_QUEUE)
    return item.id


async def _start_open(commands: dict[str, int], queue: str, client: Client) -> str:
    workflow_id = f"inc-{uuid4()}.1"
    await client.start_workflow(OpenWorkflow.run, commands, id=workflow_id, task_queue=queue)
    return workflow_id


async def _start_idle(client: Client) -> str:
    workflow_id = f"inc-{uuid4()}.1"
    await client.start_workflow(IdleWorkflow.run, id=workflow_id, task_queue=BARE_QUEUE)
    return workflow_id
