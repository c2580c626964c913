"""Writes the read model anew from the workflows, which are the truth."""

import asyncio

from temporalio.client import Client, WorkflowExecutionStatus

from activities.read_model import ReadModel
from workflows.action_item import ActionItemWorkflow
from workflows.incident import IncidentWorkflow

EXECUTIONS = (
    "WorkflowType IN ('IncidentWorkflow', 'ActionItemWorkflow') AND ExecutionStatus IN ('Running', 'Completed')"
)


async def rebuild(client: Client, read_model: ReadModel) -> int:
    """Gives the number of records written; needs a worker that runs. Timelines keep what the database still has."""
    written = 0
    async for execution in client.list_workflows(EXECUTIONS):
        running = execution.status is WorkflowExecutionStatus.RUNNING
        if execution.workflow_type == "IncidentWorkflow":
            incident = client.get_workflow_handle_for(IncidentWorkflow.run, execution.id, run_id=execution.run_id)
            state = await (incident.query(IncidentWorkflow.state) if running else incident.result())
            await asyncio.to_thread(read_model.project_incident, state)
        else:
            item = client.get_workflow_handle_for(ActionItemWorkflow.run, execution.id, run_id=execution.run_id)
            item_state = await (item.query(ActionItemWorkflow.state) if running else item.result())
            await asyncio.to_thread(read_model.project_item, item_state)
        written += 1
    return written
