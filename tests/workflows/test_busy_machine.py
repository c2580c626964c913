"""A machine that does something else for a while."""

import time
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from worker import WORKFLOW_RUNNER, patient


@workflow.defn
class BusyWorkflow:
    @workflow.run
    async def run(self) -> str:
        if not workflow.unsafe.is_replaying():
            time.sleep(3)  # noqa: ASYNC251 - the SDK takes it for stuck after two
        return "done"


@pytest.mark.today
async def test_a_workflow_task_that_takes_long_is_not_taken_for_stuck(temporal: Client) -> None:
    queue = f"busy-{uuid4()}"
    async with patient(Worker(temporal, task_queue=queue, workflows=[BusyWorkflow], workflow_runner=WORKFLOW_RUNNER)):
        handle = await temporal.start_workflow(BusyWorkflow.run, id=queue, task_queue=queue)
        assert await handle.result() == "done"
    events = [event.event_type async for event in handle.fetch_history_events()]
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED not in events
