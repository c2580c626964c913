"""After the last step: what is under way comes to its end."""

import asyncio
import time
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import Session, col
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import WorkflowExecutionDescription

from activities.read_model import ReadModel
from followthrough.domain.replayed.ids import RECONCILE
from followthrough.store.tables import ProjectionRow
from followthrough.upkeep import check_runs, check_writes
from tests.chaos.stage import Stage

WITHIN = 900
"""Seconds: more than the ten minutes between two attempts of a workflow task that an older build could not do."""
LOOKS_AT_REST = 3
"""In a row with nothing under way."""
AT_ONCE = 8


async def settle(stage: Stage) -> list[str]:
    """What is still under way after a long time; nothing usually."""
    until, at_rest, busy = time.monotonic() + WITHIN, 0, list[str]()
    while at_rest < LOOKS_AT_REST and time.monotonic() < until:
        await asyncio.sleep(1)
        busy = await _busy(stage)
        at_rest = 0 if busy else at_rest + 1
    return busy


async def _busy(stage: Stage) -> list[str]:
    """Workflows with something under way. What waits for its next attempt is tried now, as if that time had passed."""
    running = [execution.id async for execution in stage.client.list_workflows("ExecutionStatus = 'Running'")]
    turns = asyncio.Semaphore(AT_ONCE)

    async def described(workflow_id: str) -> WorkflowExecutionDescription:
        async with turns:
            return await stage.client.get_workflow_handle(workflow_id).describe()

    busy = []
    for description in await asyncio.gather(*map(described, running)):
        raw = description.raw_description
        for pending in raw.pending_activities:
            busy.append(f"{description.id} waits for {pending.activity_type.name}: {pending.last_failure.message}")
            if pending.attempt > 1 and pending.HasField("next_attempt_schedule_time"):
                request = ResetActivityRequest(
                    namespace=stage.client.namespace,
                    execution=WorkflowExecution(workflow_id=description.id, run_id=description.run_id),
                    id=pending.activity_id,
                )
                await stage.client.workflow_service.reset_activity(request)
        if raw.HasField("pending_workflow_task"):
            busy.append(f"{description.id} has a task, attempt {raw.pending_workflow_task.attempt}")
    return busy


async def look_after(stage: Stage) -> list[str]:
    """What the service does daily, at its start, and within ten minutes of a record that it could not ask."""
    await stage.client.get_schedule_handle(RECONCILE).trigger()
    busy = await settle(stage)
    with Session(stage.database) as session, session.begin():
        later = col(ProjectionRow.check_at).is_not(None)
        session.connection().execute(update(ProjectionRow).where(later).values(check_at=datetime.now(UTC)))
    read_model = ReadModel(stage.database)
    await check_runs(stage.client, read_model)
    await check_writes(stage.client, read_model)
    return busy
