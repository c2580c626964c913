"""Whole lives per second, against bare workflows that take the same steps."""

import asyncio
import time
from uuid import uuid4

import psutil

from bench.bare import BareWorkflow
from bench.life import Handle, ItemOrIncidentCommand, Life, alert
from bench.report import Row, Size, ratio
from bench.stage import ORGANISATION, Service, at_rest, service
from bench.steps import BARE_QUEUE, BareLife, steps
from followthrough.organisation_file import OrganisationFile
from followthrough.web.incidents import Incidents

ROUNDS = {Size.SMALLEST: (1, 1), Size.QUICK: (2, 3), Size.FULL: (4, 8)}
"""And how many lives at once."""
WHY = (
    "the local activities plan and write the read model to SQLite, the others render mails and keep tickets, "
    "where the bare ones do nothing; and records travel as JSON where the bare ones send none."
)


async def whole_life(size: Size) -> list[Row]:
    """Some lives at once, in rounds."""
    rounds, at_once = ROUNDS[size]
    async with service() as found:
        recorded = [await handle.fetch_history() for handle in await life(found).live()]
        incident, *items = [[*steps(history)] for history in recorded]
        kinds = {
            "ours": (life(found), found.process),
            "bare": (_bare(found, BareLife(steps=incident, children=items)), found.bare),
        }
        seconds: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
        processor: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, (played, process) in kinds.items():
                await at_rest(found.process, found.bare)
                started, used = time.monotonic(), _processor_seconds(process)
                await asyncio.gather(*(played.live() for _ in range(at_once)))
                seconds[kind].append([time.monotonic() - started])
                processor[kind].append([_processor_seconds(process) - used])
    return [
        Row(
            "whole lives per second",
            f"{at_once} at once",
            ratio=ratio(seconds["bare"], seconds["ours"]),
            target=0.8,
            at_least=True,
            why=WHY,
        ),
        Row("whole lives per second", "the worker's processor time", ratio=ratio(processor["ours"], processor["bare"])),
    ]


def life(found: Service) -> Life:
    """Of an incident that an alert starts."""
    incidents = Incidents(found.client, OrganisationFile(ORGANISATION), found.database)

    async def start() -> str:
        started = await incidents.deliver(alert())
        assert started
        return started

    async def give(handle: Handle, command: ItemOrIncidentCommand) -> None:
        await handle.execute_update("execute", command)

    return Life(found.client, start, give)


def _bare(found: Service, recorded: BareLife) -> Life:
    async def start() -> str:
        workflow_id = str(uuid4())
        await found.client.start_workflow(BareWorkflow.run, recorded, id=workflow_id, task_queue=BARE_QUEUE)
        return workflow_id

    async def give(handle: Handle, command: ItemOrIncidentCommand) -> None:
        await handle.execute_update(BareWorkflow.execute)

    return Life(found.client, start, give)


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
