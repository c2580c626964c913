"""How long a worker takes to read a long history again, against a bare workflow's of as many events."""

import time
from uuid import uuid4

from temporalio.client import WorkflowHistory
from temporalio.worker import Interceptor, Replayer

from bench.bare import BareWorkflow
from bench.life import runs
from bench.report import Row, Size, ratio
from bench.scale import crowded
from bench.stage import Service, service
from bench.steps import BARE_QUEUE, BareLife, steps
from followthrough.converter import data_converter
from worker import WORKFLOW_RUNNER
from workflows.incident import IncidentWorkflow
from workflows.turns import InTurn

ITEMS = {Size.SMALLEST: 2, Size.QUICK: 50, Size.FULL: 200}
"""Of the incident, whose history is the longest of those that the benchmarks know."""
ROUNDS = {Size.SMALLEST: (1, 1), Size.QUICK: (5, 3), Size.FULL: (10, 5)}
"""And how often each history is replayed in one."""
WHY = (
    "records are read from JSON where the bare workflow reads nothing, and each command is checked on a copy of the "
    "record before it changes it."
)


async def replay(size: Size) -> list[Row]:
    """Seconds for each event, in turns."""
    rounds, times = ROUNDS[size]
    async with service() as found:
        incident = await crowded(found, ITEMS[size])
        ours = max(await runs(found.client, incident.id), key=lambda history: len(history.events))
        bare = await _bare_twin(found, ours)
    kinds = {
        "ours": (_replayer(IncidentWorkflow, InTurn()), ours),
        "bare": (_replayer(BareWorkflow), bare),
    }
    seconds: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for replayer, recorded in kinds.values():
        await _replayed(replayer, recorded, 1)  # imports what it needs
    for _ in range(rounds):
        for kind, (replayer, recorded) in kinds.items():
            seconds[kind].append([await _replayed(replayer, recorded, times) / len(recorded.events)])
    measure = f"{len(ours.events):,} events of an incident with {ITEMS[size]} action items, for each event"
    return [Row("replay", measure, ratio(seconds["ours"], seconds["bare"]), target=1.5, why=WHY)]


async def _bare_twin(found: Service, recorded: WorkflowHistory) -> WorkflowHistory:
    """The history of a bare workflow that took the same steps; its children end at once."""
    taken = [*steps(recorded)]
    twin = BareLife(steps=taken, children=[[] for step in taken if step.what == "child"])
    handle = await found.client.start_workflow(BareWorkflow.run, twin, id=str(uuid4()), task_queue=BARE_QUEUE)
    for step in taken:
        if step.what == "update":
            await handle.execute_update(BareWorkflow.execute)
    await handle.result()
    return await handle.fetch_history()


def _replayer(workflow: type, *interceptors: Interceptor) -> Replayer:
    return Replayer(
        workflows=[workflow], data_converter=data_converter, workflow_runner=WORKFLOW_RUNNER, interceptors=interceptors
    )


async def _replayed(replayer: Replayer, history: WorkflowHistory, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        await replayer.replay_workflow(history)
    return time.perf_counter() - started
