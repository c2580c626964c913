"""An update that comes with a task which the worker answers without it: the engine has it that nobody looked at it."""

from pathlib import Path

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

import worker
from followthrough.organisation_file import OrganisationFile
from tests.web.conftest import new_web
from tests.web.pagers import TOKEN, generic
from tests.web.test_api import declare, give


class Deaf(UnsandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return HearsNoUpdate(det)  # type: ignore[abstract]  # as the SDK makes it


class HearsNoUpdate(_WorkflowInstanceImpl):
    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        others = [job for job in act.jobs if not job.HasField("do_update")]
        del act.jobs[:]
        act.jobs.extend(others)
        return super().activate(act)


async def test_a_command_that_nobody_looked_at_can_be_given_again(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "WORKFLOW_RUNNER", Deaf())
    web = await new_web(address, OrganisationFile(Path("followthrough.example.yaml")), tmp_path)
    alert = generic(labels={"severity": "critical", "service": "checkout"})
    async with web.worker(), web.browser() as api:
        answers = [await api.post("/webhooks/generic", json=alert | {"title": title}, headers=TOKEN) for title in "ab"]
        answers.append(await give(api, await declare(api), "acknowledge"))
    web.database.dispose()
    assert [answer.status_code for answer in answers] == [202, 503, 503]
    assert answers[-1].json()["error"] == "The workflow engine does not answer; try again in a moment."
