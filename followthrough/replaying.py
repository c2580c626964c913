"""What replays histories as a worker of this version would."""

from collections.abc import Sequence

from temporalio.client import HeaderCodecBehavior
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.worker import Interceptor, Replayer

from followthrough.converter import data_converter
from worker import WORKFLOW_RUNNER, WORKFLOWS
from workflows.turns import InTurn


def replayer(
    *interceptors: Interceptor,
    workflows: Sequence[type] = WORKFLOWS,
    runtime: Runtime | None = None,
    converter: DataConverter = data_converter,
) -> Replayer:
    """With these interceptors inside the one that every worker has, and a converter that reads the histories."""
    return Replayer(
        workflows=workflows,
        data_converter=converter,
        header_codec_behavior=HeaderCodecBehavior.CODEC,
        workflow_runner=WORKFLOW_RUNNER,
        interceptors=[InTurn(), *interceptors],
        runtime=runtime,
    )
