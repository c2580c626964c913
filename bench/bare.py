"""A bare workflow: what the engine and the SDK cost without Followthrough."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from bench.steps import BareLife, Step, nothing
    from followthrough.domain.replayed.ids import incident_of
    from workflows.search_attributes import STATUS

TIMEOUT = timedelta(minutes=2)


@workflow.defn
class BareWorkflow:
    """Takes the same steps as a recorded workflow, all of them without content."""

    @workflow.init
    def __init__(self, life: BareLife) -> None:
        self._children = list(enumerate(life.children, 1))
        self._begun: dict[int, asyncio.Future[Any]] = {}
        self._updates = self._answers = self._signals = 0

    @workflow.run
    async def run(self, life: BareLife) -> None:
        """Ends after the last step."""
        for step in life.steps:
            await self._take(step)

    @workflow.update
    async def execute(self) -> None:
        """Answers when the recorded one did."""
        self._updates += 1
        await workflow.wait_condition(lambda: self._answers > 0)
        self._answers -= 1

    @workflow.signal
    def told(self) -> None:
        """Is counted."""
        self._signals += 1

    async def _take(self, step: Step) -> None:
        match step.what:
            case "local activity":
                await workflow.execute_local_activity(nothing, start_to_close_timeout=TIMEOUT)
            case "activity":
                self._begun[step.event] = workflow.start_activity(nothing, start_to_close_timeout=TIMEOUT)
            case "timer":
                self._begun[step.event] = asyncio.create_task(workflow.sleep(step.seconds))
            case "cancel timer":
                self._begun[step.event].cancel()
            case "join":
                await self._begun[step.event]
            case "child":
                self._begun[step.event] = await self._start_child()
            case "update":
                self._updates -= 1
                await workflow.wait_condition(lambda: self._updates >= 0)
            case "answer":
                self._answers += 1
            case "signal":
                self._signals -= 1
                await workflow.wait_condition(lambda: self._signals >= 0)
            case "tell":
                told = incident_of(workflow.info().workflow_id) + step.to
                self._begun[step.event] = asyncio.create_task(_tell(told))
            case "upsert":
                workflow.upsert_search_attributes([STATUS.value_set("bare")])

    async def _start_child(self) -> asyncio.Future[Any]:
        number, steps = self._children.pop(0)
        return await workflow.start_child_workflow(
            BareWorkflow.run,
            BareLife(steps=steps),
            id=f"{workflow.info().workflow_id}.{number}",
            parent_close_policy=ParentClosePolicy.ABANDON,
        )


async def _tell(workflow_id: str) -> None:
    """Whoever it is; one that has ended hears nothing."""
    with suppress(ApplicationError):
        await workflow.get_external_workflow_handle(workflow_id).signal(BareWorkflow.told)
