"""Runs workflows so that what a local activity leads to comes before whatever its answer comes along with.

The answer to a query may end a workflow task before the workflow has heard what a local activity answered. It hears it
together with what the next task brings, an update or another activity's answer, whereas a replay hears it by itself, in
the task before. So it is heard by itself here, too, and as of then.
"""

from collections.abc import Mapping
from dataclasses import replace

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.common import VersioningBehavior
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

LAST = {
    "complete_workflow_execution",
    "fail_workflow_execution",
    "cancel_workflow_execution",
    "continue_as_new_workflow_execution",
}
"""Commands of a workflow that hears nothing more."""


class InOrderRunner(UnsandboxedWorkflowRunner):
    """For workers, and for whatever else replays histories.

    ``behaviors`` has kinds of workflows that differ from their worker's default, where that has versions.
    """

    def __init__(self, behaviors: Mapping[str, VersioningBehavior] | None = None) -> None:
        super().__init__()
        self._behaviors = behaviors or {}

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Used by the SDK."""
        if behavior := self._behaviors.get(str(det.defn.name)):
            det = replace(det, defn=replace(det.defn, versioning_behavior=behavior))
        return _InOrder(det)  # type: ignore[abstract]  # as the SDK makes it


class _InOrder(_WorkflowInstanceImpl):
    def __init__(self, det: WorkflowInstanceDetails) -> None:
        super().__init__(det)
        self._heard_at = 0, 0
        """When something was heard last, in ns, and where in the history."""

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Used by the SDK."""
        answers, others = list[WorkflowActivationJob](), list[WorkflowActivationJob]()
        for job in act.jobs:
            (answers if job.resolve_activity.is_local else others).append(job)
        (at, length), self._heard_at = self._heard_at, (act.timestamp.ToNanoseconds(), act.history_length)
        if not answers or not others:
            return super().activate(act)
        first, then = _with(act, answers), _with(act, others)
        first.timestamp.FromNanoseconds(at)
        first.history_length = length
        led_to = super().activate(first)
        if led_to.HasField("failed") or any(
            command.WhichOneof("variant") in LAST for command in led_to.successful.commands
        ):
            return led_to
        completion = super().activate(then)
        if completion.HasField("failed"):
            return completion
        led_to.successful.MergeFrom(completion.successful)
        return led_to


def _with(act: WorkflowActivation, jobs: list[WorkflowActivationJob]) -> WorkflowActivation:
    """Instead of its own."""
    alike = WorkflowActivation()
    alike.CopyFrom(act)
    del alike.jobs[:]
    alike.jobs.extend(jobs)
    return alike
