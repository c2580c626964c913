"""Keeps the read model as the workflows are, and plans as the organisation file and the product's rules make them.

Also after a process died, a task did not count, a run was reset, or the file changed while nothing ran.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.read_model import ReadModel
from followthrough.beside import beside
from followthrough.domain.answered.organisation.organisation import Organisation
from followthrough.domain.replayed.ids import REPLANNING
from followthrough.fingerprint import fingerprint
from followthrough.queues import TASK_QUEUE
from followthrough.rebuild import RECORDS, UNREADABLE, take_over
from followthrough.store import plans, retention
from followthrough.webhook_outbox import WebhookOutbox
from workflows.signals import ToReplan, saying
from workflows.upkeep import ReplanWorkflow

logger = logging.getLogger(__name__)

LOOK_EVERY = 60
"""Seconds between two looks for records that were written."""
LOOKS_AT_ALL = 60
"""After so many looks those are looked for, too, whose workflow runs, but has not written them yet."""
PLANS_LOOK_EVERY = 5
"""Seconds between two looks for what plans depend on."""
PLANS_ASKED_AGAIN = 720
"""After so many of them it is looked, too, whether what changed before came to its end."""
"""Id of the workflow that all processes share which notice a change."""
FORGETS_EVERY = 3_600
"""Seconds between two looks for what is too old to be kept."""
AT_ONCE = 4
AGAIN_AFTER = timedelta(minutes=10)
"""When a workflow that gave no answer is asked again."""


def read_model_kept(client: Client, database: Engine, webhooks: WebhookOutbox) -> AbstractAsyncContextManager[None]:
    """At once, and then each minute what was written since, until the context is left; needs a worker that runs."""
    return beside(_keep(client, ReadModel(database, webhooks)))


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


def old_forgotten(organisation: Callable[[], Organisation], database: Engine) -> AbstractAsyncContextManager[None]:
    """What is too old to be kept is deleted, at once and each hour, until the context is left."""
    return beside(_forget(organisation, database))


async def _forget(organisation: Callable[[], Organisation], database: Engine) -> None:
    while True:
        try:
            keep = (await asyncio.to_thread(organisation)).policies.mails.keep
            await asyncio.to_thread(retention.forget_old, database, datetime.now(UTC), keep)
            await asyncio.to_thread(retention.look_at_sizes, database)
        except Exception as error:  # whatever it is, a later look may find it over
            logger.warning("What is old can't be deleted yet: %s", error)
        await asyncio.sleep(FORGETS_EVERY)


def plans_kept(
    client: Client, organisation: Callable[[], Organisation], database: Engine
) -> AbstractAsyncContextManager[None]:
    """Has plans made anew when what they depend on is not what they were made of, until the context is left."""
    return beside(_keep_plans(client, organisation, database))


async def _keep_plans(client: Client, organisation: Callable[[], Organisation], database: Engine) -> None:
    """Each process tells of what is new to itself: two with different files do not take turns.

    What goes wrong is said in the log, once for as long as it is the same, and tried again.
    """
    known: tuple[Organisation, date] | None = None
    trouble = ""
    for look in itertools.count():
        try:
            wanted, day = await asyncio.to_thread(organisation), datetime.now(UTC).date()
            if known is None or wanted is not known[0] or day != known[1] or look % PLANS_ASKED_AGAIN == 0:
                await have_plans_made(client, wanted, database)
                known, trouble = (wanted, day), ""
        except Exception as error:  # whatever it is, a later look may find it over
            before, trouble = trouble, f"{type(error).__name__}: {error}"
            if trouble != before:
                logger.warning("It can't be seen yet whether plans are as the organisation file says: %s", trouble)
        await asyncio.sleep(PLANS_LOOK_EVERY)


async def have_plans_made(client: Client, wanted: Organisation, database: Engine) -> None:
    """Unless they are of this. What several processes ask for is done once."""
    made_of = await asyncio.to_thread(fingerprint, wanted, datetime.now(UTC).date())
    if not await asyncio.to_thread(plans.are_made, database, made_of):
        await client.start_workflow(
            ReplanWorkflow.run,
            made_of,
            id=REPLANNING,
            task_queue=TASK_QUEUE,
            **saying(ToReplan.changed, made_of),
        )
