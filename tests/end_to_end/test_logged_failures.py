"""What Temporal's SDK and its core log when a workflow or an activity fails, as objects without a person's words."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from followthrough.client_options import client_options
from followthrough.domain.replayed.ids import inbox_id
from followthrough.logs import Objects
from followthrough.settings import Settings
from tests.waiting import eventually

PERSON, TEXT = "lucia", "The safe of Lucia is open"


@activity.defn
async def fail() -> None:
    raise RuntimeError(TEXT)


@workflow.defn
class Fails:
    """Once in an activity, and then in each of its tasks."""

    @workflow.run
    async def run(self) -> None:
        once = RetryPolicy(maximum_attempts=1)
        try:
            await workflow.execute_activity(fail, start_to_close_timeout=timedelta(minutes=1), retry_policy=once)
        finally:
            raise RuntimeError(TEXT)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr(activity.logger, "activity_info_on_message", False)
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Objects())
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


async def test_nothing_that_a_person_wrote_or_is_called_is_logged(
    address: str, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    client = await Client.connect(address, **client_options(Settings()))
    queue, workflow_id = str(uuid4()), f"{inbox_id(PERSON)}/{uuid4()}"
    async with Worker(
        client, task_queue=queue, workflows=[Fails], activities=[fail], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(Fails.run, id=workflow_id, task_queue=queue)
        sources = {"temporalio.activity", "temporalio.worker._workflow_instance", "temporal_core"}
        await eventually(lambda: {said["logger"] for said in objects(logged)} >= sources)
        await handle.terminate()
    assert {said["workflow"] for said in objects(logged) if "workflow" in said} == {"inbox/…"}
    whole = logged.getvalue() + capfd.readouterr().out
    assert [word for word in (PERSON, TEXT, "safe", "eyJ") if word in whole] == []


def objects(logged: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in logged.getvalue().splitlines()]
