"""Incidents and action items whose workflow ended badly, or is gone, go on in a new run.

Terminated, cancelled or timed out by hand, failed: the record is open all the same. The new run begins with what the
last one knew, which a worker finds by replaying its history; with what the database says only when that history is gone
or can't be replayed.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.values import Refusal
from followthrough.engine_errors import if_known
from followthrough.starts import start_record
from followthrough.store import queries
from followthrough.store.engines import engine_of, note_engine
from workflows.messages.incident import IncidentProgress
from workflows.messages.item import ItemProgress

logger = logging.getLogger(__name__)

Progress = IncidentProgress | ItemProgress

REPLAYED_WITHIN = timedelta(seconds=8)
"""A closed run's history; without an answer it is tried again another time."""

MAILS_APART = 1_000
"""So many mails may have been asked for since the database was written; no new one may have the key of one of them."""

ENDED_BADLY = {
    WorkflowExecutionStatus.TERMINATED: "was terminated",
    WorkflowExecutionStatus.CANCELED: "was cancelled",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
    WorkflowExecutionStatus.FAILED: "failed",
}


class OtherEngine(Refusal):
    """The workflows that the database tells of are in another engine, so that nothing may be started here."""


async def require_same_engine(client: Client, database: Engine) -> None:
    """The first one that is asked is it from then on. Raises OtherEngine."""
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    here = described.namespace_info.id
    known = await asyncio.to_thread(engine_of, database)
    if known is None:
        await asyncio.to_thread(note_engine, database, client.namespace, here, datetime.now(UTC))
    elif known.namespace_id != here:
        raise OtherEngine(
            f"The database tells of the workflows of another engine (namespace {known.namespace}, "
            f"{known.namespace_id}, since {known.at:%Y-%m-%d}), and this one is {client.namespace}, {here}: nothing is "
            "started again here. Connect the engine or the database that belong together; if the other engine is lost, "
            "run followthrough adopt-engine, and what is open goes on here from what the database knows."
        )


async def adopt_engine(client: Client, database: Engine) -> None:
    """The database tells of this engine's workflows from now on."""
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    namespace_id = described.namespace_info.id
    await asyncio.to_thread(note_engine, database, client.namespace, namespace_id, datetime.now(UTC))


async def go_on(client: Client, database: Engine, record_id: str) -> bool:
    """Whether the workflow of the incident or action item runs, in a new run if it has to.

    False when it ended as it should, and when nothing is known of it. Raises OtherEngine, and RPCError while the engine
    or a worker does not answer.
    """
    status = await status_of(client, record_id)
    if status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
        return status is WorkflowExecutionStatus.RUNNING
    how = ENDED_BADLY[status] if status else "was forgotten by the engine"
    progress = await known_progress(client, database, record_id, how, has_run=status is not None)
    if progress is None:
        return False
    await require_same_engine(client, database)
    started = await start_record(client, progress, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)
    if started:  # else somebody was faster
        logger.warning("A new run of %s begins. %s", record_id, progress.goes_on)
    return True


async def known_progress(
    client: Client, database: Engine, record_id: str, how: str, *, has_run: bool
) -> Progress | None:
    """What a new run begins with, after ``how`` the last one ended; None when nothing is known of it.

    Raises RPCError while the engine or a worker does not answer.
    """
    kind: type[Progress] = ItemProgress if is_item(record_id) else IncidentProgress
    handle = client.get_workflow_handle(record_id)
    progress = await _of_last_run(handle, kind, how) if has_run else None
    progress = progress or await asyncio.to_thread(_of_database, database, record_id, how)
    return progress or (await _of_its_start(client, handle, kind) if has_run else None)


async def status_of(client: Client, record_id: str) -> WorkflowExecutionStatus | None:
    """Of its last run; None when the engine does not know it."""
    with if_known():
        return (await client.get_workflow_handle(record_id).describe()).status
    return None


async def _of_last_run(handle: WorkflowHandle[object, object], kind: type[Progress], how: str) -> Progress | None:
    """None when its history is gone or can't be replayed."""
    try:
        progress: Progress = await handle.query("progress", result_type=kind, rpc_timeout=REPLAYED_WITHIN)
    except WorkflowQueryFailedError as error:
        logger.warning("The history of %s can't be replayed: %s", handle.id, error)
        return None
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            raise
        return None
    return progress.model_copy(update={"reopen": None, "goes_on": f"Goes on: its workflow {how}"})


def _of_database(database: Engine, record_id: str, how: str) -> Progress | None:
    """None unless it is open there."""
    because = f"Goes on from what the database knows: its workflow {how}; mails that waited are lost"
    with Session(database) as session:
        if is_item(record_id):
            item = queries.action_item(session, record_id)
            if item is None or item.ended:
                return None
            item.told += MAILS_APART
            return ItemProgress(item=item, announced=item.settled, goes_on=because)
        incident = queries.incident(session, record_id)
        if incident is None or incident.ended:
            return None
        incident.told += MAILS_APART
        return IncidentProgress(incident=incident, goes_on=because)


async def _of_its_start(
    client: Client, handle: WorkflowHandle[object, object], kind: type[Progress]
) -> Progress | None:
    """For one that ended before any worker saw it."""
    async for event in handle.fetch_history_events(page_size=1):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            given = event.workflow_execution_started_event_attributes.input.payloads
            decoded: list[Progress] = await client.data_converter.decode(given, [kind])
            return decoded[0]
        break
    return None
