"""Writes the read model anew from the workflows, which are the truth."""

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import TemporalError

from activities.read_model import ReadModel
from followthrough.domain.replayed.drill.drill import DrillReport
from followthrough.domain.replayed.ids import is_item
from followthrough.domain.replayed.incident.incident import Incident
from followthrough.domain.replayed.item.action_item import ActionItem
from followthrough.domain.replayed.values import Fence

RECORDS = "WorkflowType IN ('IncidentWorkflow', 'ActionItemWorkflow')"
DRILLS = "WorkflowType = 'DrillWorkflow' AND ExecutionStatus = 'Completed'"
RESULTS: dict[str, Any] = {
    "IncidentWorkflow": Incident,
    "ActionItemWorkflow": ActionItem,
    "DrillWorkflow": DrillReport | None,
}

ANSWERS_WITHIN = timedelta(seconds=15)
UNREADABLE = (TemporalError, TimeoutError, ValidationError)
"""What asking a workflow raises that is stuck, forgotten, or of a worker that this one does not understand."""


class Rebuilt(NamedTuple):
    """How many records were written, and the ids of those whose workflows did not say how they are."""

    written: int
    unread: list[str]


async def rebuild(client: Client, read_model: ReadModel) -> Rebuilt:
    """Needs a worker that runs. Timelines keep what the database still has.

    Incidents come first, for they say whether their action items are private.
    """
    written, unread = 0, list[str]()
    known = {execution.id async for execution in client.list_workflows(RECORDS)}
    for record_id in sorted(known, key=is_item):
        try:
            await take_over(client, read_model, record_id, await asyncio.to_thread(read_model.writes, record_id))
            written += 1
        except UNREADABLE:
            unread.append(record_id)
    async for execution in client.list_workflows(DRILLS):
        drill = client.get_workflow_handle(execution.id, run_id=execution.run_id, result_type=RESULTS["DrillWorkflow"])
        try:
            if (report := await drill.result()) is not None:
                await asyncio.to_thread(read_model.project_drill, report)
                written += 1
        except UNREADABLE:
            unread.append(execution.id)
    return Rebuilt(written, unread)


async def take_over(client: Client, read_model: ReadModel, record_id: str, writes: int) -> None:
    """Writes a record as its latest run says it is, whether that goes on or how ever it ended.

    Not when the record was written since it had these ``writes``. Raises one of ``UNREADABLE``.
    """
    async with asyncio.timeout(ANSWERS_WITHIN.total_seconds()):
        found = await client.get_workflow_handle(record_id).describe()
        kind = RESULTS[found.workflow_type]
        handle = client.get_workflow_handle(record_id, run_id=found.run_id, result_type=kind)
        completed = found.status is WorkflowExecutionStatus.COMPLETED
        record = await (handle.result() if completed else handle.query("state", result_type=kind))
    fence = Fence(run_id=found.run_id, history_length=found.history_length)
    await asyncio.to_thread(read_model.overwrite, record, fence, writes)
