"""Finds incidents and action items that are open although nothing runs, and lets them go on."""

import asyncio
import logging

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from followthrough.revival import go_on, require_same_engine
from followthrough.store import queries

logger = logging.getLogger(__name__)

OPEN_OR_ENDED_BADLY = (
    "WorkflowType IN ('IncidentWorkflow', 'ActionItemWorkflow') "
    "AND ExecutionStatus IN ('Running', 'Failed', 'Terminated', 'TimedOut', 'Canceled')"
)


class Reconciler:
    """An activity that may be repeated: what runs is left alone."""

    def __init__(self, client: Client, database: Engine) -> None:
        self._client = client
        self._database = database

    @activity.defn
    async def reconcile(self) -> int:
        """How many go on in a new run. Of those that can't, the log says why; the others do.

        Raises OtherEngine, without a further attempt, where the database belongs to another engine.
        """
        await require_same_engine(self._client, self._database)
        running, suspects = set[str](), await asyncio.to_thread(self._open)
        async for execution in self._client.list_workflows(OPEN_OR_ENDED_BADLY):
            activity.heartbeat()
            (running if execution.close_time is None else suspects).add(execution.id)
        started = 0
        for record_id in sorted(suspects - running):
            activity.heartbeat()
            try:
                started += await go_on(self._client, self._database, record_id)
            except RPCError as error:
                logger.warning("%s is open and nothing runs; it can't go on yet: %s", record_id, error)
        return started

    def _open(self) -> set[str]:
        with Session(self._database) as session:
            return queries.open_records(session)
