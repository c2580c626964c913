"""Has new events sent: it tells the workflows of their endpoints, and starts those that do not run."""

import asyncio
import itertools
import logging
from contextlib import AbstractAsyncContextManager

from sqlalchemy import Engine
from temporalio.client import Client

from followthrough.beside import beside
from followthrough.domain.replayed.ids import webhooks_id
from followthrough.queues import TASK_QUEUE
from followthrough.store import webhooks
from workflows.signals import ToWebhooks, saying
from workflows.webhooks import WebhooksWorkflow

logger = logging.getLogger(__name__)

LOOK_EVERY = 2
"""Seconds between two looks for new events."""
LOOKS_AT_ALL = 300
"""After so many of them those are told of again that wait, for a workflow may have been terminated."""


def webhooks_kept(client: Client, database: Engine) -> AbstractAsyncContextManager[None]:
    """Until the context is left."""
    return beside(_keep(client, database))


async def _keep(client: Client, database: Engine) -> None:
    """What goes wrong is said in the log, once for as long as it is the same, and tried again."""
    trouble = ""
    for look in itertools.count():
        try:
            if look % LOOKS_AT_ALL == 0:
                for endpoint in await asyncio.to_thread(webhooks.waiting, database):
                    await _tell(client, endpoint)
            await dispatch(client, database)
            trouble = ""
        except Exception as error:  # whatever it is, a later look may find it over
            before, trouble = trouble, f"{type(error).__name__}: {error}"
            if trouble != before:
                logger.warning("Webhooks can't be sent yet: %s", trouble)
        await asyncio.sleep(LOOK_EVERY)


async def dispatch(client: Client, database: Engine) -> None:
    """Those that nobody was told of."""
    for endpoint, number in (await asyncio.to_thread(webhooks.untold, database)).items():
        await _tell(client, endpoint)
        await asyncio.to_thread(webhooks.told, database, endpoint, number)


async def _tell(client: Client, endpoint: str) -> None:
    await client.start_workflow(
        WebhooksWorkflow.run,
        endpoint,
        id=webhooks_id(endpoint),
        task_queue=TASK_QUEUE,
        **saying(ToWebhooks.waits, endpoint),
    )
