"""One thing at a time in a workflow: while a local activity is under way, nothing else goes on.

The answer to a query may end a workflow task before the workflow has heard what a local activity answered. What comes
with the next task is then heard before that answer, and in a replay after it. So whatever comes waits for that answer;
where both come along with each other, ``runner.py`` has the answer heard first.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Awaitable
from typing import Any, TypeVar
from weakref import WeakSet

from temporalio import workflow
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    StartLocalActivityInput,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.worker._workflow_instance import _WorkflowLogicFlag

from workflows.proven import hear

AnswerT = TypeVar("AnswerT")

_busy: WeakSet[AbstractEventLoop] = WeakSet()
"""Of workflows whose local activity is under way; each has an event loop of its own."""


async def turn() -> None:
    """Waits until no local activity of this workflow is under way."""
    while (loop := asyncio.get_running_loop()) in _busy:
        await workflow.wait_condition(lambda: loop not in _busy)


def in_one_batch(worker: Worker) -> Worker:
    """Has all that comes with a task applied before any of it is acted upon, as the SDK is going to do by itself.

    A worker that takes a workflow over hears what came with the last task, if that led to nothing, together with what
    comes now; a replay hears it before. The SDK would let an update act before it applied the answers of activities.
    Histories say that it was so; those that don't are replayed as they were.
    """
    flag = _WorkflowLogicFlag.PROCESS_WORKFLOW_ACTIVATION_JOBS_AS_SINGLE_BATCH
    worker._set_default_workflow_logic_flag(flag, enabled=True)
    return worker


class InTurn(Interceptor):
    """For workers, and for whatever else replays histories."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name, also below
    ) -> type[WorkflowInboundInterceptor]:
        """Used by the SDK."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002
        await turn()
        await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002
        hear(input.headers)
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002
        await turn()
        hear(input.headers)
        return await super().handle_update_handler(input)


class _Outbound(WorkflowOutboundInterceptor):
    def start_local_activity(self, input: StartLocalActivityInput) -> Any:  # noqa: A002
        return asyncio.create_task(self._alone(input))

    async def _alone(self, input: StartLocalActivityInput) -> Any:  # noqa: A002
        await turn()
        loop = asyncio.get_running_loop()
        _busy.add(loop)
        try:
            return await super().start_local_activity(input)
        finally:
            _busy.discard(loop)

    def start_activity(self, input: StartActivityInput) -> Any:  # noqa: A002
        return asyncio.create_task(_in_turn(super().start_activity(input)))

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:  # noqa: A002
        await _in_turn(super().signal_external_workflow(input))

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> Any:  # noqa: A002
        return await _in_turn(super().start_child_workflow(input))


async def _in_turn(answer: Awaitable[AnswerT]) -> AnswerT:
    try:
        given = await answer
    except Exception:
        await turn()
        raise
    await turn()
    return given
