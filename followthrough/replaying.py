"""What replays histories as a worker of this version would."""

from collections.abc import Sequence

from temporalio.runtime import Runtime
from temporalio.worker import Interceptor, Replayer

from followthrough.converter import data_converter
from worker import WORKFLOW_RUNNER, WORKFLOWS
from workflows.turns import InTurn


def replayer(
    *interceptors: Interceptor, workflows: Sequence[type] = WORKFLOWS, runtime: Runtime | None = None
) -> Replayer:
    """With these interceptors inside the one that every worker has."""
    return Replayer(
        workflows=workflows,
        data_converter=data_converter,
        workflow_runner=WORKFLOW_RUNNER,
        interceptors=[InTurn(), *interceptors],
        runtime=runtime,
    )
