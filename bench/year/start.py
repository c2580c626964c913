"""Starts what a schedule would, at the common time, with the result of what it started before."""

from datetime import datetime
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowType
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow
from temporalio.service import RPCError, RPCStatusCode

from bench.year.clock import InStep, first_task
from followthrough.engine_errors import if_known


async def start_scheduled(client: Client, steps: InStep, schedule: Schedule, at: datetime, before: str | None) -> str:
    """The workflow's id; ``before`` is that of the last one. An equal start is none."""
    action = schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    workflow_id = f"{action.id}-{at:%Y-%m-%dT%H:%M:%SZ}"
    request = StartWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_id=workflow_id,
        workflow_type=WorkflowType(name=action.workflow),
        task_queue=TaskQueue(name=action.task_queue, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL),
        request_id=str(uuid4()),
        identity=client.identity,
    )
    if action.args:
        request.input.payloads.extend(await client.data_converter.encode(action.args))
    if before is not None:
        with if_known():  # the engine may have forgotten it
            async for event in client.get_workflow_handle(before).fetch_history_events():
                if event.HasField("workflow_execution_completed_event_attributes"):
                    request.last_completion_result.CopyFrom(event.workflow_execution_completed_event_attributes.result)
    request.workflow_start_delay.FromTimedelta(steps.time.ahead)
    steps.begins_now(request.time_skipping_config)
    handle = client.get_workflow_handle(workflow_id)
    try:
        await client.workflow_service.start_workflow_execution(request)
    except RPCError as error:  # it was killed after that
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    await first_task(handle)
    return workflow_id
