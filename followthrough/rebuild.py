"""Writes the read model anew from the workflows, which are the truth."""

import asyncio
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus

from activities.read_model import ReadModel
from followthrough.domain.action_item import ActionItem
from followthrough.domain.drill import DrillReport
from followthrough.domain.incident import Incident
from workflows.action_item import ActionItemWorkflow
from workflows.incident import IncidentWorkflow

EXECUTIONS = (
    "WorkflowType IN ('IncidentWorkflow', 'ActionItemWorkflow') AND ExecutionStatus IN ('Running', 'Completed') "
    "OR WorkflowType = 'DrillWorkflow' AND ExecutionStatus = 'Completed'"
)

RESULTS: dict[str, Any] = {
    "IncidentWorkflow": Incident,
    "ActionItemWorkflow": ActionItem,
    "DrillWorkflow": DrillReport | None,
}


async def rebuild(client: Client, read_model: ReadModel) -> int:
    """Gives the number of records written; needs a worker that runs. Timelines keep what the database still has."""
    written = 0
    async for execution in client.list_workflows(EXECUTIONS):
        result_type = RESULTS[execution.workflow_type]
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id, result_type=result_type)
        running = execution.status is WorkflowExecutionStatus.RUNNING
        if execution.workflow_type == "IncidentWorkflow":
            incident = await (handle.query(IncidentWorkflow.state) if running else handle.result())
            await asyncio.to_thread(read_model.project_incident, incident)
        elif execution.workflow_type == "DrillWorkflow":
            if (report := await handle.result()) is not None:
                await asyncio.to_thread(read_model.project_drill, report)
        else:
            item = await (handle.query(ActionItemWorkflow.state) if running else handle.result())
            await asyncio.to_thread(read_model.project_item, item)
        written += 1
    return written
