"""Whole lives per second, against bare workflows that take the same steps, and against an older version."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import psutil
from temporalio.service import RPCError

from bench.bare import BareWorkflow
from bench.life import ITEMS, Handle, ItemOrIncidentCommand, Life, alert
from bench.older import Missing, older
from bench.report import Row, Size, ratio
from bench.stage import ORGANISATION, TOKEN, Service, service
from bench.steps import BARE_QUEUE, BareLife, steps
from followthrough.domain.replayed.ids import page_of
from followthrough.gateway import Gateway
from followthrough.organisation_file import OrganisationFile

ROUNDS = {Size.SMALLEST: (1, 1, 1), Size.QUICK: (2, 3, ITEMS), Size.FULL: (5, 8, ITEMS)}
"""How many lives at once, and how many action items each has."""
SECONDS = 120
"""For an answer of either version, on any machine."""

BARE = (
    "the local activities plan and write the read model to SQLite, the others render mails and keep tickets, "
    "where the bare ones do nothing; and records travel as JSON where the bare ones send none."
)
OLDER = "both get their commands over HTTP and spend a part of their time on waiting for the same engine."

Timed = dict[str, list[list[float]]]
"""Of each round, by who lived."""


async def whole_life(size: Size, against: str | None = None) -> list[Row]:
    """Some lives at once, in rounds."""
    rounds, at_once, number = ROUNDS[size]
    async with service() as found:
        recorded = [await handle.fetch_history() for handle in await life(found, number).live()]
        incident, *items = [[*steps(history)] for history in recorded]
        bare = bare_life(found, BareLife(steps=incident, children=items))
        seconds, processor = await _lived(
            rounds, at_once, ours=(life(found, number), found.process), bare=(bare, found.bare)
        )
        compared = await _against(against, found, size) if against else []
    return [
        Row(
            "whole lives per second",
            f"{at_once} at once, of bare ones",
            ratio(seconds["bare"], seconds["ours"]),
            target=0.85,
            at_least=True,
            why=BARE,
        ),
        *compared,
        Row("whole lives per second", "the worker's processor time", ratio(processor["ours"], processor["bare"])),
    ]


def life(found: Service, items: int = ITEMS) -> Life:
    """Of an incident that an alert starts."""
    gateway = Gateway(found.client, OrganisationFile(ORGANISATION), found.database)

    async def start() -> str:
        told, started = alert(), None
        while started is None:
            with suppress(TimeoutError, RPCError):  # as a pager does, on a machine that is too busy to answer
                started = await gateway.alerts.deliver(told)
        return started

    async def give(handle: Handle, command: ItemOrIncidentCommand) -> None:
        await handle.execute_update("execute", command)

    return Life(found.client, start, give, items)


def bare_life(found: Service, recorded: BareLife) -> Life:
    """Of bare workflows that take the steps of a recorded one."""

    async def start() -> str:
        workflow_id = str(uuid4())
        await found.client.start_workflow(BareWorkflow.run, recorded, id=workflow_id, task_queue=BARE_QUEUE)
        return workflow_id

    async def give(handle: Handle, command: ItemOrIncidentCommand) -> None:
        await handle.execute_update(BareWorkflow.execute)

    return Life(found.client, start, give, len(recorded.children))


@asynccontextmanager
async def life_over_http(found: Service, items: int = ITEMS) -> AsyncIterator[Life]:
    """Of an incident that an alert starts, by what versions have in common."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{found.port}", timeout=SECONDS) as http:

        async def start() -> str:
            told = alert()
            body = {"dedup_key": told.dedup_key, "title": told.title, "labels": told.labels}
            answer = await _post(http, "/webhooks/generic", body, Authorization=f"Bearer {TOKEN}")
            return str(answer.json()["incident"])

        async def give(handle: Handle, command: ItemOrIncidentCommand) -> None:
            body = command.model_dump(mode="json", exclude_defaults=True) | {"command": command.command}
            path = f"/api/{page_of(handle.id)}/commands"
            await _post(http, path, body, httpx.codes.ACCEPTED, **{"Idempotency-Key": str(uuid4())})

        yield Life(found.client, start, give, items)


async def _post(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], *not_yet: httpx.codes, **headers: str
) -> httpx.Response:
    """Again while the service is too busy to answer, or gives an answer of ``not_yet``.

    What is refused then was carried out before, which older versions do not know. Raises HTTPStatusError, with what
    the service says, for any other answer than success.
    """
    answer = await http.post(path, json=body, headers=headers)
    repeated = False
    while answer.status_code in (httpx.codes.SERVICE_UNAVAILABLE, *not_yet):
        await asyncio.sleep(1)
        answer, repeated = await http.post(path, json=body, headers=headers), True
    if not (answer.is_success or (repeated and answer.status_code == httpx.codes.CONFLICT)):
        said = f"{body} was answered {answer.status_code}: {answer.text}"
        raise httpx.HTTPStatusError(said, request=answer.request, response=answer)
    return answer


async def _against(commit: str, found: Service, size: Size) -> list[Row]:
    rounds, at_once, number = ROUNDS[size]
    measure = f"{at_once} at once, of {commit}, both over HTTP"
    try:
        async with (
            older(commit) as before,
            life_over_http(before, number) as then,
            life_over_http(found, number) as now,
        ):
            seconds, processor = await _lived(rounds, at_once, ours=(now, found.process), older=(then, before.process))
    except Missing as why:
        return [Row("whole lives per second", measure, None, target=1.6, at_least=True, why=f"not measured: {why}.")]
    measured = ratio(seconds["older"], seconds["ours"])
    used = ratio(processor["ours"], processor["older"])
    return [
        Row("whole lives per second", measure, measured, target=1.6, at_least=True, why=OLDER),
        Row("whole lives per second", f"the service's processor time, beside {commit}", used),
    ]


async def _lived(rounds: int, at_once: int, **kinds: tuple[Life, psutil.Process]) -> tuple[Timed, Timed]:
    """Seconds, and seconds of the processor."""
    seconds: Timed = {kind: [] for kind in kinds}
    processor: Timed = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, (played, process) in kinds.items():
            started, used = time.monotonic(), processor_seconds(process)
            await asyncio.gather(*(played.live() for _ in range(at_once)))
            seconds[kind].append([time.monotonic() - started])
            processor[kind].append([processor_seconds(process) - used])
    return seconds, processor


def processor_seconds(process: psutil.Process) -> float:
    """What it has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)
