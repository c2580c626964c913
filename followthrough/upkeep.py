"""Keeps the read model as the workflows are, also after a process died, a task did not count, or a run was reset."""

import asyncio
import itertools
import logging
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.read_model import ReadModel
from followthrough.beside import beside
from followthrough.rebuild import RECORDS, UNREADABLE, take_over

logger = logging.getLogger(__name__)

LOOK_EVERY = 60
"""Seconds between two looks for records that were written."""
LOOKS_AT_ALL = 60
"""After so many looks those are looked for, too, whose workflow runs, but has not written them yet."""
AT_ONCE = 4
AGAIN_AFTER = timedelta(minutes=10)
"""When a workflow that gave no answer is asked again."""


def read_model_kept(client: Client, database: Engine) -> AbstractAsyncContextManager[None]:
    """At once, and then each minute what was written since, until the context is left; needs a worker that runs."""
    return beside(_keep(client, ReadModel(database)))


async def _keep(client: Client, read_model: ReadModel) -> None:
    for look in itertools.count():
        try:
            if look % LOOKS_AT_ALL == 0:
                await check_runs(client, read_model)
            await check_writes(client, read_model)
        except Exception as error:  # whatever it is, a later look may find it over
            logger.warning("The read model can't be compared with the workflows yet: %s", error)
        await asyncio.sleep(LOOK_EVERY)


async def check_writes(client: Client, read_model: ReadModel) -> None:
    """Takes over what workflows say whose records were written, each in a task that may not have counted."""
    before = datetime.now(UTC)
    while records := await asyncio.to_thread(read_model.to_check, before):
        await _check(client, read_model, records)


async def check_runs(client: Client, read_model: ReadModel) -> None:
    """Takes over what workflows say that run and are not who wrote their records last."""
    running = client.list_workflows(f"{RECORDS} AND ExecutionStatus = 'Running'")
    runs = {execution.id: execution.run_id async for execution in running}
    known = await asyncio.to_thread(read_model.runs)
    unknown = [record_id for record_id, run in runs.items() if known.get(record_id) != run]
    writes = [await asyncio.to_thread(read_model.writes, record_id) for record_id in unknown]
    await _check(client, read_model, list(zip(unknown, writes, strict=True)))


async def _check(client: Client, read_model: ReadModel, records: list[tuple[str, int]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def check(record_id: str, writes: int) -> None:
        async with turns:
            try:
                await take_over(client, read_model, record_id, writes)
            except UNREADABLE as error:
                forgotten = isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND
                again = None if forgotten else datetime.now(UTC) + AGAIN_AFTER
                await asyncio.to_thread(read_model.check_again, record_id, writes, again)

    await asyncio.gather(*(check(record_id, writes) for record_id, writes in records))
