"""When a workflow waits for somebody else, so that nothing of it is under way when what comes next is measured."""

import asyncio
from collections import Counter

from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.client import Client

ASK_AGAIN = 0.05
"""Seconds."""

TELLS = EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED
TOLD = (
    EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
)


async def quiet(client: Client, *workflow_ids: str) -> None:
    """Returns once each of them has ended, or has nothing to do and nobody to hear from, whatever its timers say.

    An engine that skips a workflow's time while something comes in may skip a timer of it, too. They are asked one
    after the other, for the engine has work of its own.
    """
    waited = True
    while waited:
        waited = False
        for workflow_id in workflow_ids:
            while not await _is_quiet(client, workflow_id):
                waited = True
                await asyncio.sleep(ASK_AGAIN)


async def _is_quiet(client: Client, workflow_id: str) -> bool:
    handle = client.get_workflow_handle(workflow_id)
    described = (await handle.describe()).raw_description
    if described.workflow_execution_info.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
        return True
    if described.HasField("pending_workflow_task") or described.pending_activities:
        return False
    kinds = Counter([event.event_type async for event in handle.fetch_history_events()])
    return kinds[TELLS] == sum(kinds[told] for told in TOLD)
